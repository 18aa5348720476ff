// BackboneDescription: what one must know to use a trained backbone: the net, and the pictures that it takes.
//
// Thread rule: values.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "worker/models/encoder_settings.h"

namespace shoal {

// A picture's channels, of 0 to 1, become (channel - mean) / deviation: red, green, blue.
struct PictureNormalisation {
  std::array<float, 3> mean = {0, 0, 0};
  std::array<float, 3> deviation = {1, 1, 1};
};

// What an output folder's backbone is called.
inline constexpr std::string_view kBackboneFileName = "backbone.safetensors";

struct BackboneDescription {
  Architecture architecture = Architecture::kSmall;
  Stem stem = Stem::kCifar;
  int64_t image_size = 32;  // Of both sides, in pixels.
  PictureNormalisation normalisation;
};

}  // namespace shoal
