#include "worker/probes/picture_features.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "common/format.h"
#include "common/log.h"
#include "common/status.h"
#include "data/images/broken_count.h"
#include "data/images/image_buffer.h"
#include "data/parallel.h"
#include "worker/augment/augmenter.h"

namespace shoal {
namespace {

// Bytes of a batch's views, about, and pictures of it at most.
constexpr uint64_t kBatchBytes = uint64_t{64} << 20;
constexpr uint64_t kMostBatch = 1024;

std::vector<uint64_t> LabelledPictures(const ImageFile& images) {
  std::vector<uint64_t> labelled;
  for (uint64_t i = 0; i < images.size(); ++i) {
    if (images.label(i) >= 0) labelled.push_back(i);
  }
  return labelled;
}

// Makes the views of `pictures`, which number those of the set, end to end; returns the numbers of those that it is of,
// as some may be broken.
absl::StatusOr<std::vector<uint64_t>> MakeViews(const ImageFile& images, std::span<const uint64_t> pictures,
                                                const AugmentationSettings& settings, uint32_t threads,
                                                std::span<float> views, BrokenCount* broken) {
  const size_t view_floats = views.size() / pictures.size();
  std::vector<absl::Status> outcomes(pictures.size());
  std::atomic<uint64_t> next = 0;
  RETURN_IF_ERROR(RunOnThreads(threads, [&]() -> absl::Status {
    Augmenter augmenter(settings);
    ImageBuffer buffer;
    for (uint64_t i; (i = next++) < pictures.size();) {
      const absl::StatusOr<ImageView> picture = images.Read(pictures[i], &buffer);
      outcomes[i] = picture.status();
      if (picture.ok()) augmenter.Evaluate(*picture, &views[i * view_floats]);
    }
    return absl::OkStatus();
  }));
  std::vector<uint64_t> made;
  for (size_t i = 0; i < pictures.size(); ++i) {
    if (!outcomes[i].ok()) {
      RETURN_IF_ERROR(broken->Add(pictures[i], outcomes[i]));
      continue;
    }
    // Into the gap that broken ones left.
    if (made.size() < i) std::copy_n(&views[i * view_floats], view_floats, &views[made.size() * view_floats]);
    made.push_back(pictures[i]);
  }
  return made;
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

absl::StatusOr<Features> PictureFeatures(const ImageFile& images, const FeatureEncoder& encoder, uint32_t threads,
                                         double max_broken_fraction) {
  const std::vector<uint64_t> labelled = LabelledPictures(images);
  const uint64_t bytes = labelled.size() * encoder.dim * sizeof(float);
  if (bytes > kMostFeatureBytes) {
    return ResourceExhausted("features of ", labelled.size(), " pictures, ", encoder.dim, " numbers each, take ",
                             FormatBytes(bytes), ", more than the limit of ", FormatBytes(kMostFeatureBytes),
                             "; take fewer pictures of each class");
  }
  Features features{.dim = encoder.dim};
  features.rows.reserve(labelled.size() * encoder.dim);
  BrokenCount broken(labelled.size(), max_broken_fraction);
  const uint64_t view_floats = uint64_t{3} * encoder.views.size * encoder.views.size;
  const uint64_t batch = std::clamp<uint64_t>(kBatchBytes / (view_floats * sizeof(float)), 1, kMostBatch);
  std::vector<float> views(std::min(batch, labelled.size()) * view_floats);
  for (uint64_t first = 0; first < labelled.size(); first += batch) {
    const uint64_t count = std::min(batch, labelled.size() - first);
    ASSIGN_OR_RETURN(const std::vector<uint64_t> pictures,
                     MakeViews(images, std::span(labelled).subspan(first, count), encoder.views, threads,
                               std::span(views).first(count * view_floats), &broken));
    if (pictures.empty()) continue;
    features.rows.resize(features.rows.size() + pictures.size() * encoder.dim);
    const auto rows = std::span(features.rows).last(pictures.size() * encoder.dim);
    RETURN_IF_ERROR(encoder.compute(std::span(views).first(pictures.size() * view_floats), rows));
    RETURN_IF_ERROR(CheckNumbers(images, pictures, rows, encoder.dim));
    features.pictures.insert(features.pictures.end(), pictures.begin(), pictures.end());
    for (const uint64_t picture : pictures) features.labels.push_back(images.label(picture));
  }
  if (broken.count() > 0) {
    LogWarning(broken.count(), " of the ", labelled.size(),
               " pictures to measure on cannot be read and are left out; the first: ", broken.first());
  }
  return features;
}

absl::StatusOr<FeaturesOfSets> PictureFeatures(const PictureSets& sets, const FeatureEncoder& encoder, uint32_t threads,
                                               double max_broken_fraction) {
  FeaturesOfSets features;
  ASSIGN_OR_RETURN(features.train, PictureFeatures(sets.train(), encoder, threads, max_broken_fraction));
  ASSIGN_OR_RETURN(features.test, PictureFeatures(sets.test(), encoder, threads, max_broken_fraction));
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
