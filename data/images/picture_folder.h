// The pictures in a folder and all folders below it (folder_walk.h).
//
// - Files count as pictures by their names: .jpg, .jpeg, .jpe, .jfif, .png, in upper or lower case; those without a
//   suffix by their first bytes. All others are left out and counted by suffix.
// - A link to nothing counts as a picture where its name is one's, so that it is told as a broken one.
//
// Thread rule: functions are safe from any thread.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/found_file.h"

namespace shoal {

struct PictureFolder {
  std::vector<FoundFile> pictures;         // Sorted by path.
  std::map<std::string, uint64_t> others;  // Files that are left out, by suffix (".txt").
};

absl::StatusOr<PictureFolder> FindPictures(const std::string& folder);

// Whether a file of this name counts as a picture.
bool HasPictureName(const std::string& name);

// Names in the folder, sorted; without hidden ones.
struct FolderNames {
  std::vector<std::string> files;
  std::vector<std::string> folders;
};
absl::StatusOr<FolderNames> ListNames(const std::string& folder);

// NotFound, PermissionDenied ... name the path; InvalidArgument: it is neither a file nor a folder, but a pipe, say,
// which would be waited for.
absl::StatusOr<FoundFile> FindFile(const std::string& path);

// `path` from the root on, without dots and double slashes. Links keep their own names, as it is by names that files of
// a set are told apart and find each other; a link's target may be called anything. Only where ".." follows a link, it
// is the folder above the target, as the system has it.
std::string AbsoluteName(const std::string& path);

}  // namespace shoal
