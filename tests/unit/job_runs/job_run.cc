#include "tests/unit/job_runs/job_run.h"

#include <stdlib.h>

#include <filesystem>
#include <utility>

#include "common/files.h"
#include "common/text.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "paramserver/server.h"

namespace shoal {
namespace {

std::string MakeFolder() {
  std::string name = ::testing::TempDir() + "job_run.XXXXXX";
  return ::mkdtemp(name.data());
}

}  // namespace

job::Job QuickJob(uint32_t servers, uint32_t workers) {
  job::Job job;
  job.set_servers(servers);
  job.set_workers(workers);
  job.set_epochs(2);
  job.mutable_objective()->mutable_skip_gram()->set_dim(8);
  job.mutable_heartbeats()->set_interval_seconds(0.05);
  job.mutable_heartbeats()->set_dead_after_seconds(1);
  job.mutable_parameter_server()->set_request_timeout_seconds(0.5);
  job.mutable_metrics()->set_enabled(false);
  job.mutable_progress()->set_quiet(true);
  return job;
}

JobRun::JobRun(JobRunOptions options)
    : options_(std::move(options)),
      folder_(MakeFolder()),
      hub_(static_cast<int>(1 + options_.job.servers() + options_.job.workers()), &Clock::Real(), options_.network),
      ends_(1 + options_.job.servers() + options_.job.workers()) {
  for (size_t rank = 0; rank < ends_.size(); ++rank) {
    threads_.emplace_back([this, rank] {
      // Its end is the rank's end, as a process's would be.
      const std::unique_ptr<Endpoint> endpoint = hub_.endpoint(static_cast<int>(rank));
      ends_[rank] = RunRank(static_cast<int>(rank), endpoint.get());
    });
  }
}

JobRun::~JobRun() {
  Wait();
  std::filesystem::remove_all(folder_);
}

absl::Status JobRun::RunRank(int rank, Endpoint* endpoint) {
  if (rank >= rank_of_worker(0)) return RunWorker(endpoint, &Clock::Real(), options_.worker_parts);
  if (rank >= rank_of_server(0)) return RunServer(endpoint, Platform::Real());
  const CoordinatorOptions coordinator{
      .job = options_.job, .output_directory = output(), .signal = &signal_, .prepare = options_.prepare};
  return RunCoordinator(coordinator, endpoint, Platform::Real());
}

const std::vector<absl::Status>& JobRun::Wait() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return ends_;
}

google::protobuf::Struct JobRun::Result() {
  Wait();
  google::protobuf::Struct result;
  const auto text = ReadFile(output() + "/result.json");
  EXPECT_TRUE(text.ok()) << text.status();
  if (text.ok()) {
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(*text, &result).ok()) << *text;
  }
  return result;
}

}  // namespace shoal
