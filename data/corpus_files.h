// The files of a corpus: what its paths stand for.
//
// Pure functions of the file system; safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/found_file.h"

namespace shoal {

// In the order of `paths`; a folder stands for all files that WalkFolder finds in it, sorted by path. NotFound: a path
// is missing. InvalidArgument: no path, a folder without files, something that is neither file nor folder.
absl::StatusOr<std::vector<FoundFile>> FindCorpusFiles(const std::vector<std::string>& paths);

// How many of the files that were found are one that stands before them: the same path, or a link to it.
uint64_t FilesTakenAgain(const std::vector<FoundFile>& files);

}  // namespace shoal
