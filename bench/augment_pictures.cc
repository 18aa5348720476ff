#include "bench/augment_pictures.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/files.h"
#include "common/random.h"
#include "common/text.h"

namespace shoal {

void Fail(std::string_view message) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  std::exit(1);
}

std::vector<BenchPicture> ReadPictures(const std::string& path) {
  const auto text = ReadFile(path);
  if (!text.ok()) Fail(ToStd(text.status().message()));
  std::vector<BenchPicture> pictures;
  for (size_t at = 0; at + 8 <= text->size();) {
    uint32_t sides[2];
    std::memcpy(sides, text->data() + at, sizeof(sides));
    const size_t bytes = size_t{3} * sides[0] * sides[1];
    at += sizeof(sides);
    if (bytes == 0 || bytes > text->size() - at) Fail(Cat(path, ": picture ", pictures.size(), " is cut short"));
    BenchPicture picture{static_cast<int>(sides[0]), static_cast<int>(sides[1]), {}};
    picture.pixels.assign(text->begin() + at, text->begin() + at + bytes);
    pictures.push_back(std::move(picture));
    at += bytes;
  }
  if (pictures.empty()) Fail(Cat(path, ": no picture"));
  return pictures;
}

std::vector<BenchPicture> MadeUpPictures(int size) {
  const int side = size <= kSmallPictureSize ? size : size * 8 / 7;
  CounterRandom random(1);
  std::vector<BenchPicture> pictures(64, BenchPicture{side, side, {}});
  for (BenchPicture& picture : pictures) {
    for (int i = 0; i < 3 * side * side; ++i) picture.pixels.push_back(static_cast<uint8_t>(random.NextBelow(256)));
  }
  return pictures;
}

AugmentationRecipe RecipeNamed(const std::string& name) {
  if (name == "SIMCLR") return AugmentationRecipe::kSimClr;
  if (name == "MOCO_V1") return AugmentationRecipe::kMocoV1;
  if (name == "MOCO_V2") return AugmentationRecipe::kMocoV2;
  Fail(Cat("no recipe '", name, "' (there are SIMCLR, MOCO_V1, MOCO_V2)"));
}

}  // namespace shoal
