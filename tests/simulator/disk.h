// Disk: the file system of a simulated job: slow, full, failing, or gone with a crash, as its seed has it.
//
// What a crash leaves is FaultFileSystem's; here operations take time, those of a killed process do nothing, and errors
// come at moments of virtual time or by number. The supervisor, who judges what is there, is spared all that.
//
// Thread rule: used by the tasks of one Scheduler, which take turns.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulator/scheduler.h"
#include "tests/unit/checkpoint/fault_file_system.h"

namespace shoal {

struct DiskConditions {
  Scheduler::Nanos latency = 100'000;  // Up to twice that, of each operation.
  // One that writes or makes something within these times finds no room.
  Scheduler::Nanos full_from = Scheduler::kForever, full_until = 0;
  // So many operations of the kind go well before one fails.
  uint64_t changes_before_error = UINT64_MAX, syncs_before_error = UINT64_MAX, reads_before_error = UINT64_MAX;
};

struct DiskCounts {
  uint64_t changes = 0, errors = 0;
};

class Disk final : public FileSystem {
 public:
  explicit Disk(Scheduler* scheduler) : scheduler_(*scheduler), files_(std::make_unique<FaultFileSystem>()) {}

  // `on_change` is told the number, in this life, of each operation that is about to change something.
  void BeginLife(const DiskConditions& conditions, std::function<void(uint64_t)> on_change);
  // One byte of the file is another.
  void Damage(const std::string& path, uint64_t seed);
  // The machine's power fails; no file is open.
  void Crash(uint64_t seed) { files_ = files_->AfterCrash(seed); }

  // Over all lives.
  const DiskCounts& counts() const { return counts_; }

  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status MakeFolders(const std::string& path) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status SyncFolder(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override;

 private:
  class File;

  // Before each operation: the time it takes; an error: it is not done.
  absl::Status Begin(std::string_view what, const std::string& path);
  absl::Status BeginChange(std::string_view what, const std::string& path);
  absl::Status BeginRead(std::string_view what, const std::string& path);
  // The error of the operation at hand, where it is to have one.
  absl::Status FaultOf(std::string_view what);
  bool supervised() const { return scheduler_.process() == Scheduler::kSupervisor; }

  Scheduler& scheduler_;
  std::unique_ptr<FaultFileSystem> files_;
  DiskConditions conditions_;
  std::function<void(uint64_t)> on_change_;
  uint64_t changes_ = 0, syncs_ = 0, reads_ = 0;  // In this life.
  DiskCounts counts_;
};

}  // namespace shoal
