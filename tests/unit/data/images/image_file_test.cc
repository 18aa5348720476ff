#include "data/images/image_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "common/files.h"
#include "data/images/image_file_format.h"
#include "data/images/image_file_writer.h"
#include "gmock/gmock.h"
#include "tests/unit/data/images/made_pictures.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Section = ImageFileSection;

class ImageFileTest : public ::testing::Test {
 protected:
  // Pictures of 1 x 2, 2 x 3, 3 x 4 ... with the labels 0, 1, -1, 0, 1, -1 ...
  void WriteDecoded(int pictures) {
    auto writer = ImageFileWriter::Create(path_, "key of the test\n", {.decoded = true});
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (int i = 0; i < pictures; ++i) {
      const MadePicture picture = Gradient(i + 1, i + 2);
      ASSERT_TRUE((*writer)
                      ->Append({.path = Cat("p", i), .label = i % 3 == 2 ? -1 : i % 3, .size = {i + 1, i + 2}},
                               picture.samples.data())
                      .ok());
    }
    ASSERT_TRUE((*writer)->Commit({"cat", "dog"}, {.files = 17}, {{.1, .2, .3}, {.4, .5, .6}}).ok());
  }
  // An index of one picture at `picture`, of `size`.
  void WriteIndex(const std::string& picture, PictureSize size, uint32_t shrink_to = 0) {
    auto writer = ImageFileWriter::Create(
        path_, "", {.decoded = false, .shrink_to = shrink_to, .max_pixels = 100000, .max_file_bytes = 100000});
    const uint64_t bytes = ReadFile(picture).value_or("").size();
    ASSERT_TRUE((*writer)->Append({.path = picture, .size = size, .file_bytes = bytes}, nullptr).ok());
    ASSERT_TRUE((*writer)->Commit({}, {}, {}).ok());
  }
  std::unique_ptr<ImageFile> Open() {
    auto file = ImageFile::Open(path_);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  std::string OpenError() {
    const auto file = ImageFile::Open(path_);
    EXPECT_EQ(file.status().code(), absl::StatusCode::kDataLoss);
    return std::string(ToStd(file.status().message()));
  }
  std::string ReadError(const ImageFile& file) {
    const auto view = file.Read(0, &buffer_);
    EXPECT_FALSE(view.ok());
    return std::string(ToStd(view.status().message()));
  }
  ImageFileHeader Header() {
    ImageFileHeader header;
    std::memcpy(&header, ReadFile(path_).value().data(), sizeof(header));
    return header;
  }
  void Overwrite(uint64_t offset, std::string_view bytes) {
    std::string all = ReadFile(path_).value();
    all.replace(offset, bytes.size(), bytes);
    ASSERT_TRUE(WriteFileAtomically(path_, all).ok());
  }
  void FlipByteOf(Section section, uint64_t offset) {
    const uint64_t at = Header().at(section).offset + offset;
    const char flipped = static_cast<char>(~ReadFile(path_).value()[at]);
    Overwrite(at, {&flipped, 1});
  }
  // Changes bytes of a section and makes all checksums fit.
  void Forge(Section section, uint64_t offset, std::string_view bytes) {
    ImageFileHeader header = Header();
    Overwrite(header.at(section).offset + offset, bytes);
    const std::string all = ReadFile(path_).value();
    header.at(section).crc32c =
        Crc32c(std::string_view(all).substr(header.at(section).offset, header.at(section).bytes));
    SealHeader(kImageFileKind, all.size(), &header);
    Overwrite(0, {reinterpret_cast<const char*>(&header), sizeof(header)});
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.Path("x.images");
  ImageBuffer buffer_;
};

TEST_F(ImageFileTest, WhatIsWrittenIsReadBack) {
  WriteDecoded(5);
  const auto file = Open();
  EXPECT_EQ(file->size(), 5);
  EXPECT_TRUE(file->decoded());
  EXPECT_EQ(file->classes(), 2);
  EXPECT_EQ(file->class_name(1), "dog");
  EXPECT_THAT(file->labels(), ElementsAre(0, 1, -1, 0, 1));
  EXPECT_EQ(file->key(), "key of the test\n");
  EXPECT_EQ(file->picture_path(3), "p3");
  EXPECT_EQ(file->image_counts().files, 17);
  EXPECT_EQ(file->image_counts().unlabelled, 1);
  EXPECT_EQ(file->statistics().deviation[2], .6);
  for (int i = 0; i < 5; ++i) {
    const auto view = file->Read(i, &buffer_);
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(view->width, i + 1);
    EXPECT_EQ(view->height, i + 2);
    EXPECT_EQ(std::memcmp(view->pixels, Gradient(i + 1, i + 2).samples.data(), view->bytes()), 0);
  }
  EXPECT_TRUE(file->VerifyPixels(0, 5).ok());
  EXPECT_EQ(file->Describe(), "5 pictures of 1 x 2 to 5 x 6 in 2 classes");
}

TEST_F(ImageFileTest, DecodedPicturesAreReadWithoutACopy) {
  WriteDecoded(2);
  const auto file = Open();
  ImageBuffer other;
  EXPECT_EQ(file->Read(1, &buffer_)->pixels, file->Read(1, &other)->pixels);
}

TEST_F(ImageFileTest, UnitsCoverThePicturesEvenly) {
  WriteDecoded(103);
  const auto file = Open();
  for (const uint64_t work : {1, 10, 33, 103, 1000}) {
    uint64_t next = 0, least = 1000, most = 0;
    for (const Unit& unit : file->Units(work)) {
      EXPECT_EQ(unit.begin, next);
      EXPECT_EQ(unit.work, unit.end - unit.begin);
      next = unit.end;
      least = std::min(least, unit.work);
      most = std::max(most, unit.work);
    }
    EXPECT_EQ(next, 103u);
    EXPECT_LE(most - least, 1u) << work;
  }
  EXPECT_EQ(file->Units(10).size(), 10u);
  EXPECT_EQ(file->total_work(), 103u);
}

TEST_F(ImageFileTest, EveryDamageIsFoundAndNamed) {
  WriteDecoded(4);
  EXPECT_TRUE(Open()->VerifyPixels(0, 4).ok());
  const std::string good = ReadFile(path_).value();
  for (size_t i = 0; i < kImageFileSections; ++i) {
    const auto section = static_cast<Section>(i);
    if (section == Section::kPixels || section == Section::kFileBytes) continue;
    FlipByteOf(section, 1);
    EXPECT_THAT(OpenError(), HasSubstr(Cat("x.images: section ", kImageFileSectionNames[i], ": checksum ")));
    ASSERT_TRUE(WriteFileAtomically(path_, good).ok());
  }
  FlipByteOf(Section::kPixels, 50);
  EXPECT_THAT(std::string(Open()->VerifyPixels(0, 4).message()), HasSubstr("section pixels: block 0 of 1: checksum"));
}

TEST_F(ImageFileTest, AFileCutShortAnywhereIsNoticed) {
  WriteDecoded(3);
  const std::string good = ReadFile(path_).value();
  for (size_t length = 0; length < good.size(); length += 97) {
    ASSERT_TRUE(WriteFileAtomically(path_, good.substr(0, length)).ok());
    EXPECT_THAT(OpenError(), HasSubstr("x.images: "));
  }
}

TEST_F(ImageFileTest, OtherFilesAndVersionsAreTold) {
  WriteDecoded(1);
  Overwrite(0, "shoaltok");
  EXPECT_THAT(OpenError(), HasSubstr("not an image file"));
  Overwrite(0, std::string_view("shoalimg\x07", 9));
  EXPECT_THAT(OpenError(), HasSubstr("version 7, this build reads version 1; delete it"));
}

TEST_F(ImageFileTest, AForgedFileOpensNoWayOutOfIt) {
  WriteDecoded(3);
  const std::string good = ReadFile(path_).value();
  const auto error = [&](Section section, uint64_t offset, std::string_view bytes) {
    EXPECT_TRUE(WriteFileAtomically(path_, good).ok());
    Forge(section, offset, bytes);
    return OpenError();
  };
  EXPECT_THAT(error(Section::kSizes, 0, std::string_view("\0\0\0\0", 4)), HasSubstr("picture 0 is 0 x 2"));
  EXPECT_THAT(error(Section::kSizes, 3, "\xff"), HasSubstr("section sizes: picture 0"));
  EXPECT_THAT(error(Section::kSizes, 3, "\x7f"), HasSubstr("not what the sizes of the pictures add up to"));
  EXPECT_THAT(error(Section::kSizes, 4, "\x01"), HasSubstr("not what the sizes of the pictures add up to"));
  EXPECT_THAT(error(Section::kLabels, 0, "\x02"), HasSubstr("picture 0 has the label 2 of 2 classes"));
  EXPECT_THAT(error(Section::kLabels, 3, "\x80"), HasSubstr("section labels"));
  EXPECT_THAT(error(Section::kPathEnds, 0, "\xff"), HasSubstr("section path ends"));
  EXPECT_THAT(error(Section::kClassEnds, 8, std::string_view("\0", 1)), HasSubstr("section class ends"));
}

// An image file of large black pictures, almost all of whose bytes are a hole that no disk holds.
class SparseImageFile {
 public:
  SparseImageFile(const std::string& path, uint64_t pictures, StoredSize size) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    header_.pictures = pictures;
    header_.decoded = 1;
    const uint64_t pixel_bytes = pictures * 3 * size.width * size.height;
    header_.at(Section::kPixels) = {end_, pixel_bytes, 0, 0};
    end_ += pixel_bytes;
    Put(Section::kKey, "");
    Put(Section::kBlocks, std::string(ChecksumBlocks(pixel_bytes) * sizeof(uint32_t), '\0'));
    Put(Section::kSizes, BytesOf(std::vector<StoredSize>(pictures, size)));
    Put(Section::kLabels, BytesOf(std::vector<int32_t>(pictures, -1)));
    Put(Section::kPathEnds, BytesOf(std::vector<uint64_t>(pictures, 0)));
    for (const Section section :
         {Section::kPathLetters, Section::kFileBytes, Section::kClassEnds, Section::kClassLetters}) {
      Put(section, "");
    }
    SealHeader(kImageFileKind, end_, &header_);
    Write(0, {reinterpret_cast<const char*>(&header_), sizeof(header_)});
  }
  ~SparseImageFile() { ::close(fd_); }

  // Picture `index`'s last byte.
  void SetLastByte(uint64_t index, char value) {
    const uint64_t bytes = header_.at(Section::kPixels).bytes / header_.pictures;
    Write(header_.at(Section::kPixels).offset + (index + 1) * bytes - 1, {&value, 1});
  }

 private:
  void Write(uint64_t offset, std::string_view bytes) {
    ASSERT_EQ(::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)), bytes.size());
  }
  void Put(Section section, std::string_view bytes) {
    end_ = (end_ + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
    header_.at(section) = {end_, bytes.size(), Crc32c(bytes), 0};
    Write(end_, bytes);
    end_ += bytes.size();
    ASSERT_EQ(::ftruncate(fd_, static_cast<off_t>(end_)), 0);
  }

  int fd_ = -1;
  uint64_t end_ = kSectionFileHeaderBytes;
  ImageFileHeader header_ = {};
};

TEST_F(ImageFileTest, PixelsPastTwoToThe32BytesAreReached) {
  SparseImageFile file(path_, /*pictures=*/3, {30000, 25000});
  file.SetLastByte(0, 10);
  file.SetLastByte(2, 30);
  const auto opened = Open();
  ASSERT_NE(opened, nullptr);
  for (const auto& [index, value] : {std::pair{0, 10}, {1, 0}, {2, 30}}) {
    const auto view = opened->Read(index, &buffer_);
    ASSERT_TRUE(view.ok());
    EXPECT_EQ(view->bytes(), 2250000000u);
    EXPECT_EQ(view->pixels[view->bytes() - 1], value);
  }
}

TEST_F(ImageFileTest, FingerprintsAreOfWhatTrainingSees) {
  WriteDecoded(3);
  const uint64_t fingerprint = Open()->fingerprint();
  WriteDecoded(3);
  EXPECT_EQ(Open()->fingerprint(), fingerprint);
  WriteDecoded(4);
  EXPECT_NE(Open()->fingerprint(), fingerprint);
}

TEST_F(ImageFileTest, APictureThatIsNotInTheFileIsDecodedFromItsOwn) {
  const MadePicture picture = Gradient(64, 48);
  const std::string path = folder_.Write("a.png", PngFile(picture));
  WriteIndex(path, {64, 48});
  const auto file = Open();
  EXPECT_FALSE(file->decoded());
  EXPECT_EQ(file->width(0), 64);
  const auto view = file->Read(0, &buffer_);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(std::memcmp(view->pixels, picture.samples.data(), view->bytes()), 0);
  EXPECT_EQ(file->Describe(), "1 pictures of 64 x 48, unlabelled");
}

TEST_F(ImageFileTest, PicturesAreShrunkAsThePreparationWould) {
  WriteIndex(folder_.Write("a.jpg", JpegFile(Gradient(64, 48))), {32, 24}, /*shrink_to=*/24);
  const auto view = Open()->Read(0, &buffer_);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->width, 32);
  EXPECT_EQ(view->height, 24);
}

TEST_F(ImageFileTest, APictureThatChangedSinceIsToldByItsName) {
  const std::string path = folder_.Write("a.png", PngFile(Gradient(64, 48)));
  WriteIndex(path, {64, 48});
  const auto file = Open();
  folder_.Write("a.png", PngFile(Plain(64, 48, {1, 2, 3})));
  EXPECT_THAT(ReadError(*file), HasSubstr(Cat(path, ": ")));
  EXPECT_THAT(ReadError(*file), HasSubstr("when the set was prepared; start the job again"));
  std::filesystem::remove(path);
  EXPECT_THAT(ReadError(*file), HasSubstr(Cat(path, ": cannot open it: No such file")));
  WriteIndex(folder_.Write("b.png", PngFile(Gradient(9, 9))), {64, 48});
  EXPECT_THAT(ReadError(*Open()), HasSubstr("9 x 9 pixels, 64 x 48 when the set was prepared"));
  WriteIndex(folder_.Write("c.png", PngFile(Gradient(400, 300))), {400, 300});
  EXPECT_THAT(ReadError(*Open()), HasSubstr("more than data.images.max_pixels = 100000"));
}

}  // namespace
}  // namespace shoal
