#include "data/corpus_encode.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/files.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "tests/unit/data/corpus_text.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;

class EncodeTest : public ::testing::Test {
 protected:
  EncodeTest() { Scan(MadeUpText(20000, 1), /*chunk_bytes=*/1000); }

  void Scan(const std::string& text, size_t chunk_bytes) {
    const auto files = FindCorpusFiles({folder_.Write("text", text)});
    corpus_ = ScanCorpus(*files, {.spill_folder = folder_.path(), .chunk_bytes = chunk_bytes}).value();
    vocabulary_ = Vocabulary::FromCounts(corpus_.types->types(), corpus_.types->counts(), {});
  }

  absl::Status Encode(const std::string& name, uint32_t threads, const std::function<void(double)>& progress = nullptr,
                      const std::atomic<bool>* give_up = nullptr) {
    auto writer =
        TokenFileWriter::Create(folder_.Path(name), vocabulary_, "key\n", /*max_sentence_words=*/1000).value();
    RETURN_IF_ERROR(EncodeCorpus(corpus_, vocabulary_, threads, progress, give_up, writer.get()));
    return writer->Commit({});
  }

  const TemporaryFolder folder_;
  ScannedCorpus corpus_;
  Vocabulary vocabulary_;
};

TEST_F(EncodeTest, TheFileIsTheSameWhateverTheThreads) {
  ASSERT_GT(corpus_.chunks.size(), 50u);
  ASSERT_TRUE(Encode("one", 1).ok());
  ASSERT_TRUE(Encode("four", 4).ok());
  EXPECT_TRUE(ReadFile(folder_.Path("one")).value() == ReadFile(folder_.Path("four")).value());
}

TEST_F(EncodeTest, AChunkThatEndsBeforeTheFirstWordOfALineLeavesThatLineApartFromTheOneBefore) {
  Scan(Cat("a b\n", std::string(30, ' '), "c d\n"), /*chunk_bytes=*/16);
  ASSERT_GT(corpus_.chunks.size(), 1u);
  ASSERT_TRUE(Encode("out", 1).ok());
  EXPECT_THAT(SentencesOf(**TokenFile::Open(folder_.Path("out"))), ElementsAre("a b", "c d"));
}

TEST_F(EncodeTest, ProgressIsReportedAfterEachChunk) {
  std::vector<double> fractions;
  ASSERT_TRUE(Encode("out", 3, [&](double fraction) { fractions.push_back(fraction); }).ok());
  ASSERT_EQ(fractions.size(), corpus_.chunks.size());
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_EQ(fractions.back(), 1);
}

TEST_F(EncodeTest, GivingUpInTheMiddleEndsItOnAllThreads) {
  std::atomic<bool> give_up = false;
  std::atomic<int> reports = 0;
  const auto progress = [&](double) {
    if (++reports == 10) give_up = true;
  };
  EXPECT_TRUE(absl::IsAborted(Encode("out", 4, progress, &give_up)));
  EXPECT_LE(reports, 14) << "chunks whose turn has come may be written";
}

TEST_F(EncodeTest, OutOfMemoryOnOneThreadEndsItOnAllThreads) {
  std::atomic<int> reports = 0;
  const auto progress = [&](double) {
    if (++reports == 10) throw std::bad_alloc();
    if (reports > 10) Clock::Real().SleepFor(absl::Milliseconds(1));  // While the error is on its way.
  };
  EXPECT_TRUE(absl::IsResourceExhausted(Encode("out", 4, progress)));
  EXPECT_LT(reports, corpus_.chunks.size() / 2);
}

}  // namespace
}  // namespace shoal
