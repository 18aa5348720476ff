// Speed of the learner alone, on pictures in memory: no decoding, augmentation or servers.
//
//   encoders_bench [--net small|resnet18|resnet34|resnet50] [--stem cifar|imagenet] [--size 32] [--batch 256]
//                  [--method simclr|moco|instance] [--queue 4096] [--steps 20] [--threads 1] [--precision
//                  float32|bfloat16] [--device cpu|cuda]
//
// Prints pairs of pictures (with instance: pictures) per CPU-second and per second, after two steps that don't count.
// bench/encoders_peer.py runs it beside PyTorch.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "bench/timing.h"
#include "common/host.h"
#include "common/random.h"
#include "common/status.h"
#include "worker/models/contrastive_learner.h"
#include "worker/models/recycling_allocator.h"

namespace shoal {
namespace {

using Flags = std::map<std::string, std::string>;

Flags ParseFlags(int argc, char** argv) {
  Flags flags = {{"--net", "small"},         {"--stem", "cifar"}, {"--size", "32"},  {"--batch", "256"},
                 {"--method", "simclr"},     {"--queue", "4096"}, {"--steps", "20"}, {"--threads", "1"},
                 {"--precision", "float32"}, {"--device", "cpu"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!flags.contains(argv[i])) {
      std::fprintf(stderr, "encoders_bench: no flag %s\n", argv[i]);
      std::exit(2);
    }
    flags[argv[i]] = argv[i + 1];
  }
  return flags;
}

int64_t NumberOf(const Flags& flags, const std::string& name) {
  return std::strtoll(flags.at(name).c_str(), nullptr, 10);
}

std::vector<float> Random(size_t count) {
  std::vector<float> values(count);
  CounterRandom random(1);
  for (float& value : values) value = 2 * random.NextFloat() - 1;
  return values;
}

absl::StatusOr<LearnerSettings> SettingsOf(const Flags& flags) {
  LearnerSettings settings;
  ASSIGN_OR_RETURN(settings.encoder.architecture, ArchitectureOf(flags.at("--net")));
  ASSIGN_OR_RETURN(settings.encoder.stem, StemOf(flags.at("--stem")));
  settings.encoder.embedding_dim = 128;
  settings.image_size = NumberOf(flags, "--size");
  settings.threads = static_cast<int>(NumberOf(flags, "--threads"));
  if (flags.at("--precision") == "bfloat16") settings.precision = Precision::kBfloat16;
  if (flags.at("--device") == "cuda") settings.device = Device::kCuda;
  if (flags.at("--method") == "moco") settings.method = ContrastiveMethod::kMoco;
  if (flags.at("--method") == "instance") settings.method = ContrastiveMethod::kInstanceSoftmax;
  return settings;
}

absl::Status Run(const Flags& flags) {
  ASSIGN_OR_RETURN(const LearnerSettings settings, SettingsOf(flags));
  ASSIGN_OR_RETURN(const auto learner, ContrastiveLearner::Create(settings));
  const size_t batch = NumberOf(flags, "--batch"), floats = batch * 3 * settings.image_size * settings.image_size;
  const std::vector<float> views = Random(2 * floats), rows = Random(NumberOf(flags, "--queue") * learner->dim());
  const std::vector<int64_t> places(batch, 0);
  StepInput input{.first_views = std::span(views).first(floats), .learning_rate = 0.01};
  const bool two_views = settings.method != ContrastiveMethod::kInstanceSoftmax;
  if (two_views) input.second_views = std::span(views).last(floats);
  if (settings.method != ContrastiveMethod::kSimClr) input.candidates = rows;
  if (!two_views) input.places = places;

  constexpr int64_t kUncounted = 2;
  const int64_t steps = NumberOf(flags, "--steps");
  double cpu = 0, wall = 0;
  for (int64_t step = 0; step < kUncounted + steps; ++step) {
    if (step == kUncounted) {
      cpu = ProcessCpuSeconds();
      wall = WallSeconds();
    }
    RETURN_IF_ERROR(learner->Step(input).status());
  }
  const double pairs = static_cast<double>(batch) * steps;
  std::printf("%s, %s, %s, batch %zu: %.1f pairs per CPU-second, %.1f per second, %.0f MB of tensors at most\n",
              flags.at("--net").c_str(), flags.at("--method").c_str(), flags.at("--precision").c_str(), batch,
              pairs / (ProcessCpuSeconds() - cpu), pairs / (WallSeconds() - wall), TensorMemory().most_in_use * 1e-6);
  return absl::OkStatus();
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  const absl::Status status = shoal::Run(shoal::ParseFlags(argc, argv));
  if (!status.ok()) std::fprintf(stderr, "encoders_bench: %s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
