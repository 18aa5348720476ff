#include "data/corpus_scan.h"

#include <atomic>
#include <new>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/text.h"
#include "gmock/gmock.h"
#include "tests/unit/data/corpus_text.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// Eight files of many small chunks each, every other one compressed.
class ScanTest : public ::testing::Test {
 protected:
  ScanTest() {
    for (int i = 0; i < 8; ++i) {
      const std::string text = MadeUpText(3000, i);
      paths_.push_back(folder_.Write(Cat("text", i), i % 2 == 0 ? text : Gzipped(text)));
    }
  }

  absl::StatusOr<ScannedCorpus> Scan(ScanOptions options) const {
    options.spill_folder = folder_.path();
    options.chunk_bytes = 1000;
    return ScanCorpus(FindCorpusFiles(paths_).value(), options);
  }
  // The corpus as read back from its chunks: "a b|c d||": a chunk's words, and where it ends.
  static std::string TextOf(const ScannedCorpus& corpus) {
    std::string text;
    ChunkDictionary dictionary;
    std::vector<uint32_t> tokens, line_words;
    for (const ChunkPlace& chunk : corpus.chunks) {
      EXPECT_TRUE(corpus.store->ReadDictionary(chunk, &dictionary).ok());
      EXPECT_TRUE(corpus.store->ReadText(chunk, &tokens, &line_words).ok());
      std::vector<std::string> words(dictionary.lengths.size());
      dictionary.ForEach(
          WordTable(), [&](size_t type, const char* word, size_t length) { words[type] = std::string(word, length); });
      for (const uint32_t token : tokens) text += words[token] + " ";
      text += "|";
    }
    return text;
  }

  const TemporaryFolder folder_;
  std::vector<std::string> paths_;
};

TEST_F(ScanTest, ChunksStandInTheOrderOfTheCorpusWhateverTheThreads) {
  const auto one = Scan({.threads = 1}), four = Scan({.threads = 4});
  ASSERT_TRUE(one.ok() && four.ok()) << one.status() << four.status();
  EXPECT_GT(one->chunks.size(), 80u);
  EXPECT_EQ(one->counts.words_read, 24000u);
  EXPECT_TRUE(TextOf(*one) == TextOf(*four));
}

TEST_F(ScanTest, TypesAreCountedInTheOrderTheyCameWhateverTheThreads) {
  const auto one = Scan({.threads = 1}), four = Scan({.threads = 4});
  ASSERT_TRUE(one.ok() && four.ok()) << one.status() << four.status();
  EXPECT_TRUE(one->types->types().letters() == four->types->types().letters());
  EXPECT_TRUE(one->types->counts() == four->types->counts());
}

TEST_F(ScanTest, WordsThatHaveAVocabularyOfTheirOwnAreNotCounted) {
  job::Corpus corpus;
  corpus.set_vocabulary_file("words.txt");
  const auto scanned = Scan({.corpus = corpus, .threads = 2});
  ASSERT_TRUE(scanned.ok()) << scanned.status();
  EXPECT_EQ(scanned->types, nullptr);
  EXPECT_EQ(scanned->counts.words_read, 24000u);
}

TEST_F(ScanTest, AnErrorInOneFileEndsItOnAllThreadsWithThatFilesName) {
  const std::string bytes = Gzipped(MadeUpText(3000, 9));
  paths_.insert(paths_.begin() + 2, folder_.Write("cut.gz", bytes.substr(0, bytes.size() / 2)));
  const absl::Status status = Scan({.threads = 4}).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cut.gz"));
}

TEST_F(ScanTest, GivingUpInTheMiddleEndsItOnAllThreads) {
  std::atomic<bool> give_up = false;
  std::atomic<int> reports_after = 0;
  const auto progress = [&](double fraction) {
    reports_after += give_up ? 1 : 0;
    if (fraction > 0.3) give_up = true;
  };
  EXPECT_TRUE(absl::IsAborted(Scan({.threads = 4, .progress = progress, .give_up = &give_up}).status()));
  EXPECT_LE(reports_after, 4) << "a thread finishes the chunk that it is at";
}

TEST_F(ScanTest, OutOfMemoryOnOneThreadEndsItOnAllThreads) {
  std::atomic<int> reports = 0;
  const auto progress = [&](double) {
    if (++reports == 10) throw std::bad_alloc();
    if (reports > 10) Clock::Real().SleepFor(absl::Milliseconds(1));  // While the error is on its way.
  };
  EXPECT_TRUE(absl::IsResourceExhausted(Scan({.threads = 4, .progress = progress}).status()));
  EXPECT_LT(reports, 50) << "of more than 80 chunks";
}

}  // namespace
}  // namespace shoal
