// PictureFeatures: a set of pictures through an encoder: read, made views without chance, computed.
//
// Views of a batch are made on several threads, then the encoder computes on those of its own. Memory: the features,
// and a batch of views.
//
// Thread rule: safe from any thread, as far as the encoder is; it starts threads of its own and joins them.

#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "absl/status/statusor.h"
#include "common/job/augmentation_settings.h"
#include "data/images/image_file.h"
#include "data/images/picture_sets.h"
#include "worker/probes/features.h"

namespace shoal {

// Writes features [n, dim] of `pictures` [n, size, size, 3], normalised views.
using FeatureFunction = std::function<absl::Status(std::span<const float> pictures, std::span<float> features)>;

struct FeatureEncoder {
  uint32_t dim = 0;
  AugmentationSettings views;  // Of which the evaluation's part is taken.
  FeatureFunction compute;
};

// The control that every encoder must beat: the view's own floats. Views larger than kMostRawSide are made so small, as
// a linear classifier of more numbers than pictures learns them by heart.
inline constexpr int kMostRawSide = 32;
FeatureEncoder RawPixels(const AugmentationSettings& views);

// Of all pictures of `images` that have a label; in their order. Those that cannot be read are left out, with a warning
// that counts them. DataLoss: they are a larger part of these than `max_broken_fraction`, or all; Internal: features
// that are no numbers, as of a training that diverged; ResourceExhausted: more than kMostFeatureBytes.
inline constexpr uint64_t kMostFeatureBytes = uint64_t{1} << 36;
absl::StatusOr<Features> PictureFeatures(const ImageFile& images, const FeatureEncoder& encoder, uint32_t threads,
                                         double max_broken_fraction);

// Of both sets, their labels those of the set to learn from.
struct FeaturesOfSets {
  Features train, test;
};
absl::StatusOr<FeaturesOfSets> PictureFeatures(const PictureSets& sets, const FeatureEncoder& encoder, uint32_t threads,
                                               double max_broken_fraction);

// Of one picture.
absl::StatusOr<std::vector<float>> FeaturesOfPicture(const ImageView& picture, const FeatureEncoder& encoder);

}  // namespace shoal
