#include "data/images/decode.h"

#include <sys/resource.h>

#include <cmath>

#include "common/text.h"
#include "data/images/codec.h"
#include "gmock/gmock.h"
#include "tests/unit/data/images/made_pictures.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DecodeTest : public ::testing::Test {
 protected:
  ImageView Decode(std::string_view file, const DecodeOptions& options = {}) {
    const auto view = DecodePicture(file, options, &buffer_);
    EXPECT_TRUE(view.ok()) << view.status();
    const auto size = ReadPictureSize(file, options);
    EXPECT_TRUE(size.ok()) << size.status();
    EXPECT_EQ(*size, (PictureSize{view->width, view->height}));
    return view.value_or(ImageView{});
  }
  std::string Error(std::string_view file, const DecodeOptions& options = {}) {
    const auto view = DecodePicture(file, options, &buffer_);
    EXPECT_FALSE(view.ok());
    return std::string(ToStd(view.status().message()));
  }
  static std::vector<int> Pixel(const ImageView& view, int x, int y) {
    const uint8_t* pixel = view.pixels + 3 * (size_t{1} * y * view.width + x);
    return {pixel[0], pixel[1], pixel[2]};
  }
  static void ExpectPixels(const ImageView& view, const MadePicture& expected, int tolerance) {
    ASSERT_EQ(view.width, expected.width);
    ASSERT_EQ(view.height, expected.height);
    int worst = 0;
    for (size_t i = 0; i < view.bytes(); ++i) {
      worst = std::max(worst, std::abs(int{view.pixels[i]} - int{expected.samples[i]}));
    }
    EXPECT_LE(worst, tolerance);
  }
  static void ExpectPlain(const ImageView& view, int red, int green, int blue, int tolerance = 2) {
    for (const int at : {0, view.height - 1}) {
      const std::vector<int> pixel = Pixel(view, at % view.width, at);
      EXPECT_NEAR(pixel[0], red, tolerance);
      EXPECT_NEAR(pixel[1], green, tolerance);
      EXPECT_NEAR(pixel[2], blue, tolerance);
    }
  }

  ImageBuffer buffer_;
};

TEST_F(DecodeTest, AJpegComesAsItWas) {
  const MadePicture picture = Gradient(37, 23);
  ExpectPixels(Decode(JpegFile(picture)), picture, 8);
  ExpectPixels(Decode(JpegFile(picture, {.colours = "RGB"})), picture, 8);
}

TEST_F(DecodeTest, AProgressiveJpegComesAsItWas) {
  const MadePicture picture = Gradient(37, 23);
  ExpectPixels(Decode(JpegFile(picture, {.progressive = true})), picture, 8);
}

TEST_F(DecodeTest, GreyIsSpreadOverTheChannels) {
  ExpectPlain(Decode(JpegFile(Plain(9, 9, {77}), {.colours = "GREY"})), 77, 77, 77);
  ExpectPlain(Decode(PngFile(Plain(9, 9, {77}))), 77, 77, 77, 0);
}

TEST_F(DecodeTest, CmykThatAdobeInvertedIsTurnedBack) {
  // Inverted: 255 is no ink.
  ExpectPlain(Decode(JpegFile(Plain(16, 16, {255, 128, 0, 255}), {.colours = "CMYK"})), 255, 128, 0);
  ExpectPlain(Decode(JpegFile(Plain(16, 16, {255, 255, 255, 51}), {.colours = "CMYK"})), 51, 51, 51);
}

TEST_F(DecodeTest, CmykWithoutAdobesMarkerIsInk) {
  const JpegOptions plain{.colours = "CMYK", .adobe_marker = false};
  ExpectPlain(Decode(JpegFile(Plain(16, 16, {0, 127, 255, 0}), plain)), 255, 128, 0);
  ExpectPlain(Decode(JpegFile(Plain(16, 16, {0, 0, 0, 204}), plain)), 51, 51, 51);
}

TEST_F(DecodeTest, YcckIsReadAsCmyk) {
  ExpectPlain(Decode(JpegFile(Plain(16, 16, {200, 100, 50, 255}), {.colours = "YCCK"})), 200, 100, 50, 3);
}

TEST_F(DecodeTest, APngComesExactlyAsItWas) {
  const MadePicture picture = Gradient(37, 23);
  ExpectPixels(Decode(PngFile(picture)), picture, 0);
  ExpectPixels(Decode(PngFile(picture, {.interlaced = true})), picture, 0);
  ExpectPixels(Decode(PngFile(picture, {.sixteen_bit = true})), picture, 0);
  ExpectPixels(Decode(PngFile(picture, {.interlaced = true, .sixteen_bit = true})), picture, 0);
}

TEST_F(DecodeTest, TransparentPixelsAreBlendedOverWhite) {
  ExpectPlain(Decode(PngFile(Plain(5, 5, {10, 20, 30, 0}))), 255, 255, 255, 0);
  ExpectPlain(Decode(PngFile(Plain(5, 5, {10, 20, 30, 255}))), 10, 20, 30, 0);
  ExpectPlain(Decode(PngFile(Plain(5, 5, {0, 100, 200, 51}))), 204, 224, 244, 0);
  ExpectPlain(Decode(PngFile(Plain(5, 5, {0, 51}))), 204, 204, 204, 0);
  ExpectPlain(Decode(PngFile(Plain(5, 5, {0, 51}), {.interlaced = true})), 204, 204, 204, 0);
}

TEST_F(DecodeTest, PalettesAreLookedUp) {
  const std::vector<uint8_t> colours = {1, 2, 3, 200, 100, 50};
  ExpectPlain(Decode(PngFile(Plain(5, 5, {1}), {.palette = colours})), 200, 100, 50, 0);
  ExpectPlain(Decode(PngFile(Plain(5, 5, {1}), {.palette = colours, .palette_alpha = {255, 0}})), 255, 255, 255, 0);
}

TEST_F(DecodeTest, AJpegIsDecodedSmallerWhereThatIsEnough) {
  const MadePicture picture = Gradient(160, 240);
  const std::string file = JpegFile(picture);
  const auto decode = [&](uint32_t least_side) { return DecodeJpeg(file, 1000000, least_side, &buffer_).value(); };
  const auto side = [&](uint32_t least_side) { return decode(least_side).width; };
  EXPECT_EQ(side(0), 160);
  EXPECT_EQ(side(1), 20);
  EXPECT_EQ(side(20), 20);
  EXPECT_EQ(side(21), 40);
  EXPECT_EQ(side(80), 80);
  EXPECT_EQ(side(81), 160);
  EXPECT_EQ(side(1000), 160);
  const StoredPicture stored = decode(80);
  const ImageView half{stored.pixels, stored.width, stored.height};
  EXPECT_EQ(half.height, 120);
  for (int y = 0; y < half.height; y += 7) EXPECT_NEAR(Pixel(half, 40, y)[1], picture.at(80, 2 * y)[1], 6);
}

TEST_F(DecodeTest, ShrinkingGivesTheShorterSideItIsAskedFor) {
  for (const auto& file : {JpegFile(Gradient(150, 331)), PngFile(Gradient(150, 331))}) {
    const ImageView view = Decode(file, {.shrink_to = 64});
    EXPECT_EQ(view.width, 64);
    EXPECT_EQ(view.height, 141);  // 331 * 64 / 150 = 141.2
    EXPECT_NEAR(Pixel(view, 32, 70)[0], 40 + 80, 6);
  }
  const ImageView small = Decode(JpegFile(Gradient(50, 90)), {.shrink_to = 64});
  EXPECT_EQ(small.width, 50);
  EXPECT_EQ(small.height, 90);
}

// The picture whose stored form, turned by `orientation`, shows dark top left, red top right, green bottom left.
MadePicture StoredFor(int orientation) {
  const int width = 48, height = 32;
  const bool swapped = orientation >= 5;
  MadePicture stored{swapped ? height : width, swapped ? width : height, 3, {}};
  for (int y = 0; y < stored.height; ++y) {
    for (int x = 0; x < stored.width; ++x) {
      // By the definition of the tag: the place of the 0th row and the 0th column.
      const int right = stored.width - 1 - x, down = stored.height - 1 - y;
      const int places[8][2] = {{x, y}, {right, y}, {right, down}, {x, down},
                                {y, x}, {down, x},  {down, right}, {y, right}};
      const bool is_right = places[orientation - 1][0] >= width / 2, is_low = places[orientation - 1][1] >= height / 2;
      for (const int sample : {is_right ? 220 : 20, is_low ? 220 : 20, 20}) {
        stored.samples.push_back(static_cast<uint8_t>(sample));
      }
    }
  }
  return stored;
}

class OrientationTest : public DecodeTest, public ::testing::WithParamInterface<int> {
 protected:
  static void ExpectUpright(const ImageView& view) {
    ASSERT_EQ(view.width, 48);
    ASSERT_EQ(view.height, 32);
    const auto near = [&](int x, int y, int red, int green) {
      EXPECT_NEAR(Pixel(view, x, y)[0], red, 12) << x << " " << y;
      EXPECT_NEAR(Pixel(view, x, y)[1], green, 12) << x << " " << y;
    };
    near(3, 3, 20, 20);
    near(44, 3, 220, 20);
    near(3, 28, 20, 220);
    near(44, 28, 220, 220);
  }
};

TEST_P(OrientationTest, PicturesStandUpright) {
  const MadePicture stored = StoredFor(GetParam());
  ExpectUpright(Decode(JpegFile(stored, {.orientation = GetParam()})));
  ExpectUpright(Decode(JpegFile(stored, {.orientation = GetParam(), .big_endian = true})));
  ExpectUpright(Decode(PngFile(stored, {.orientation = GetParam()})));
}

INSTANTIATE_TEST_SUITE_P(AllEight, OrientationTest, ::testing::Range(1, 9));

TEST_F(DecodeTest, AnOrientationThatDoesNotExistIsNone) {
  const MadePicture picture = Gradient(40, 20);
  ExpectPixels(Decode(JpegFile(picture, {.orientation = 9})), picture, 8);
  ExpectPixels(Decode(JpegFile(picture, {.orientation = 300})), picture, 8);
}

TEST_F(DecodeTest, ATurnedPictureIsShrunkByItsUprightSides) {
  const ImageView view = Decode(JpegFile(StoredFor(6), {.orientation = 6}), {.shrink_to = 16});
  EXPECT_EQ(view.width, 24);
  EXPECT_EQ(view.height, 16);
}

TEST_F(DecodeTest, AFileCutShortAnywhereIsBroken) {
  for (const std::string& file :
       {JpegFile(Gradient(40, 30)), JpegFile(Gradient(40, 30), {.progressive = true}), PngFile(Gradient(40, 30)),
        PngFile(Gradient(40, 30), {.interlaced = true}), JpegFile(Plain(16, 16, {9, 9, 9, 9}), {.colours = "CMYK"})}) {
    for (size_t length = 0; length < file.size(); ++length) {
      // Bytes of its own, so that a read past the end is one past the memory's end.
      const std::vector<char> cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(length));
      const auto view = DecodePicture({cut.data(), cut.size()}, {}, &buffer_);
      ASSERT_FALSE(view.ok()) << length << " of " << file.size();
      ASSERT_EQ(view.status().code(), absl::StatusCode::kDataLoss) << view.status();
    }
  }
}

TEST_F(DecodeTest, ChangedBytesNeverDoMoreThanBreakThePicture) {
  uint64_t broken = 0;
  for (const std::string& file : {JpegFile(Gradient(40, 30)), PngFile(Gradient(40, 30))}) {
    for (size_t at = 0; at < file.size(); ++at) {
      std::string changed = file;
      changed[at] = static_cast<char>(changed[at] ^ 0x55);
      broken += DecodePicture(changed, {.max_pixels = 100000}, &buffer_).ok() ? 0 : 1;
    }
  }
  EXPECT_GT(broken, 100u);
}

TEST_F(DecodeTest, ALargePictureIsRefusedBeforeItIsDecoded) {
  const std::string png = PngHeader(100000, 100000);
  EXPECT_THAT(Error(png), HasSubstr("100000 x 100000 pixels, more than data.images.max_pixels = 100000000"));
  EXPECT_EQ(ReadPictureSize(png, {}).status().code(), absl::StatusCode::kResourceExhausted);
  const std::string jpeg = JpegFile(Gradient(40, 30));
  EXPECT_THAT(Error(jpeg, {.max_pixels = 1199}), HasSubstr("40 x 30 pixels, more than data.images.max_pixels = 1199"));
  EXPECT_TRUE(DecodePicture(jpeg, {.max_pixels = 1200}, &buffer_).ok());
}

TEST_F(DecodeTest, WhatIsNotReadIsCalledByItsName) {
  EXPECT_THAT(Error(""), HasSubstr("it is empty"));
  EXPECT_THAT(Error("hello, I am a text called .jpg"), HasSubstr("neither JPEG nor PNG"));
  EXPECT_THAT(Error("GIF89a..."), HasSubstr("a GIF"));
  EXPECT_THAT(Error("RIFF....WEBPVP8 "), HasSubstr("a WebP picture"));
}

TEST_F(DecodeTest, PaddingBeforeTheEndBreaksNothing) {
  std::string file = JpegFile(Gradient(40, 30));
  file.insert(file.size() - 2, 100, '\0');
  ExpectPixels(Decode(file), Gradient(40, 30), 8);
  ExpectPixels(Decode(file + "trailing"), Gradient(40, 30), 8);
}

TEST_F(DecodeTest, AHeaderBehindALongProfileIsFound) {
  const std::string file = JpegFile(Gradient(40, 30), {.profile_bytes = 200000});
  EXPECT_FALSE(ReadPictureSize(std::string_view(file).substr(0, 65536), {}).ok());
  ExpectPixels(Decode(file), Gradient(40, 30), 8);
}

TEST_F(DecodeTest, ABufferTakesPicturesOfAnySizeOneAfterTheOther) {
  for (const int side : {10, 200, 1, 64})
    ExpectPixels(Decode(PngFile(Gradient(side, 2 * side))), Gradient(side, 2 * side), 0);
}

TEST_F(DecodeTest, AJpegOfMoreScansThanAnyProgramWritesIsRefused) {
  const MadePicture picture = Plain(16, 16, {77});
  ExpectPlain(Decode(JpegFile(picture, {.colours = "GREY", .grey_scans = 250})), 77, 77, 77);
  EXPECT_THAT(Error(JpegFile(picture, {.colours = "GREY", .grey_scans = 300})),
              HasSubstr("more scans than any program writes"));
}

// Each text would be 7 MiB, which is below what libpng is allowed for a chunk.
TEST_F(DecodeTest, TextsBesideThePixelsAreNotUnpacked) {
  const auto peak_kilobytes = [] {
    rusage usage;
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const std::string text = Deflated(std::string(size_t{7} << 20, 'a'));
  std::string chunks;
  for (int i = 0; i < 16; ++i) {
    chunks += PngChunk("zTXt", Cat("key", std::string_view("\0\0", 2), text));
    chunks += PngChunk("iTXt", Cat("key", std::string_view("\0\1\0\0\0", 5), text));
  }
  std::string file = PngFile(Gradient(8, 8), {.orientation = 6});
  file.insert(kPngHeaderBytes, chunks);
  const auto before = peak_kilobytes();
  const ImageView view = Decode(file);
  EXPECT_LT(peak_kilobytes() - before, 50000);
  // The one chunk that is looked at.
  EXPECT_EQ(Pixel(view, 7, 0), Pixel(Decode(PngFile(Gradient(8, 8))), 0, 0));
}

}  // namespace
}  // namespace shoal
