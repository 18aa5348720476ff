// The coordinator: rank 0 of a job: has its data prepared, brings servers and workers together, leases them the units
// of the plan, keeps the books, and ends the job, in success and in failure.
//
// It is one event loop over control messages (proto/wire.proto tells a job's life). It never waits for one member: it
// sends, goes on receiving, and looks at the clock; whoever is silent too long ends the job by name (membership.h).
//
// Writes into the output folder: job.textproto, log.jsonl, result.json, metrics-addresses.txt (docs/formats/log.md).
//
// Thread rule: one thread, the endpoint's; the data is prepared in another.

#pragma once

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "common/platform.h"
#include "common/transport/endpoint.h"
#include "coordinator/preparation.h"
#include "proto/job.pb.h"

namespace shoal {

struct CoordinatorOptions {
  job::Job job;  // Valid by ValidateJob.
  std::string output_directory;
  bool print_progress = true;
  // Not 0: a signal (its number) that came, set to 0 when it is heeded. SIGUSR1 asks for a checkpoint, SIGUSR2 for a
  // checkpoint and then the job's end, SIGCONT announces that mpirun ends all ranks, others ask for the end at once.
  // Looked at every 100 ms; may be null.
  std::atomic<int>* signal = nullptr;
  PrepareFunction prepare = &PrepareData;
};

// Runs the job to its end. OK: everything was trained and exported. Else the reason, which members were told and
// result.json holds: FailedPrecondition: the ranks do not fit the job. DeadlineExceeded, Unavailable: a member is dead
// or silent, and named. Aborted: a member failed, or a signal came.
absl::Status RunCoordinator(const CoordinatorOptions& options, Endpoint* endpoint, const Platform& platform);

}  // namespace shoal
