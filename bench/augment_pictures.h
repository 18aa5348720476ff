// BenchPicture: the pictures that the benches of augmentation work on, read from a file or made up.
//
// What is wrong ends the program with a line on stderr.
//
// Thread rule: a value, and functions for a program's own thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/job/augmentation_settings.h"
#include "data/images/image_view.h"

namespace shoal {

struct BenchPicture {
  int width = 0, height = 0;
  std::vector<uint8_t> pixels;  // [height, width, 3]
  ImageView view() const { return {pixels.data(), width, height}; }
};

[[noreturn]] void Fail(std::string_view message);

// Of a file that holds pictures end to end: width and height (u32, little-endian), then width x height x 3 bytes.
std::vector<BenchPicture> ReadPictures(const std::string& path);

// 64 pictures of noise of the view's size, of 8/7 of it for views above 64 pixels.
std::vector<BenchPicture> MadeUpPictures(int size);

// SIMCLR, MOCO_V1 or MOCO_V2.
AugmentationRecipe RecipeNamed(const std::string& name);

}  // namespace shoal
