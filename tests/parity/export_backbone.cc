// export_backbone NET STEM SIZE FOLDER: trains a net for a step on random pictures, exports its backbone, and writes
// pictures with the features that shoal has for them: FOLDER/backbone.safetensors, FOLDER/features.safetensors.
// encoders_parity.py reads both.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/random.h"
#include "common/status.h"
#include "data/safetensors.h"
#include "worker/models/contrastive_learner.h"

namespace shoal {
namespace {

constexpr uint64_t kPictures = 8;

absl::Status Run(const std::string& net, const std::string& stem, uint64_t size, const std::string& folder) {
  LearnerSettings settings;
  ASSIGN_OR_RETURN(settings.encoder.architecture, ArchitectureOf(net));
  ASSIGN_OR_RETURN(settings.encoder.stem, StemOf(stem));
  settings.image_size = static_cast<int64_t>(size);
  ASSIGN_OR_RETURN(const auto learner, ContrastiveLearner::Create(settings));

  NamedTensor pictures{"pictures", {kPictures, size, size, 3}, std::vector<float>(kPictures * size * size * 3)};
  CounterRandom random(1);
  for (float& value : pictures.values) value = 4 * random.NextFloat() - 2;
  const std::span<const float> views(pictures.values);
  const size_t half = views.size() / 2;
  // So that weights and statistics are not those of the beginning.
  const StepInput input{.first_views = views.first(half), .second_views = views.last(half), .learning_rate = 0.1};
  RETURN_IF_ERROR(learner->Step(input).status());

  NamedTensor features{"features", {kPictures, static_cast<uint64_t>(learner->features())}, {}};
  features.values.resize(kPictures * learner->features());
  RETURN_IF_ERROR(learner->Features(pictures.values, features.values));
  RETURN_IF_ERROR(learner->ExportBackbone(folder + "/backbone.safetensors",
                                          {.mean = {0.485f, 0.456f, 0.406f}, .deviation = {0.229f, 0.224f, 0.225f}}));
  return WriteSafeTensors(folder + "/features.safetensors", {.tensors = {pictures, features}});
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: export_backbone NET STEM SIZE FOLDER\n");
    return 2;
  }
  const absl::Status status = shoal::Run(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10), argv[4]);
  if (!status.ok()) std::fprintf(stderr, "export_backbone: %s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
