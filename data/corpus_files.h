// The files of a corpus: what its paths stand for.
//
// Pure functions of the file system; safe from any thread.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/found_file.h"

namespace shoal {

// In the order of `paths`; a folder stands for all files below it, sorted by path. Hidden files in folders (their name
// or a folder's starts with a dot) are left out: a cache or a checkout's own files are no text. NotFound: a path is
// missing. InvalidArgument: no path, a folder without files, something that is neither file nor folder.
absl::StatusOr<std::vector<FoundFile>> FindCorpusFiles(const std::vector<std::string>& paths);

}  // namespace shoal
