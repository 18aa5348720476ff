// The orientation that a camera wrote into a picture, and turning pictures upright by it.
//
// Orientations are numbered as EXIF numbers them, by where the stored picture's first row and first column belong:
//   1 top, left (upright)      2 top, right (mirrored)     3 bottom, right (half turn)  4 bottom, left (upside down)
//   5 left, top (transposed)   6 right, top (turn right)   7 right, bottom              8 left, bottom (turn left)
// Source: CIPA DC-008 (Exif 2.32), tag 0x0112.
//
// Pure functions of their arguments; safe from any thread.

#pragma once

#include <cstdint>
#include <string_view>

#include "data/images/image_buffer.h"
#include "data/images/image_view.h"

namespace shoal {

// From `tiff`, EXIF's data from its byte order mark on; 1 where it has none or is damaged, as viewers do.
int ExifOrientation(std::string_view tiff);

// Whether width and height change places.
constexpr bool SwapsSides(int orientation) { return orientation >= 5; }

// `stored`, which lies in the front plane of `buffer`, upright; then that lies in the front plane.
ImageView TurnUpright(const ImageView& stored, int orientation, ImageBuffer* buffer);

}  // namespace shoal
