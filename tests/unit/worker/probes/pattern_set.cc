#include "tests/unit/worker/probes/pattern_set.h"

#include "common/files.h"
#include "common/random.h"
#include "common/text.h"
#include "data/images/image_file_writer.h"
#include "data/images/pixel_sums.h"
#include "data/images/png_writer.h"
#include "data/images/prepare_images.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

const std::vector<std::string>& Names() {
  static const auto* names = new std::vector<std::string>{"across", "chequered", "disc", "down"};
  return *names;
}

bool IsInk(int32_t pattern, int x, int y, int shift) {
  const int dx = x - 5 - shift, dy = y - 10 + shift;
  switch (pattern) {
    case 0:
      return (y + shift) / 3 % 2 == 0;
    case 1:
      return ((x + shift) / 3 + y / 3) % 2 == 0;
    case 2:
      return dx * dx + dy * dy < 25;
    default:
      return (x + shift) / 3 % 2 == 0;
  }
}

}  // namespace

std::vector<uint8_t> PatternPicture(int32_t pattern, uint64_t key) {
  CounterRandom random(key);
  const int shift = static_cast<int>(random.NextBelow(6));
  uint8_t colours[2][3];
  for (auto& colour : colours) {
    for (uint8_t& level : colour) level = static_cast<uint8_t>(random.NextBelow(256));
  }
  std::vector<uint8_t> pixels;
  for (int y = 0; y < kPatternSide; ++y) {
    for (int x = 0; x < kPatternSide; ++x) {
      const uint8_t* const colour = colours[IsInk(pattern, x, y, shift)];
      pixels.insert(pixels.end(), colour, colour + 3);
    }
  }
  return pixels;
}

std::unique_ptr<ImageFile> WritePatternSet(const std::string& path, uint64_t count, uint64_t key, uint64_t unlabelled) {
  auto writer = ImageFileWriter::Create(path, "a test's", {});
  EXPECT_TRUE(writer.ok()) << writer.status();
  PixelSums sums;
  for (uint64_t i = 0; i < count; ++i) {
    const auto pattern = static_cast<int32_t>(i % kPatterns);
    const std::vector<uint8_t> pixels = PatternPicture(pattern, StreamKey(key, i));
    const bool labelled = unlabelled == 0 || (i + 1) % unlabelled != 0;
    sums.Add(ImageView{pixels.data(), kPatternSide, kPatternSide});
    EXPECT_TRUE(
        (*writer)
            ->Append(
                {.path = Cat("picture", i), .label = labelled ? pattern : -1, .size = {kPatternSide, kPatternSide}},
                pixels.data())
            .ok());
  }
  EXPECT_TRUE((*writer)->Commit(Names(), {}, sums.Statistics()).ok());
  return ImageFile::Open(path).value();
}

void WritePatternFolders(const std::string& folder, uint64_t count, uint64_t key, int32_t patterns) {
  for (uint64_t i = 0; i < count; ++i) {
    const auto pattern = static_cast<int32_t>(i % patterns);
    const std::string class_folder = Cat(folder, "/", Names()[pattern]);
    const std::vector<uint8_t> pixels = PatternPicture(pattern, StreamKey(key, i));
    ASSERT_TRUE(MakeDirectories(class_folder).ok());
    ASSERT_TRUE(WritePng(Cat(class_folder, "/", i, ".png"), {pixels.data(), kPatternSide, kPatternSide}).ok());
  }
}

std::unique_ptr<ImageFile> WritePatternFiles(const std::string& folder, uint64_t count, uint64_t key, uint64_t broken) {
  WritePatternFolders(folder, count, key);
  job::Images set;
  set.add_path(folder);
  set.set_decode_limit_bytes(0);
  auto images = ImageFile::Open(PrepareImages(set, folder + ".cache", {}).value().path).value();
  for (uint64_t i = 0; i < broken; ++i) {
    EXPECT_TRUE(WriteFileAtomically(std::string(images->picture_path(i)), "no picture").ok());
  }
  return images;
}

}  // namespace shoal
