#include "launch/installation.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/status.h"

namespace shoal {

namespace fs = std::filesystem;

absl::StatusOr<Installation> Installation::Find() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return ErrnoError(error.value(), "cannot find this program's own place, /proc/self/exe");
  Installation installation;
  installation.programs = self.parent_path();
  const fs::path installed = self.parent_path().parent_path() / "share/shoal/jobs";
  installation.jobs = fs::is_directory(installed, error) ? installed.string() : SHOAL_SOURCE_JOBS;
  return installation;
}

absl::StatusOr<std::string> Installation::Program(const std::string& name) const {
  const std::string path = Cat(programs, "/", name);
  if (::access(path.c_str(), X_OK) == 0) return path;
  return NotFound(ToStd(ErrnoError(errno, Cat("cannot run ", path)).message()), "; build or install shoal whole");
}

std::vector<std::string> Installation::JobNames() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(jobs, error)) {
    if (entry.path().extension() == ".textproto") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace shoal
