// CheckpointWriter: a server's part of a checkpoint: copies of its stores, made while the workers pause, and a thread
// that writes them into shard files while training goes on.
//
// Thread rule: owned by the server's event loop; what its thread uses is inside.

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "common/background.h"
#include "common/executor.h"
#include "common/file_system.h"
#include "paramserver/store.h"
#include "paramserver/table.h"
#include "proto/wire.pb.h"

namespace shoal {

class CheckpointWriter {
 public:
  // `files` and `executor` outlive it.
  CheckpointWriter(FileSystem* files, Executor* executor, const ServerPlace& place)
      : files_(*files), executor_(*executor), place_(place) {}

  // FailedPrecondition: the last one is still being written.
  absl::Status Begin(const wire::Freeze& freeze);

  // Copies some milliseconds' worth of `stores`, which outlive the writer; true when all copies are whole, and then the
  // thread writes. Where there is no memory for a copy it is true too, and Take tells.
  bool FreezeSome(const std::vector<std::unique_ptr<Store>>& stores);

  // What came of it, once, with all shards or the reason why there are none.
  std::optional<wire::ShardsWritten> Take();

  bool busy() const { return writing_ != nullptr; }

 private:
  using Shards = absl::StatusOr<std::vector<checkpoint::Shard>>;

  Shards WriteAll(const std::vector<const Store*>& stores) const;
  absl::StatusOr<checkpoint::Shard> Write(const Store& store, uint32_t number) const;

  FileSystem& files_;
  Executor& executor_;
  const ServerPlace place_;
  wire::Freeze freeze_;
  size_t next_ = 0;  // The store to copy.
  std::unique_ptr<Background<Shards>> writing_;
};

}  // namespace shoal
