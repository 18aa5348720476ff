#include "data/folder_walk.h"

#include <errno.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "common/status.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostDepth = 64;

class Walk {
 public:
  explicit Walk(const VisitFile& visit) : visit_(visit) {}

  absl::Status Enter(const std::string& folder, const struct stat& info) {
    const Identity identity(info.st_dev, info.st_ino);
    if (std::find(above_.begin(), above_.end(), identity) != above_.end()) return absl::OkStatus();
    if (above_.size() == kMostDepth) {
      return InvalidArgument(folder, " lies more than ", kMostDepth, " folders deep");
    }
    above_.push_back(identity);
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
      RETURN_IF_ERROR(Take(entry->path().string(), entry->path().filename().string()));
    }
    if (error) return ErrnoError(error.value(), Cat("cannot list folder ", folder));
    above_.pop_back();
    return absl::OkStatus();
  }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  absl::Status Take(const std::string& path, const std::string& name) {
    if (IsLeftOut(name)) return absl::OkStatus();
    const absl::StatusOr<struct stat> info = StatOf(path);
    if (info.ok() && S_ISDIR(info->st_mode)) return Enter(path, *info);
    return visit_(path, name, info);
  }

  const VisitFile& visit_;
  std::vector<Identity> above_;  // The folder being read and those that it lies in.
};

}  // namespace

absl::StatusOr<struct stat> StatOf(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0) return info;
  return ErrnoError(errno, Cat("cannot read ", path));
}

absl::Status WalkFolder(const std::string& folder, const VisitFile& visit) {
  ASSIGN_OR_RETURN(const struct stat info, StatOf(folder));
  return Walk(visit).Enter(folder, info);
}

bool IsLeftOut(const std::string& name) { return name.starts_with('.') || name == "__MACOSX"; }

}  // namespace shoal
