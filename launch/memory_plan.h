// MemoryPlan: the memory that each role of a job will take, from the size of its vocabulary or of its set of pictures.
//
// The servers' tables are exact but for a segment's header: rows, padding, optimizer state, whole 2 MiB pages. The rest
// is what the roles were measured to need besides, rounded up. The token file is mapped, shared by all workers, and may
// be dropped by the kernel: it is told, not added.
//
// Thread rule: a value; safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/machine.h"
#include "proto/wire.pb.h"

namespace shoal {

struct MemoryPlan {
  std::vector<wire::TableSpec> tables;
  uint64_t table_bytes = 0;  // All tables on all servers.
  uint64_t coordinator_bytes = 0;
  uint64_t copy_bytes = 0;    // Of all tables, for a checkpoint: as much again, where the job takes any.
  uint64_t server_bytes = 0;  // The largest server's: server 0's.
  uint64_t worker_bytes = 0;  // Each worker's, with
  uint64_t batch_bytes = 0;   // that of its batches of rows.
  uint64_t total_bytes = 0;   // All roles together.

  // Of data with `items`: words of the vocabulary, or pictures, whose shorter side has `picture_side` pixels. With
  // `on_gpus` encoders are computed there, and what a step computes is none of the host's memory.
  static MemoryPlan Of(const job::Job& job, uint64_t items, uint32_t picture_side = 0, bool on_gpus = false);

  // ResourceExhausted where all roles are to run on `machine` and do not fit: tells what is too large and which fields
  // to change.
  absl::Status CheckFits(const job::Job& job, const Machine& machine) const;
};

}  // namespace shoal
