#include "worker/models/backbone.h"

#include <ATen/Parallel.h>

#include <utility>

#include "common/status.h"
#include "worker/models/backbone_file.h"
#include "worker/models/backbone_metadata.h"
#include "worker/models/image_encoder.h"
#include "worker/models/recycling_allocator.h"
#include "worker/models/torch_guard.h"

namespace shoal {
namespace {

EncoderSettings SettingsOf(const BackboneDescription& description) {
  return {.architecture = description.architecture, .stem = description.stem, .head = HeadKind::kNone};
}

class LoadedBackbone : public Backbone {
 public:
  explicit LoadedBackbone(const BackboneDescription& description)
      : description_(description),
        encoder_(SettingsOf(description), Precision::kFloat32, /*exchange=*/nullptr, /*learns=*/false) {}

  const BackboneDescription& description() const override { return description_; }
  int64_t features() const override { return encoder_.features(); }
  absl::Status Features(std::span<const float> pictures, std::span<float> features) override {
    return ReadFeatures(&encoder_, description_.image_size, pictures, features);
  }
  ModelTensors* tensors() { return &encoder_.tensors(); }

 private:
  const BackboneDescription description_;
  ImageEncoder encoder_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Backbone>> Backbone::Load(const std::string& path, int threads) {
  ASSIGN_OR_RETURN(const SafeTensors content, ReadSafeTensors(path));
  ASSIGN_OR_RETURN(const BackboneDescription description, DescriptionOf(path, content));
  return TorchGuard(Cat("loading ", path), [&]() -> absl::StatusOr<std::unique_ptr<Backbone>> {
    RecycleTensorMemory();
    at::set_num_threads(threads);
    auto backbone = std::make_unique<LoadedBackbone>(description);
    RETURN_IF_ERROR(CopyBackbone(path, content, backbone->tensors()));
    return backbone;
  });
}

}  // namespace shoal
