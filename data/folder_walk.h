// WalkFolder: the files in a folder and in all folders below it.
//
// - Links are followed, to folders too: sets are made of links to parts of larger ones. A folder that holds itself is
//   entered once.
// - What begins with a dot is left out, a cache's or a checkout's own files, and so are folders that archives carry
//   along (__MACOSX).
//
// Functions of the file system; safe from any thread.

#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoal {

// A file or folder, links followed. The error says "cannot read PATH" and why.
absl::StatusOr<struct stat> StatOf(const std::string& path);

// A file, or whatever is no folder. `info` is an error where it cannot be reached: a link to nothing, or to itself.
using VisitFile = std::function<absl::Status(const std::string& path, const std::string& name,
                                             const absl::StatusOr<struct stat>& info)>;

// In no order. Errors: those of `visit`; a folder that cannot be listed, or lies more than 64 folders deep.
absl::Status WalkFolder(const std::string& folder, const VisitFile& visit);

// Whether WalkFolder passes over a file or folder of this name.
bool IsLeftOut(const std::string& name);

}  // namespace shoal
