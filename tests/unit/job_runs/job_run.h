// JobRun: a whole job in one process: coordinator, servers and workers as threads on the in-process hub.
//
// Thread rule: belongs to the test's thread.

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/transport/in_process.h"
#include "coordinator/coordinator.h"
#include "google/protobuf/struct.pb.h"
#include "proto/job.pb.h"
#include "worker/worker.h"

namespace shoal {

struct JobRunOptions {
  job::Job job;
  InProcessOptions network;
  PrepareFunction prepare = &PrepareData;
  WorkerParts worker_parts;
  std::string output;  // Empty: one of its own, removed at the end.
};

class JobRun {
 public:
  // Starts it, in an output folder of its own.
  explicit JobRun(JobRunOptions options);
  // Waits for all roles.
  ~JobRun();

  int rank_of_server(uint32_t index) const { return static_cast<int>(1 + index); }
  int rank_of_worker(uint32_t index) const { return static_cast<int>(1 + options_.job.servers() + index); }

  void Disconnect(int rank) { hub_.Disconnect(rank); }
  void Signal(int signal) { signal_.store(signal); }

  // How each rank ended, once all have.
  const std::vector<absl::Status>& Wait();

  // After Wait.
  const absl::Status& coordinator() { return Wait()[0]; }
  google::protobuf::Struct Result();
  std::string Field(const std::string& name) { return Result().fields().at(name).string_value(); }
  std::string output() const { return options_.output.empty() ? folder_ + "/out" : options_.output; }

 private:
  absl::Status RunRank(int rank, Endpoint* endpoint);

  const JobRunOptions options_;
  const std::string folder_;
  InProcessHub hub_;
  std::atomic<int> signal_ = 0;
  std::vector<absl::Status> ends_;
  std::vector<std::thread> threads_;
};

// One server and worker unless told otherwise, heartbeats quick enough for tests, no metrics server.
job::Job QuickJob(uint32_t servers = 1, uint32_t workers = 1);

}  // namespace shoal
