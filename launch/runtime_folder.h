// RuntimeFolder: the folder of one supervisor's run, where Open MPI puts its session files and shared-memory segments,
// so that nothing stays behind: removed when the run ends, and by the next supervisor where this one was killed.
//
// Its name holds the supervisor's process id and start time: "shoal-1234-56789". A folder whose process is gone, or is
// another of the same id, is left over.
//
// Thread rule: one owner at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

class RuntimeFolder {
 public:
  // Below the first of `bases` that is a folder to write to with `bytes` free. Removes what dead supervisors of this
  // user left below any of them. Usual: {"/dev/shm", "/tmp"}; segments in memory need not be written to a disk, but a
  // container's /dev/shm may be too small for them.
  static absl::StatusOr<std::unique_ptr<RuntimeFolder>> Create(const std::vector<std::string>& bases, uint64_t bytes);
  ~RuntimeFolder();

  const std::string& path() const { return path_; }

 private:
  explicit RuntimeFolder(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

// Removes what dead supervisors of this user left below `base`, and returns how many folders that was.
int SweepRuntimeFolders(const std::string& base);

}  // namespace shoal
