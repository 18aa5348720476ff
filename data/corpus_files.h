// The files of a corpus: what its paths stand for.
//
// Pure functions of the file system; safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

struct CorpusFile {
  std::string path;
  uint64_t bytes = 0;
  int64_t modified_ns = 0;  // Since the epoch.

  bool operator==(const CorpusFile&) const = default;
};

// In the order of `paths`; a folder stands for all files below it, sorted by path. Hidden files in folders (their name
// or a folder's starts with a dot) are left out: a cache or a checkout's own files are no text. NotFound: a path is
// missing. InvalidArgument: no path, a folder without files, something that is neither file nor folder.
absl::StatusOr<std::vector<CorpusFile>> FindCorpusFiles(const std::vector<std::string>& paths);

}  // namespace shoal
