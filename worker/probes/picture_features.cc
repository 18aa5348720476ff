#include "worker/probes/picture_features.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "common/format.h"
#include "common/status.h"
#include "data/images/image_buffer.h"
#include "data/parallel.h"
#include "worker/augment/augmenter.h"

namespace shoal {
namespace {

// Bytes of a batch's views, about, and pictures of it at most.
constexpr uint64_t kBatchBytes = uint64_t{64} << 20;
constexpr uint64_t kMostBatch = 1024;

// Of pictures [first, first + views.size()) of `pictures`, which number those of the set.
absl::Status MakeViews(const ImageFile& images, std::span<const uint64_t> pictures,
                       const AugmentationSettings& settings, uint32_t threads, std::span<float> views) {
  std::atomic<uint64_t> next = 0;
  return RunOnThreads(threads, [&]() -> absl::Status {
    Augmenter augmenter(settings);
    ImageBuffer buffer;
    for (uint64_t i; (i = next++) < pictures.size();) {
      ASSIGN_OR_RETURN(const ImageView picture, images.Read(pictures[i], &buffer));
      augmenter.Evaluate(picture, &views[i * augmenter.view_floats()]);
    }
    return absl::OkStatus();
  });
}

absl::Status CheckNumbers(const ImageFile& images, std::span<const uint64_t> pictures, std::span<const float> features,
                          uint32_t dim) {
  const auto wrong = std::find_if(features.begin(), features.end(), [](float x) { return !std::isfinite(x); });
  if (wrong == features.end()) return absl::OkStatus();
  const uint64_t at = (wrong - features.begin()) / dim;
  return Internal("the features of ", images.picture_path(pictures[at]),
                  " are no numbers; where the weights are such, the training has diverged: lower its learning rate");
}

}  // namespace

FeatureEncoder RawPixels(const AugmentationSettings& views) {
  FeatureEncoder raw{.views = views};
  raw.views.size = std::min(views.size, kMostRawSide);
  raw.dim = static_cast<uint32_t>(3 * raw.views.size * raw.views.size);
  raw.compute = [](std::span<const float> pictures, std::span<float> features) {
    std::copy(pictures.begin(), pictures.end(), features.begin());
    return absl::OkStatus();
  };
  return raw;
}

absl::StatusOr<Features> PictureFeatures(const ImageFile& images, const FeatureEncoder& encoder, uint32_t threads) {
  Features features{.dim = encoder.dim};
  for (uint64_t i = 0; i < images.size(); ++i) {
    if (images.label(i) < 0) continue;
    features.labels.push_back(images.label(i));
    features.pictures.push_back(i);
  }
  const uint64_t bytes = features.size() * encoder.dim * sizeof(float);
  if (bytes > kMostFeatureBytes) {
    return ResourceExhausted("features of ", features.size(), " pictures, ", encoder.dim, " numbers each, take ",
                             FormatBytes(bytes), ", more than the limit of ", FormatBytes(kMostFeatureBytes),
                             "; take fewer pictures of each class");
  }
  features.rows.resize(features.size() * encoder.dim);
  const uint64_t view_floats = uint64_t{3} * encoder.views.size * encoder.views.size;
  const uint64_t batch = std::clamp<uint64_t>(kBatchBytes / (view_floats * sizeof(float)), 1, kMostBatch);
  std::vector<float> views(std::min(batch, features.size()) * view_floats);
  for (uint64_t first = 0; first < features.size(); first += batch) {
    const uint64_t count = std::min(batch, features.size() - first);
    const auto pictures = std::span(features.pictures).subspan(first, count);
    const auto rows = std::span(features.rows).subspan(first * encoder.dim, count * encoder.dim);
    const auto batch_views = std::span(views).first(count * view_floats);
    RETURN_IF_ERROR(MakeViews(images, pictures, encoder.views, threads, batch_views));
    RETURN_IF_ERROR(encoder.compute(batch_views, rows));
    RETURN_IF_ERROR(CheckNumbers(images, pictures, rows, encoder.dim));
  }
  return features;
}

absl::StatusOr<FeaturesOfSets> PictureFeatures(const PictureSets& sets, const FeatureEncoder& encoder,
                                               uint32_t threads) {
  FeaturesOfSets features;
  ASSIGN_OR_RETURN(features.train, PictureFeatures(sets.train(), encoder, threads));
  ASSIGN_OR_RETURN(features.test, PictureFeatures(sets.test(), encoder, threads));
  for (int32_t& label : features.test.labels) label = sets.LabelInTrain(label);
  return features;
}

absl::StatusOr<std::vector<float>> FeaturesOfPicture(const ImageView& picture, const FeatureEncoder& encoder) {
  Augmenter augmenter(encoder.views);
  std::vector<float> view(augmenter.view_floats()), features(encoder.dim);
  augmenter.Evaluate(picture, view.data());
  RETURN_IF_ERROR(encoder.compute(view, features));
  return features;
}

}  // namespace shoal
