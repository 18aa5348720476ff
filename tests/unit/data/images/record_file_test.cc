#include "data/images/record_file.h"

#include "common/text.h"
#include "data/images/cifar.h"
#include "data/images/idx.h"
#include "gmock/gmock.h"
#include "tests/unit/data/images/made_pictures.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RecordFileTest : public ::testing::Test {
 protected:
  using Opened = absl::StatusOr<std::unique_ptr<RecordFile>>;

  // All labels of a file; its last picture is left in picture_.
  std::vector<int> Labels(const Opened& file) {
    EXPECT_TRUE(file.ok()) << file.status();
    std::vector<int> labels;
    while (true) {
      const auto record = (*file)->Next(&buffer_);
      EXPECT_TRUE(record.ok()) << record.status();
      if (!record.ok() || !record->has_value()) return labels;
      labels.push_back((*record)->label);
      picture_ = (*record)->picture;
    }
  }
  std::string Error(const Opened& file) {
    absl::Status status = file.status();
    while (status.ok()) {
      const auto record = (*file)->Next(&buffer_);
      status = record.status();
      if (record.ok() && !record->has_value()) break;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(ToStd(status.message()));
  }
  std::vector<int> Pixel(int index) const {
    const uint8_t* pixel = picture_.pixels + 3 * index;
    return {pixel[0], pixel[1], pixel[2]};
  }

  const TemporaryFolder folder_;
  ImageBuffer buffer_;
  ImageView picture_;
};

TEST_F(RecordFileTest, Cifar10PlanesBecomePixels) {
  const std::string path = folder_.Write("data_batch_1.bin", CifarRecord(6, 1, 2, 3) + CifarRecord(9, 59, 62, 63));
  EXPECT_THAT(Labels(OpenCifarFile(path)), ElementsAre(6, 9));
  EXPECT_EQ(picture_.width, 32);
  EXPECT_EQ(picture_.height, 32);
  EXPECT_THAT(Pixel(0), ElementsAre(59, 62, 63));
  EXPECT_THAT(Pixel(100), ElementsAre(159, 162, 163));
}

TEST_F(RecordFileTest, OfCifar100TheFineLabelIsTaken) {
  const std::string path = folder_.Write("train.bin", CifarRecord(99, 1, 2, 3, /*coarse=*/19));
  EXPECT_THAT(Labels(OpenCifarFile(path)), ElementsAre(99));
  EXPECT_THAT(Pixel(0), ElementsAre(1, 2, 3));
}

TEST_F(RecordFileTest, ACifarFileUnderAnotherNameIsToldByItsSize) {
  EXPECT_THAT(Labels(OpenCifarFile(folder_.Write("a.bin", CifarRecord(9, 1, 2, 3)))), ElementsAre(9));
  EXPECT_THAT(Labels(OpenCifarFile(folder_.Write("b.bin", CifarRecord(99, 1, 2, 3, 1)))), ElementsAre(99));
  EXPECT_TRUE(MayBeCifarFile("x.bin", 2 * 3073));
  EXPECT_TRUE(MayBeCifarFile("x.bin", 3074));
  EXPECT_FALSE(MayBeCifarFile("x.bin", 3075));
  EXPECT_FALSE(MayBeCifarFile("x.bin", 0));
  EXPECT_FALSE(MayBeCifarFile("x.txt", 3073));
}

TEST_F(RecordFileTest, DamagedCifarFilesAreToldByTheirNames) {
  const std::string record = CifarRecord(1, 1, 2, 3);
  EXPECT_THAT(Error(OpenCifarFile(folder_.Write("data_batch_2.bin", record + "x"))),
              HasSubstr("data_batch_2.bin: 3074 bytes are not a number of CIFAR-10 records of 3073 bytes"));
  EXPECT_THAT(Error(OpenCifarFile(folder_.Write("data_batch_3.bin", record + CifarRecord(10, 1, 2, 3)))),
              HasSubstr("data_batch_3.bin: record 1 has the label 10, not below 10"));
  EXPECT_THAT(Error(OpenCifarFile(folder_.Write("test.bin", CifarRecord(100, 1, 2, 3, 1)))),
              HasSubstr("not below 100"));
}

TEST_F(RecordFileTest, CifarsClassesHaveTheNamesBesideThem) {
  const std::string path = folder_.Write("test_batch.bin", CifarRecord(1, 1, 2, 3));
  EXPECT_THAT(CifarClassNames(path), IsEmpty());
  folder_.Write("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
  EXPECT_THAT(CifarClassNames(path), ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
  folder_.Write("batches.meta.txt", "a\nb\n");
  EXPECT_THAT(CifarClassNames(path), IsEmpty());
}

TEST_F(RecordFileTest, IdxPicturesComeWithTheirLabels) {
  for (const bool packed : {false, true}) {
    const std::string suffix = packed ? ".gz" : "";
    const auto bytes = [&](const std::string& plain) { return packed ? Gzip(plain) : plain; };
    const std::string images = folder_.Write("train-images-idx3-ubyte" + suffix, bytes(IdxImages(3, 2, 5)));
    const std::string labels = folder_.Write("train-labels-idx1-ubyte" + suffix, bytes(IdxLabels({7, 0, 9})));
    if (packed) std::filesystem::remove(folder_.Path("train-labels-idx1-ubyte"));
    EXPECT_EQ(IdxLabelsPath(images), labels);
    EXPECT_THAT(Labels(OpenIdxFile(images, labels, 1000)), ElementsAre(7, 0, 9));
    EXPECT_EQ(picture_.width, 5);
    EXPECT_EQ(picture_.height, 2);
    EXPECT_THAT(Pixel(9), ElementsAre(11, 11, 11));
  }
}

TEST_F(RecordFileTest, IdxPicturesWithoutAFileOfLabelsHaveNone) {
  const std::string images = folder_.Write("t10k-images.idx3-ubyte", IdxImages(2, 4, 4));
  EXPECT_EQ(IdxLabelsPath(images), "");
  EXPECT_THAT(Labels(OpenIdxFile(images, "", 1000)), ElementsAre(-1, -1));
}

TEST_F(RecordFileTest, DamagedIdxFilesAreToldByTheirNames) {
  const std::string good = IdxImages(2, 4, 4);
  EXPECT_THAT(Error(OpenIdxFile(folder_.Write("cut", good.substr(0, 40)), "", 1000)),
              HasSubstr("cut: record 1 of 2 ends early"));
  EXPECT_THAT(Error(OpenIdxFile(folder_.Write("long", good + "x"), "", 1000)),
              HasSubstr("long: it goes on after the 2 records"));
  EXPECT_THAT(Error(OpenIdxFile(folder_.Write("other", IdxLabels({1, 2, 3, 4, 5, 6, 7, 8})), "", 1000)),
              HasSubstr("other: it begins with 00000801, expected 00000803"));
  EXPECT_THAT(Error(OpenIdxFile(folder_.Write("short", "abc"), "", 1000)), HasSubstr("fewer than an IDX header's 16"));
  const std::string images = folder_.Write("images", good);
  EXPECT_THAT(Error(OpenIdxFile(images, folder_.Write("labels", IdxLabels({1, 2, 3})), 1000)),
              HasSubstr("3 labels for the 2 pictures"));
}

TEST_F(RecordFileTest, AnIdxHeaderOfTooLargePicturesIsRefused) {
  std::string header = IdxImages(0, 100000, 100000);
  header[7] = 1;
  const auto file = OpenIdxFile(folder_.Write("huge", header), "", 1000);
  EXPECT_EQ(file.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("100000 x 100000 pixels"));
}

TEST_F(RecordFileTest, FilesOfASplitAreChosenByTheirNames) {
  const std::vector<std::string> cifar = {"batches.meta.txt", "data_batch_1.bin", "data_batch_2.bin", "readme.html",
                                          "test_batch.bin"};
  EXPECT_THAT(CifarFileNames(cifar, job::Images::TRAIN), ElementsAre("data_batch_1.bin", "data_batch_2.bin"));
  EXPECT_THAT(CifarFileNames(cifar, job::Images::TEST), ElementsAre("test_batch.bin"));
  EXPECT_THAT(CifarFileNames({"test.bin", "train.bin"}, job::Images::TRAIN), ElementsAre("train.bin"));
  EXPECT_THAT(CifarFileNames({"other.bin"}, job::Images::TRAIN), IsEmpty());
  const std::vector<std::string> idx = {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
                                        "train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"};
  EXPECT_THAT(IdxFileNames(idx, job::Images::TRAIN), ElementsAre("train-images-idx3-ubyte"));
  EXPECT_THAT(IdxFileNames(idx, job::Images::TEST), ElementsAre("t10k-images-idx3-ubyte.gz"));
}

}  // namespace
}  // namespace shoal
