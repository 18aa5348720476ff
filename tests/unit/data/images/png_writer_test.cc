#include "data/images/png_writer.h"

#include <filesystem>

#include "common/files.h"
#include "common/text.h"
#include "data/images/decode.h"
#include "gmock/gmock.h"
#include "tests/unit/data/images/made_pictures.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

TEST(PngWriterTest, WhatIsWrittenIsDecodedToTheSamePixels) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("picture.png");
  const MadePicture picture = Gradient(37, 21);
  ASSERT_TRUE(WritePng(path, picture.view()).ok());
  const auto file = ReadFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  ImageBuffer buffer;
  const auto decoded = DecodePicture(*file, {}, &buffer);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->width, 37);
  EXPECT_EQ(decoded->height, 21);
  EXPECT_THAT(std::vector<uint8_t>(decoded->pixels, decoded->pixels + decoded->bytes()),
              ElementsAreArray(picture.samples));
}

TEST(PngWriterTest, APictureWithoutPixelsIsRefusedWithTheFilesName) {
  const TemporaryFolder folder;
  const absl::Status status = WritePng(folder.Path("none.png"), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(ToStd(status.message())), HasSubstr("none.png: the picture has no pixels"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace shoal
