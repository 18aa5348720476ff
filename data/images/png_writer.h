// WritePng: an 8-bit RGB picture as a PNG file, for people to look at.
//
// Thread rule: safe from any thread. The file appears whole or not at all.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "data/images/image_view.h"

namespace shoal {

// Replaces `path`. InvalidArgument: a picture without pixels, or larger than a PNG can be.
absl::Status WritePng(const std::string& path, const ImageView& image);

}  // namespace shoal
