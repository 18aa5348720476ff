// Shrinking pictures without aliasing: a triangle filter as wide as the step (resample_taps.h), so that each pixel of
// the larger picture counts; the bytes are those of Pillow's bilinear resize.
//
// Pure functions of their arguments; safe from any thread.

#pragma once

#include <cstdint>

#include "data/images/decode.h"
#include "data/images/image_buffer.h"
#include "data/images/image_view.h"

namespace shoal {

// The size with `shorter` as the shorter side and the same shape, the longer side rounded to the nearest; `size` itself
// where its shorter side is no longer than that, or `shorter` is 0.
PictureSize ShrunkSize(PictureSize size, uint32_t shorter);

// `picture`, which lies in the front plane of `buffer`, at `size`; then that lies in the front plane. Neither side may
// be larger than the picture's.
ImageView Shrink(const ImageView& picture, PictureSize size, ImageBuffer* buffer);

}  // namespace shoal
