#include "coordinator/preparation.h"

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "common/background.h"
#include "common/clock.h"
#include "common/files.h"
#include "common/status.h"
#include "data/images/image_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"
#include "tests/unit/worker/probes/pattern_set.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;

// What `background` came to, once it did; fails the test where it takes ten seconds.
template <typename T>
auto Await(T& background) {
  for (int i = 0; i < 10000; ++i) {
    if (auto result = background.Take()) return result;
    Clock::Real().SleepFor(absl::Milliseconds(1));
  }
  ADD_FAILURE() << "nothing came of it";
  return background.Take();
}

TEST(BackgroundTest, TheResultIsTakenOnceAndWithoutWaiting) {
  std::atomic<bool> go_on = false;
  Background<absl::StatusOr<std::string>> background(&Executor::Threads(), [&] {
    while (!go_on) Clock::Real().SleepFor(absl::Milliseconds(1));
    return "result";
  });
  EXPECT_FALSE(background.Take().has_value());
  go_on = true;
  EXPECT_EQ(**Await(background), "result");
  EXPECT_FALSE(background.Take().has_value());
}

TEST(BackgroundTest, ItsEndIsTheEndOfItsThread) {
  std::atomic<bool> done = false;
  {
    Background<absl::Status> background(&Executor::Threads(), [&] {
      Clock::Real().SleepFor(absl::Milliseconds(20));
      done = true;
      return absl::OkStatus();
    });
  }
  EXPECT_TRUE(done);
}

TEST(BackgroundTest, AnExceptionIsAResultToo) {
  Background<absl::Status> background(&Executor::Threads(),
                                      []() -> absl::Status { throw std::runtime_error("out of luck"); });
  EXPECT_EQ(*Await(background), Internal("out of luck"));
}

class PreparationTest : public ::testing::Test {
 protected:
  // A job on a text of 5 distinct words, 6 in all.
  job::Job JobOn(const std::string& text) const {
    job::Job job;
    job.mutable_objective()->mutable_skip_gram();
    job.mutable_data()->mutable_corpus()->add_path(folder_.Write("text", text));
    job.mutable_data()->mutable_corpus()->set_min_count(1);
    return job;
  }

  const TemporaryFolder folder_;
};

TEST_F(PreparationTest, ACorpusBecomesATokenFileAndUnits) {
  const auto data = PrepareData(JobOn("the cat sat\non the mat\n"), folder_.Path("cache"),
                                [](double, std::string_view) { return true; });
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_TRUE(std::filesystem::path(data->file).is_absolute());
  EXPECT_TRUE(std::filesystem::exists(data->file));
  EXPECT_EQ(data->items, 5u);
  ASSERT_EQ(data->units.size(), 1u);
  EXPECT_EQ(data->units[0].end, 2u);
  EXPECT_EQ(data->units[0].work, 6u);
}

TEST_F(PreparationTest, ItsExportIsTheVocabularyEvenIfTheTokenFileIsGone) {
  const auto data = PrepareData(JobOn("the cat sat\non the mat\n"), folder_.Path("cache"),
                                [](double, std::string_view) { return true; });
  ASSERT_TRUE(data.ok()) << data.status();
  std::filesystem::remove_all(folder_.Path("cache"));
  const auto files = data->export_data(folder_.path());
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(*files, ElementsAre(folder_.Path("vocabulary.txt")));
  EXPECT_EQ(*ReadFile(folder_.Path("vocabulary.txt")), "the 2\ncat 1\nmat 1\non 1\nsat 1\n");
}

TEST_F(PreparationTest, AProgressThatSaysNoEndsIt) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += Cat("word", i % 1000, "\n");
  const auto data = PrepareData(JobOn(text), folder_.Path("cache"), [](double, std::string_view) { return false; });
  EXPECT_TRUE(absl::IsAborted(data.status())) << data.status();
}

TEST_F(PreparationTest, ASetToMeasureOnIsOfItsOwnLayoutAndWholeWhateverIsTrainedOn) {
  WritePatternFolders(folder_.Path("trained"), 8, /*key=*/1);
  WritePatternFolders(folder_.Path("measured/train"), 12, /*key=*/2);
  WritePatternFolders(folder_.Path("measured/test"), 8, /*key=*/3);
  job::Job job;
  job.mutable_objective()->mutable_simclr();
  job.mutable_encoder()->set_batch(4);
  job.mutable_encoder()->set_evaluate_every(1);
  job.mutable_encoder()->add_evaluate_path(folder_.Path("measured"));
  job.mutable_data()->mutable_images()->add_path(folder_.Path("trained"));
  job::Job flat = job, first = job;
  flat.mutable_data()->mutable_images()->set_layout(job::Images::FLAT);
  first.mutable_data()->mutable_images()->set_first_of_class(1);
  for (const job::Job& trained : {flat, first}) {
    const auto data = PrepareData(trained, folder_.Path("cache"), [](double, std::string_view) { return true; });
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(ImageFile::Open(data->watch_bank_file).value()->size(), 12);
    EXPECT_EQ(ImageFile::Open(data->watch_test_file).value()->size(), 8);
  }
}

TEST_F(PreparationTest, ItTellsWhatItIsAtAndEndsWithItsOwner) {
  std::atomic<bool> told = false;
  const auto forever = [&](const job::Job&, const std::string&, const PreparationProgress& progress) {
    while (progress(0.42, "counting")) {
      told = true;
      Clock::Real().SleepFor(absl::Milliseconds(1));
    }
    return absl::StatusOr<PreparedData>(Aborted("given up"));
  };
  Preparation preparation(&Executor::Threads(), job::Job(), folder_.path(), forever);
  for (int i = 0; i < 10000 && !told; ++i) Clock::Real().SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(preparation.Describe(), "counting, 42 %");
  EXPECT_FALSE(preparation.Take().has_value());
}

TEST_F(PreparationTest, ItsOutcomeIsTakenOnce) {
  const auto prepare = [](const job::Job&, const std::string& cache, const PreparationProgress&) {
    return absl::StatusOr<PreparedData>(PreparedData{.file = cache + "/tokens"});
  };
  Preparation preparation(&Executor::Threads(), job::Job(), "cache", prepare);
  const auto outcome = Await(preparation);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ((*outcome)->file, "cache/tokens");
  EXPECT_FALSE(preparation.Take().has_value());
}

}  // namespace
}  // namespace shoal
