// The step of several workers on pictures in memory: SimCLR, gradients summed over MPI, no data, augmentation or
// servers.
//
//   mpirun -np WORKERS allreduce_bench [--net small|resnet18] [--batch 256] [--steps 20] [--norm local|synchronised]
//                                      [--write START.safetensors]
//
// The first worker prints a line of JSON: the seconds of each step, after two that don't count, and the loss of each
// step over all workers, from the first on. --write keeps the pictures and the parameters of the beginning, for
// bench/allreduce_peer.py. `batch` counts the pictures of all workers. bench/allreduce runs both.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/random.h"
#include "common/status.h"
#include "common/transport/mpi_endpoint.h"
#include "data/safetensors.h"
#include "worker/collective/mpi_collective.h"
#include "worker/models/contrastive_learner.h"
#include "worker/objectives/collective_group.h"

namespace shoal {
namespace {

using Flags = std::map<std::string, std::string>;

constexpr uint64_t kSide = 32;
constexpr uint64_t kPictureFloats = kSide * kSide * 3;
constexpr int kUncountedSteps = 2;
constexpr double kLearningRate = 0.001;

absl::StatusOr<Flags> ParseFlags(int argc, char** argv) {
  Flags flags = {{"--net", "small"}, {"--batch", "256"}, {"--steps", "20"}, {"--norm", "local"}, {"--write", ""}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!flags.contains(argv[i])) return InvalidArgument("no flag ", std::string_view(argv[i]));
    flags[argv[i]] = argv[i + 1];
  }
  return flags;
}

// What bench/allreduce_peer.py trains with too.
absl::StatusOr<LearnerSettings> SettingsOf(const Flags& flags) {
  LearnerSettings settings;
  ASSIGN_OR_RETURN(settings.encoder.architecture, ArchitectureOf(flags.at("--net")));
  settings.encoder.embedding_dim = 128;
  if (flags.at("--norm") == "synchronised") settings.encoder.batch_norm = BatchNormKind::kSynchronised;
  settings.optimizer = {.kind = OptimizerKind::kSgd, .momentum = 0.9, .weight_decay = 0};
  settings.image_size = kSide;
  return settings;
}

// [2, batch, side, side, 3]: the first views of all pictures, then the second.
NamedTensor Pictures(uint64_t batch) {
  NamedTensor pictures{"pictures", {2, batch, kSide, kSide, 3}, std::vector<float>(2 * batch * kPictureFloats)};
  CounterRandom random(1);
  for (float& value : pictures.values) value = 2 * random.NextFloat() - 1;
  return pictures;
}

// Worker `rank`'s, in the same order.
std::vector<float> Part(const std::vector<float>& pictures, int rank, int size) {
  const size_t half = pictures.size() / 2, part = half / size;
  std::vector<float> mine;
  for (const size_t view : {size_t{0}, half}) {
    const auto begin = pictures.begin() + static_cast<std::ptrdiff_t>(view + rank * part);
    mine.insert(mine.end(), begin, begin + static_cast<std::ptrdiff_t>(part));
  }
  return mine;
}

absl::Status WriteStart(const std::string& path, const NamedTensor& pictures, ContrastiveLearner* learner) {
  const std::span<const float> parameters = learner->QueryParameters();
  return WriteSafeTensors(
      path, {.metadata = {{"layout", learner->StateLayout()}},
             .tensors = {pictures, {"parameters", {parameters.size()}, {parameters.begin(), parameters.end()}}}});
}

void Print(const std::vector<double>& seconds, const std::vector<double>& losses) {
  JsonWriter json;
  json.BeginObject().Key("seconds").BeginArray();
  for (const double second : seconds) json.Number(second);
  json.EndArray().Key("losses").BeginArray();
  for (const double loss : losses) json.Number(loss);
  json.EndArray().EndObject();
  std::printf("%s\n", json.text().c_str());
}

absl::Status Run(const Flags& flags, int rank, int size) {
  std::vector<int> ranks(size);
  std::iota(ranks.begin(), ranks.end(), 0);
  ASSIGN_OR_RETURN(const auto collective, MakeMpiCollective(ranks, absl::Minutes(1)));
  ASSIGN_OR_RETURN(const LearnerSettings settings, SettingsOf(flags));
  ASSIGN_OR_RETURN(const auto learner, ContrastiveLearner::Create(settings, GroupOf(collective.get())));
  const NamedTensor pictures = Pictures(std::strtoull(flags.at("--batch").c_str(), nullptr, 10));
  if (rank == 0 && !flags.at("--write").empty()) {
    RETURN_IF_ERROR(WriteStart(flags.at("--write"), pictures, learner.get()));
  }
  const std::vector<float> mine = Part(pictures.values, rank, size);
  const StepInput input{.first_views = std::span(mine).first(mine.size() / 2),
                        .second_views = std::span(mine).last(mine.size() / 2),
                        .learning_rate = kLearningRate};
  const int steps = std::atoi(flags.at("--steps").c_str());
  std::vector<double> seconds, losses;
  for (int step = 0; step < kUncountedSteps + steps; ++step) {
    RETURN_IF_ERROR(collective->Barrier());
    const auto begin = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const StepResult result, learner->Step(input));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    if (step >= kUncountedSteps) seconds.push_back(taken.count());
    float loss = static_cast<float>(result.loss);
    RETURN_IF_ERROR(collective->AllReduce({&loss, 1}));
    losses.push_back(loss / size);
  }
  if (rank == 0) Print(seconds, losses);
  return absl::OkStatus();
}

absl::Status Main(int argc, char** argv) {
  ASSIGN_OR_RETURN(const auto endpoint,
                   MpiEndpoint::Create(&argc, &argv, Backoff::Expecting::kRows, MpiEndpoint::Threads::kSeveral));
  ASSIGN_OR_RETURN(const Flags flags, ParseFlags(argc, argv));
  return Run(flags, endpoint->rank(), endpoint->size());
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  const absl::Status status = shoal::Main(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "allreduce_bench: %s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
