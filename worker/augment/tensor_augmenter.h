// TensorAugmenter: the Augmenter's twin on tensors: a whole batch of normalised views at once, on any device that Torch
// has.
//
// Chance is not its own: views are drawn on the CPU (drawn_view.h), by the same numbers for both twins, and the pixels
// are the same too, to the bit, as every operation rounds as the Augmenter's does. So it does not show in a result
// where the views were made. What has been run on which device: docs/augmentation.md.
//
// A batch is worked on in pieces, so that memory stays within some 100 bytes for each of kPiecePixels, besides the
// pictures and the views themselves. No operation is done picture by picture: each takes all views of a piece that
// drew it.
//
// Thread rule: const; safe from any thread. Torch's threads and streams are the caller's.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "common/job/augmentation_settings.h"
#include "worker/augment/picture_batch.h"

namespace shoal {

class TensorAugmenter {
 public:
  // 334 views of 224 x 224 pixels of pictures that are not much larger.
  static constexpr int64_t kPiecePixels = int64_t{1} << 24;

  // CheckAugmentation must be content with `settings`; views are made on `device`. Throws as Torch does.
  TensorAugmenter(const AugmentationSettings& settings, at::Device device, int64_t piece_pixels = kPiecePixels);

  // Both take `pictures` until the device has done with what they return. [views, size, size, 3] of floats on the
  // device, normalised: view i is that of `views[i]`. Permuted by {0, 3, 1, 2} it is in Torch's channels_last.
  // InvalidArgument names a view that its picture cannot give; ResourceExhausted one that needs more than a piece, and
  // a device whose memory is at its end; Internal has Torch's words.
  absl::StatusOr<at::Tensor> Apply(const PictureBatch& pictures, std::span<const BatchView> views) const;

  // The same before it is normalised: [views, size, size, 3] of bytes.
  absl::StatusOr<at::Tensor> Render(const PictureBatch& pictures, std::span<const BatchView> views) const;

  // What Apply makes of Render's bytes [views, size, size, 3], which lie on the device. It throws as Torch does.
  at::Tensor Normalise(const at::Tensor& levels) const;

 private:
  absl::StatusOr<at::Tensor> MakeViews(const PictureBatch& pictures, std::span<const BatchView> views,
                                       bool normalised) const;
  at::Tensor Finished(const at::Tensor& planes, bool normalised) const;

  const AugmentationSettings settings_;
  const at::Device device_;
  const at::Tensor scales_, offsets_;  // [3], of levels.
  const int64_t piece_pixels_;
};

}  // namespace shoal
