#include "data/images/prepare_images.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>

#include "common/files.h"
#include "data/images/image_file.h"
#include "gmock/gmock.h"
#include "tests/unit/data/images/made_pictures.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PrepareImagesTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_.Path("set")); }

  void Put(const std::string& name, std::string_view bytes) {
    fs::create_directories(fs::path(folder_.Path("set/" + name)).parent_path());
    folder_.Write("set/" + name, bytes);
  }
  // `count` pictures of different sizes and kinds in two classes.
  void PutPictures(int count) {
    for (int i = 0; i < count; ++i) {
      const MadePicture picture = Gradient(20 + i % 7, 30 + i % 5);
      const std::string name = Cat(i % 2 == 0 ? "cat/" : "dog/", 1000 + i);
      Put(name + (i % 3 == 0 ? ".png" : ".jpg"), i % 3 == 0 ? PngFile(picture) : JpegFile(picture));
    }
  }
  job::Images Images() const {
    job::Images images;
    images.add_path(folder_.Path("set"));
    images.set_threads(2);
    return images;
  }
  PreparedImages Prepare(const job::Images& images, const std::string& cache = "cache") {
    auto prepared = PrepareImages(images, folder_.Path(cache), nullptr);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    return prepared.ok() ? *std::move(prepared) : PreparedImages{};
  }
  std::string Error(const job::Images& images) {
    const auto prepared = PrepareImages(images, folder_.Path("cache"), nullptr);
    EXPECT_FALSE(prepared.ok());
    return std::string(ToStd(prepared.status().message()));
  }
  static std::unique_ptr<ImageFile> Open(const PreparedImages& prepared) {
    auto file = ImageFile::Open(prepared.path);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }
  std::vector<std::string> NamesIn(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.Path(folder))) names.push_back(entry.path().filename());
    return names;
  }

  const TemporaryFolder folder_;
  ImageBuffer buffer_;
};

TEST_F(PrepareImagesTest, PicturesOfDifferentSizesAreReadAsTheyWere) {
  PutPictures(10);
  const PreparedImages prepared = Prepare(Images());
  EXPECT_FALSE(prepared.reused);
  EXPECT_THAT(prepared.layout, HasSubstr("2 class folders of "));
  const auto file = Open(prepared);
  ASSERT_EQ(file->size(), 10);
  EXPECT_TRUE(file->decoded());
  EXPECT_THAT(file->labels(), ElementsAre(0, 0, 0, 0, 0, 1, 1, 1, 1, 1));
  EXPECT_THAT(file->picture_path(0), ::testing::EndsWith("set/cat/1000.png"));
  const auto view = file->Read(0, &buffer_);
  EXPECT_EQ(std::memcmp(view->pixels, Gradient(20, 30).samples.data(), view->bytes()), 0);
  EXPECT_EQ(file->image_counts().files, 10);
  EXPECT_EQ(file->image_counts().sampled, 10);
}

TEST_F(PrepareImagesTest, ASecondRunTakesTheFileAsItIs) {
  PutPictures(4);
  Prepare(Images());
  const PreparedImages again = Prepare(Images());
  EXPECT_TRUE(again.reused);
  EXPECT_EQ(again.why_rebuilt, "");
  EXPECT_EQ(again.counts.files, 4);
}

TEST_F(PrepareImagesTest, TheBytesAreTheSameForAnyNumberOfThreads) {
  PutPictures(200);
  Put("dog/broken.jpg", "no picture");
  job::Images images = Images();
  for (const uint64_t limit : {uint64_t{1} << 30, uint64_t{0}}) {
    images.set_decode_limit_bytes(limit);
    std::string first;
    for (const uint32_t threads : {1, 2, 7}) {
      images.set_threads(threads);
      const std::string bytes = ReadFile(Prepare(images, Cat("cache", limit, "-", threads)).path).value();
      if (first.empty()) first = bytes;
      EXPECT_TRUE(bytes == first) << threads;
    }
  }
}

TEST_F(PrepareImagesTest, AChangedSetIsPreparedAnewAndTheReasonIsSaid) {
  PutPictures(4);
  Prepare(Images());
  Put("dog/2000.jpg", JpegFile(Gradient(9, 9)));
  PreparedImages again = Prepare(Images());
  EXPECT_FALSE(again.reused);
  EXPECT_EQ(again.why_rebuilt, "stale: files of the set of pictures: 4 when it was prepared, 5 at present");
  EXPECT_EQ(Open(again)->size(), 5);
  // The same size and number, at another time.
  Put("dog/2000.jpg", JpegFile(Gradient(9, 9)));
  const timespec times[2] = {{1000, 0}, {1000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, folder_.Path("set/dog/2000.jpg").c_str(), times, 0), 0);
  again = Prepare(Images());
  EXPECT_EQ(again.why_rebuilt, "stale: a file of the set of pictures changed");
  fs::rename(folder_.Path("set/dog"), folder_.Path("set/wolf"));
  EXPECT_FALSE(Prepare(Images()).reused);
}

TEST_F(PrepareImagesTest, ADamagedFileIsMadeAnewAndTheReasonIsSaid) {
  PutPictures(4);
  const PreparedImages prepared = Prepare(Images());
  const std::string good = ReadFile(prepared.path).value();
  // In the header, the first picture, and the last section.
  for (const size_t at : {size_t{9}, size_t{2 * 4096 + 10}, good.size() - 1}) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(~damaged[at]);
    ASSERT_TRUE(WriteFileAtomically(prepared.path, damaged).ok());
    const PreparedImages again = Prepare(Images());
    EXPECT_FALSE(again.reused) << at;
    EXPECT_THAT(again.why_rebuilt, HasSubstr("damaged: "));
    EXPECT_TRUE(ReadFile(prepared.path).value() == good);
  }
}

TEST_F(PrepareImagesTest, EveryOptionThatChangesTheResultMakesAnotherFile) {
  PutPictures(4);
  const std::string path = Prepare(Images()).path;
  using Change = void (*)(job::Images*);
  const Change changes[] = {[](job::Images* images) { images->set_layout(job::Images::FLAT); },
                            [](job::Images* images) { images->set_max_pixels(10000); },
                            [](job::Images* images) { images->set_max_file_bytes(10000); },
                            [](job::Images* images) { images->set_max_broken_fraction(0.5); },
                            [](job::Images* images) { images->set_decode_limit_bytes(1); },
                            [](job::Images* images) { images->set_shrink_to(10); },
                            [](job::Images* images) { images->set_first_of_class(1); }};
  for (size_t i = 0; i < std::size(changes); ++i) {
    job::Images images = Images();
    changes[i](&images);
    EXPECT_NE(Prepare(images).path, path) << "change " << i;
  }
  job::Images images = Images();
  images.set_threads(5);
  EXPECT_TRUE(Prepare(images).reused);
}

TEST_F(PrepareImagesTest, BrokenPicturesAreLeftOutAndListed) {
  PutPictures(20);
  Put("cat/1000.png", "");
  Put("dog/1001.jpg", "a text called .jpg\n");
  const std::string jpeg = JpegFile(Gradient(40, 40));
  Put("dog/1007.jpg", jpeg.substr(0, jpeg.size() / 2));
  Put("dog/1009.png", PngHeader(100000, 100000));
  fs::create_symlink("nowhere", folder_.Path("set/dog/1011.jpg.png"));
  ASSERT_EQ(::mkfifo(folder_.Path("set/dog/pipe.jpg").c_str(), 0600), 0);
  job::Images images = Images();
  images.set_max_broken_fraction(0.5);
  const PreparedImages prepared = Prepare(images);
  EXPECT_EQ(prepared.counts.broken, 5);
  EXPECT_EQ(Open(prepared)->size(), 16);
  const std::string list = ReadFile(prepared.broken_list).value_or("");
  EXPECT_THAT(list, HasSubstr("cat/1000.png\tit is empty"));
  EXPECT_THAT(list, HasSubstr("dog/1001.jpg\tit is neither JPEG nor PNG"));
  EXPECT_THAT(list, HasSubstr("dog/1007.jpg\ta broken JPEG: "));
  EXPECT_THAT(list, HasSubstr("dog/1009.png\tit has 100000 x 100000 pixels"));
  EXPECT_THAT(list, HasSubstr("dog/1011.jpg.png\tcannot open it: No such file"));
  EXPECT_EQ(Prepare(images).broken_list, prepared.broken_list);
  fs::remove(prepared.broken_list);
}

TEST_F(PrepareImagesTest, TooManyBrokenPicturesAreAnErrorThatNamesTheFirst) {
  PutPictures(99);
  for (const int i : {1, 2, 3, 4, 5}) Put(Cat("dog/broken", i, ".jpg"), "x");
  const std::string error = Error(Images());
  EXPECT_THAT(error, HasSubstr("5 of 104 pictures cannot be read"));
  EXPECT_THAT(error, HasSubstr("dog/broken1.jpg: it is neither JPEG nor PNG"));
  EXPECT_THAT(error, HasSubstr("and 2 more; that is more than the fraction 0.01 of data.images.max_broken_fraction"));
  EXPECT_THAT(NamesIn("cache"), ElementsAre(::testing::EndsWith(".images.broken.txt")));
  for (const int i : {1, 2, 3, 4}) fs::remove(folder_.Path(Cat("set/dog/broken", i, ".jpg")));
  EXPECT_EQ(Prepare(Images()).counts.broken, 1);
  fs::remove(folder_.Path("set/dog/broken5.jpg"));
  EXPECT_EQ(Prepare(Images()).broken_list, "");
}

TEST_F(PrepareImagesTest, ASetOfBrokenPicturesOnlyIsAnErrorAnyway) {
  Put("a.jpg", "x");
  job::Images images = Images();
  images.set_max_broken_fraction(1);
  EXPECT_THAT(Error(images), HasSubstr("no picture is left"));
}

TEST_F(PrepareImagesTest, ALargeSetIsIndexedAndReadAsTheDecodedOneIs) {
  PutPictures(30);
  job::Images images = Images();
  for (const uint32_t shrink_to : {0, 12}) {
    images.set_shrink_to(shrink_to);
    images.set_decode_limit_bytes(uint64_t{1} << 30);
    const auto decoded = Open(Prepare(images));
    images.set_decode_limit_bytes(1000);
    const auto indexed = Open(Prepare(images));
    EXPECT_TRUE(decoded->decoded());
    EXPECT_FALSE(indexed->decoded());
    ASSERT_EQ(decoded->size(), indexed->size());
    for (uint64_t i = 0; i < decoded->size(); ++i) {
      const auto expected = decoded->Read(i, &buffer_);
      const auto view = indexed->Read(i, &buffer_);
      ASSERT_TRUE(view.ok()) << view.status();
      ASSERT_EQ(view->width, indexed->width(i));
      ASSERT_EQ(view->bytes(), expected->bytes());
      EXPECT_EQ(std::memcmp(view->pixels, expected->pixels, view->bytes()), 0) << i;
      EXPECT_EQ(indexed->label(i), decoded->label(i));
    }
    EXPECT_EQ(indexed->statistics().mean[0], decoded->statistics().mean[0]);
  }
}

TEST_F(PrepareImagesTest, SeveralThreadsReadAtOnce) {
  PutPictures(40);
  job::Images images = Images();
  images.set_decode_limit_bytes(0);
  const auto file = Open(Prepare(images));
  std::vector<uint64_t> sums(3);
  {
    std::vector<std::jthread> threads;
    for (uint64_t& sum : sums) {
      threads.emplace_back([&file, &sum] {
        ImageBuffer buffer;
        for (uint64_t i = 0; i < file->size(); ++i) {
          const auto view = file->Read(i, &buffer);
          for (size_t at = 0; view.ok() && at < view->bytes(); ++at) sum += view->pixels[at] * (at + i + 1);
        }
      });
    }
  }
  EXPECT_GT(sums[0], 0u);
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
}

TEST_F(PrepareImagesTest, TheMeanAndDeviationAreThoseOfAllPixels) {
  Put("a.png", PngFile(Plain(4, 4, {0, 100, 255})));
  Put("b.png", PngFile(Plain(8, 2, {255, 100, 255})));
  const ChannelStatistics statistics = Open(Prepare(Images()))->statistics();
  EXPECT_DOUBLE_EQ(statistics.mean[0], 0.5);
  EXPECT_DOUBLE_EQ(statistics.deviation[0], 0.5);
  EXPECT_DOUBLE_EQ(statistics.mean[1], 100.0 / 255);
  EXPECT_DOUBLE_EQ(statistics.deviation[1], 0);
  EXPECT_DOUBLE_EQ(statistics.mean[2], 1);
}

TEST_F(PrepareImagesTest, CifarRecordsBecomePictures) {
  Put("data_batch_1.bin", CifarRecord(1, 5, 6, 7) + CifarRecord(3, 1, 2, 3));
  Put("data_batch_2.bin", CifarRecord(1, 8, 9, 10));
  const auto file = Open(Prepare(Images()));
  EXPECT_THAT(file->labels(), ElementsAre(1, 3, 1));
  EXPECT_EQ(file->classes(), 4);
  EXPECT_THAT(file->picture_path(2), ::testing::EndsWith("set/data_batch_2.bin#0"));
  EXPECT_EQ(file->Read(2, &buffer_)->pixels[1], 9);
  EXPECT_EQ(file->Describe(), "3 pictures of 32 x 32 in 4 classes");
  job::Images first = Images();
  first.set_first_of_class(1);
  const PreparedImages prepared = Prepare(first);
  EXPECT_THAT(Open(prepared)->labels(), ElementsAre(1, 3));
  EXPECT_EQ(prepared.counts.not_taken, 1);
}

TEST_F(PrepareImagesTest, IdxPicturesAreShrunkToo) {
  Put("train-images-idx3-ubyte.gz", Gzip(IdxImages(3, 20, 10)));
  Put("train-labels-idx1-ubyte.gz", Gzip(IdxLabels({2, 0, 1})));
  job::Images images = Images();
  images.set_shrink_to(5);
  const auto file = Open(Prepare(images));
  EXPECT_EQ(file->Describe(), "3 pictures of 5 x 10 in 3 classes");
}

TEST_F(PrepareImagesTest, ADamagedRecordFileIsAnErrorThatNamesIt) {
  Put("data_batch_1.bin", CifarRecord(1, 5, 6, 7) + "x");
  EXPECT_THAT(Error(Images()), HasSubstr("data_batch_1.bin: 3074 bytes are not a number of CIFAR-10 records"));
}

TEST_F(PrepareImagesTest, ItCanBeGivenUp) {
  PutPictures(10);
  const std::atomic<bool> give_up = true;
  const auto prepared = PrepareImages(Images(), folder_.Path("cache"), nullptr, &give_up);
  EXPECT_EQ(prepared.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(NamesIn("cache"), IsEmpty());
}

TEST_F(PrepareImagesTest, ProgressRisesToOne) {
  PutPictures(10);
  double last = 0;
  const auto prepared = PrepareImages(Images(), folder_.Path("cache"), [&](double fraction, std::string_view phase) {
    EXPECT_GE(fraction, last);
    EXPECT_FALSE(phase.empty());
    last = fraction;
  });
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_EQ(last, 1);
}

TEST_F(PrepareImagesTest, ThePartsOfADividedSetHaveFilesOfTheirOwn) {
  for (const char* name : {"train/cat/1.png", "train/dog/2.png", "val/cat/3.png", "val/dog/4.png"}) {
    Put(name, PngFile(Gradient(8, 8)));
  }
  job::Images held_out = Images();
  held_out.set_split(job::Images::TEST);
  EXPECT_NE(Prepare(Images()).path, Prepare(held_out).path);
  EXPECT_TRUE(Prepare(Images()).reused);
}

// Runs `change` once while the set is read, after it was found.
class ChangeTest : public PrepareImagesTest {
 protected:
  absl::StatusCode PrepareAndChange(const std::function<void()>& change) {
    bool changed = false;
    const auto prepared = PrepareImages(Images(), folder_.Path("cache"), [&](double fraction, std::string_view) {
      // Reports come ten times a second at most: the next one does.
      std::this_thread::sleep_for(std::chrono::milliseconds(110));
      if (fraction > 0 && !std::exchange(changed, true)) change();
    });
    EXPECT_TRUE(changed);
    return prepared.status().code();
  }
  bool NoFileIsLeft() const {
    const std::vector<std::string> names = NamesIn("cache");
    return std::none_of(names.begin(), names.end(), [](const auto& name) { return name.ends_with(".images"); });
  }
};

TEST_F(ChangeTest, APictureThatChangesWhileTheSetIsReadEndsThePreparation) {
  PutPictures(4);
  EXPECT_EQ(PrepareAndChange([&] {
              Put("cat/1000.png", PngFile(Plain(20, 30, {1, 2, 3})));
            }),
            absl::StatusCode::kAborted);
  EXPECT_TRUE(NoFileIsLeft());
}

TEST_F(ChangeTest, LabelsThatChangeWhileTheSetIsReadEndThePreparation) {
  Put("train-images-idx3-ubyte", IdxImages(3, 20, 10));
  Put("train-labels-idx1-ubyte", IdxLabels({2, 0, 1}));
  EXPECT_EQ(PrepareAndChange([&] {
              Put("train-labels-idx1-ubyte", IdxLabels({1, 0, 2}));
            }),
            absl::StatusCode::kAborted);
  EXPECT_TRUE(NoFileIsLeft());
}

TEST_F(ChangeTest, NamesOfClassesThatChangeWhileTheSetIsReadEndThePreparation) {
  Put("data_batch_1.bin", CifarRecord(1, 5, 6, 7));
  Put("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
  EXPECT_EQ(PrepareAndChange([&] { Put("batches.meta.txt", "b\na\nc\nd\ne\nf\ng\nh\ni\nj\n"); }),
            absl::StatusCode::kAborted);
  EXPECT_TRUE(NoFileIsLeft());
}

TEST_F(PrepareImagesTest, BrokenPicturesAreListedALineEachWhateverTheirNames) {
  PutPictures(4);
  Put("dog/two\nlines\tand\\tab.jpg", "x");
  job::Images images = Images();
  images.set_max_broken_fraction(0.5);
  const std::string list = ReadFile(Prepare(images).broken_list).value_or("");
  EXPECT_THAT(list,
              ::testing::EndsWith("/dog/two\\nlines\\tand\\\\tab.jpg\tit is neither JPEG nor PNG; JPEG and PNG are "
                                  "read, by content\n"));
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 1);
}

TEST_F(PrepareImagesTest, APackedFileOfMorePixelsThanTheDiskHoldsIsRefusedByItsHeader) {
  std::string header = IdxImages(0, 10000, 10000);
  header.replace(4, 4, "\x7f\xff\xff\xff");
  Put("train-images-idx3-ubyte.gz", Gzip(header + std::string(1000, 'x')));
  EXPECT_THAT(Error(Images()), HasSubstr("train-images-idx3-ubyte.gz: its pictures take 644 PB, and "));
  job::Images few = Images();
  few.set_first_of_class(1);
  few.set_shrink_to(10);
  EXPECT_THAT(Error(few), HasSubstr("ends early"));
}

}  // namespace
}  // namespace shoal
