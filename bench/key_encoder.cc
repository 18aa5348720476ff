// What it costs MoCo to keep its key encoder and queue on a server, as mapped tables, instead of in the worker.
//
//   key_encoder_bench [--net SMALL|RESNET18|RESNET34|RESNET50] [--batch 256] [--queue 4096] [--dim 128] [--steps 20]
//
// One worker of one thread on random pictures of 32 x 32. Each step is trained by the same learner; what is read before
// it and written after it is done both ways, in turn, and timed by itself, as the difference is far below the noise of
// a whole step. Prints medians.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/timing.h"
#include "common/job/job.h"
#include "common/job/tables.h"
#include "common/random.h"
#include "common/status.h"
#include "paramserver/mapped_table.h"
#include "paramserver/table.h"
#include "worker/objectives/contrastive_settings.h"
#include "worker/objectives/moco_rows.h"

namespace shoal {
namespace {

constexpr int kSide = 32;
constexpr int kUncountedSteps = 3;

// One server's tables, and a worker's mapped way to them, in one process.
class MappedTables final : public ParameterClient {
 public:
  absl::Status Add(const wire::TableSpec& spec) {
    ASSIGN_OR_RETURN(std::unique_ptr<Table> table, Table::Create(spec, ServerPlace{}));
    while (!table->InitializeSome()) continue;
    const SegmentHeader header = SegmentHeader::Of(spec, /*job_token=*/0, /*server=*/0, /*servers=*/1);
    const wire::Segment place = table->segment();
    ASSIGN_OR_RETURN(Segment segment, Segment::Open(::getpid(), place.file_descriptor(), header));
    std::vector<Segment> segments;
    segments.push_back(std::move(segment));
    ways_.push_back(std::make_unique<MappedTable>(spec, std::move(segments), /*hot_rows=*/0, &stats_));
    tables_.push_back(std::move(table));
    return absl::OkStatus();
  }

  TableAccess& table(uint32_t id) override { return *ways_[id]; }
  ClientStats stats() const override { return stats_; }
  void BeginTurn(const wire::Turn&) override {}
  absl::Status EndTurn() override { return absl::OkStatus(); }
  void OnWait(std::function<absl::Status()>) override {}

 private:
  ClientStats stats_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<MappedTable>> ways_;
};

// The same, held in the worker.
class RowsInTheWorker final : public ContrastRows {
 public:
  RowsInTheWorker(const job::Job& job, ContrastiveLearner* learner)
      : keep_(static_cast<float>(job.objective().moco().momentum())),
        learner_(*learner),
        queue_(job.objective().moco().queue() * learner->dim()) {}

  absl::Status Read(const StepPlace&, StepInput* input) override {
    input->candidates = queue_;
    return absl::OkStatus();
  }

  absl::Status Write(const StepPlace&, const StepResult& result) override {
    std::copy(result.embeddings.begin(), result.embeddings.end(), queue_.begin() + static_cast<int64_t>(next_));
    next_ = (next_ + result.embeddings.size()) % queue_.size();
    const std::span<const float> query = learner_.QueryParameters();
    const std::span<float> key = learner_.KeyParameters();
    for (size_t i = 0; i < key.size(); ++i) key[i] += (1 - keep_) * (query[i] - key[i]);
    return absl::OkStatus();
  }

 private:
  const float keep_;
  ContrastiveLearner& learner_;
  std::vector<float> queue_;
  size_t next_ = 0;
};

// Seconds of reading and writing.
absl::StatusOr<double> TimeOf(ContrastRows* rows, const StepPlace& place, const StepResult& result) {
  StepInput input;
  const double start = WallSeconds();
  RETURN_IF_ERROR(rows->Read(place, &input));
  RETURN_IF_ERROR(rows->Write(place, result));
  return WallSeconds() - start;
}

absl::Status Run(const job::Job& job, int steps) {
  const LearnerSettings settings = LearnerSettingsOf(job, /*pictures=*/0, kSide, /*threads=*/1);
  ASSIGN_OR_RETURN(const auto learner, ContrastiveLearner::Create(settings));
  MappedTables tables;
  for (const wire::TableSpec& spec : TablesOf(job, /*items=*/0)) RETURN_IF_ERROR(tables.Add(spec));
  MocoRows on_server(job, &tables, learner.get(), /*rank=*/0, /*workers=*/1);
  RETURN_IF_ERROR(on_server.Initialise());
  RowsInTheWorker in_worker(job, learner.get());

  const uint64_t batch = job.encoder().batch();
  std::vector<float> views(2 * batch * 3 * kSide * kSide);
  CounterRandom random(1);
  for (float& value : views) value = 2 * random.NextFloat() - 1;
  const std::vector<uint32_t> pictures(batch);
  std::vector<double> step_seconds, server_seconds, worker_seconds;
  for (int step = 0; step < kUncountedSteps + steps; ++step) {
    const StepPlace place{.step = static_cast<uint64_t>(step), .pictures = pictures, .count = batch};
    StepInput input{.first_views = std::span(views).first(views.size() / 2),
                    .second_views = std::span(views).last(views.size() / 2),
                    .learning_rate = 0.01};
    RETURN_IF_ERROR(on_server.Read(place, &input));
    const double start = WallSeconds();
    ASSIGN_OR_RETURN(const StepResult result, learner->Step(input));
    const double taken = WallSeconds() - start;
    ASSIGN_OR_RETURN(const double worker, TimeOf(&in_worker, place, result));
    ASSIGN_OR_RETURN(const double server, TimeOf(&on_server, place, result));
    if (step < kUncountedSteps) continue;
    step_seconds.push_back(taken);
    worker_seconds.push_back(worker);
    server_seconds.push_back(server);
  }
  const double step = Median(step_seconds), server = Median(server_seconds), worker = Median(worker_seconds);
  std::printf(
      "%s, batch %zu, queue %zu: a step %.1f ms; key encoder and queue on a server %.3f ms, in the worker %.3f ms: "
      "%.2f %% of pairs a second\n",
      job::ImageEncoder::Net_Name(job.encoder().net()).c_str(), static_cast<size_t>(batch),
      static_cast<size_t>(job.objective().moco().queue()), 1e3 * step, 1e3 * server, 1e3 * worker,
      100 * (server - worker) / (step + server));
  return absl::OkStatus();
}

absl::Status Main(int argc, char** argv) {
  job::Job job;
  job.mutable_objective()->mutable_moco();
  job.mutable_encoder()->set_net(job::ImageEncoder::SMALL);
  int steps = 20;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i], value = argv[i + 1];
    if (flag == "--steps") {
      steps = std::max(1, std::atoi(value.c_str()));
    } else if (flag == "--net") {
      RETURN_IF_ERROR(SetField(&job, Cat("encoder.net=", value)));
    } else if (flag == "--batch") {
      RETURN_IF_ERROR(SetField(&job, Cat("encoder.batch=", value)));
    } else if (flag == "--dim") {
      RETURN_IF_ERROR(SetField(&job, Cat("encoder.head.dim=", value)));
    } else if (flag == "--queue") {
      RETURN_IF_ERROR(SetField(&job, Cat("objective.moco.queue=", value)));
    } else {
      return InvalidArgument("no flag ", flag, "; there are --net, --batch, --queue, --dim, --steps");
    }
  }
  return Run(job, steps);
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  const absl::Status status = shoal::Main(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "key_encoder_bench: %s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
