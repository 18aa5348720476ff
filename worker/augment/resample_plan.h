// ResamplePlan: which pixels, with what weights, make the resized views of a whole batch, as tables for a device.
//
// A resize has two passes. The first turns lines of the picture, rows or columns as the view has it (ColumnsFirst),
// into lines of `size` pixels; the second adds up those lines. Lines of all views follow each other, whatever the sizes
// of their pictures, so that a pass is the same few operations for the whole batch: for each tap, gather pixels,
// multiply by weights, add. The weights are ResampleTaps', so that sums are the Augmenter's to the bit.
//
// Thread rule: values and pure functions; safe from any thread. Knows no Torch.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/augment/picture_batch.h"

namespace shoal {

// A view that is made of more taps than this is the mistake of a picture two thousand times too large.
inline constexpr int kMaxResampleTaps = 4096;

// Pixel i of a line of view v is the sum over t of weights[t, v, i] * input[min(starts[v, i] + t, lasts[v])]. What a
// tap behind the last position finds there has weight 0.
struct ResamplePass {
  int taps = 0;                  // The most of any view.
  std::vector<int32_t> starts;   // [views, size]
  std::vector<int32_t> lasts;    // [views]
  std::vector<int32_t> weights;  // [taps, views, size]
};

struct ResamplePlan {
  // Positions are along the line.
  ResamplePass first;
  std::vector<int32_t> steps;         // [views] Pixels of the batch from one position to the next.
  std::vector<int32_t> line_views;    // [lines] Whose line it is.
  std::vector<int32_t> line_pixels;   // [lines] Number in the batch of the pixel at position 0.
  std::vector<int64_t> lines_of_tap;  // [first.taps] So many lines, the first ones, have this tap.

  // Positions are numbers of lines.
  ResamplePass second;
  std::vector<uint8_t> columns_first;  // [views] The result is then the view turned over its diagonal.

  int64_t lines() const { return static_cast<int64_t>(line_views.size()); }
};

// Which views are resized together, by their numbers: no table and no tensor of a piece has more than `piece_pixels`
// pixels. Each view's first pass has as many taps as the next one's or more. InvalidArgument names a view that its
// picture cannot give; ResourceExhausted names one that needs more than `piece_pixels` by itself.
absl::StatusOr<std::vector<std::vector<int64_t>>> ResamplePieces(const PictureBatch& pictures,
                                                                 std::span<const BatchView> views, int size,
                                                                 int64_t piece_pixels);

// For the views numbered `piece`, a part of what ResamplePieces gave for the same views.
ResamplePlan PlanResample(const PictureBatch& pictures, std::span<const BatchView> views,
                          std::span<const int64_t> piece, int size);

}  // namespace shoal
