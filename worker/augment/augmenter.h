// Augmenter: pictures of 8-bit pixels into normalised views, as training and evaluation take them.
//
// A view is cropped and resized straight from the picture, then coloured, blurred and solarised in 8 bits as
// torchvision does it on PIL's pictures, and normalised into the caller's batch. Its 8-bit pixels equal torchvision's
// with the same parameters (tests/parity/): to the bit, except for a blur's, of which fewer than one in ten thousand is
// one level off, where the exact value lies in the middle of two. They are the same on every processor. Normalised
// floats are within 1e-6 of torchvision's.
//
// Thread rule: one thread at a time, as it has scratch memory; each thread has its own, and gets the same views.

#pragma once

#include <cstdint>
#include <vector>

#include "common/job/augmentation_settings.h"
#include "data/images/image_view.h"
#include "data/images/resample_taps.h"
#include "worker/augment/drawn_view.h"
#include "worker/augment/pixel_kernels.h"
#include "worker/augment/view_arithmetic.h"

namespace shoal {

class Augmenter {
 public:
  // `settings` have no AugmentationMistakes. The CPU must run `backend`.
  explicit Augmenter(const AugmentationSettings& settings, SimdBackend backend = BestSimdBackend());

  const AugmentationSettings& settings() const { return settings_; }
  // Floats of a view: [size, size, 3].
  size_t view_floats() const { return 3 * pixels_; }

  // Writes to `out` [size, size, 3] the view that `key` draws of `image`, which has one pixel at least.
  void View(const ImageView& image, const ViewKey& key, float* out);

  // Writes to `out` [size, size, 3] the view without chance.
  void Evaluate(const ImageView& image, float* out);

  // What `drawn` tells of `image`, for whoever drew it: normalised, or as 8-bit pixels [size, size, 3].
  void Apply(const ImageView& image, const DrawnView& drawn, float* out);
  void Render(const ImageView& image, const DrawnView& drawn, uint8_t* out);

 private:
  // Leaves the view in planes_.
  void MakePlanes(const ImageView& image, const DrawnView& drawn);
  void Resize(const ImageView& image, const Resizing& resizing, bool flip);
  void ResizeAlongRowsFirst(const ImageView& image, const Resizing::Box& box, bool flip);
  void ResizeDownColumnsFirst(const ImageView& image, const Resizing::Box& box, bool flip);
  void Colour(const ColourStep& step);
  void Blur(float sigma);

  const AugmentationSettings settings_;
  const PixelFunctions& functions_;
  const size_t pixels_;
  const size_t plane_;  // Bytes from plane to plane.
  const LevelScaling scaling_;

  ResampleTaps columns_, rows_;
  std::vector<uint8_t> last_row_;    // A copy of the picture's, as its bytes may not be overrun.
  std::vector<uint8_t> halfway_;     // The box, resized along its rows or down its columns.
  std::vector<uint8_t> planes_;      // [3, plane_] and slack.
  std::vector<uint8_t> blurred_;     // [size, size] and slack.
  std::vector<float> blur_weights_;  // [radius + 1], from the middle outwards.
  std::vector<float> blur_row_;      // [radius + size + radius] and slack.
  std::vector<float> blur_sums_;     // [size]
};

}  // namespace shoal
