#include "launch/runtime_folder.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status.h"
#include "launch/processes.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "shoal";

bool HasSpace(const std::string& folder, uint64_t bytes) {
  struct statvfs info;
  if (::access(folder.c_str(), W_OK | X_OK) != 0 || ::statvfs(folder.c_str(), &info) != 0) return false;
  return uint64_t{info.f_bavail} * info.f_frsize >= bytes;
}

// Whether `path` is a dead supervisor's folder of this user.
bool IsLeftOver(const fs::path& path) {
  const std::vector<std::string> parts = absl::StrSplit(path.filename().string(), '-');
  int pid = 0;
  uint64_t started = 0;
  if (parts.size() != 3 || parts[0] != kPrefix || !absl::SimpleAtoi(parts[1], &pid) || pid <= 0 ||
      !absl::SimpleAtoi(parts[2], &started)) {
    return false;
  }
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) return false;
  return StartTimeOf(pid) != started;
}

}  // namespace

int SweepRuntimeFolders(const std::string& base) {
  int swept = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(base, error)) {
    if (!IsLeftOver(entry.path())) continue;
    std::error_code failed;
    fs::remove_all(entry.path(), failed);
    if (!failed) ++swept;
  }
  return swept;
}

absl::StatusOr<std::unique_ptr<RuntimeFolder>> RuntimeFolder::Create(const std::vector<std::string>& bases,
                                                                     uint64_t bytes) {
  for (const std::string& base : bases) SweepRuntimeFolders(base);
  for (const std::string& base : bases) {
    if (!HasSpace(base, bytes)) continue;
    const std::string path = Cat(base, "/", kPrefix, "-", ::getpid(), "-", StartTimeOf(::getpid()));
    // Open MPI's sockets and segments are in it: nobody else's business.
    if (::mkdir(path.c_str(), 0700) == 0) return std::unique_ptr<RuntimeFolder>(new RuntimeFolder(path));
  }
  return ResourceExhausted("none of ", absl::StrJoin(bases, ", "), " can be written to and has ", bytes,
                           " bytes free, which Open MPI needs for its segments; make room in one");
}

RuntimeFolder::~RuntimeFolder() {
  std::error_code ignored;  // What stays is swept by the next supervisor.
  fs::remove_all(path_, ignored);
}

}  // namespace shoal
