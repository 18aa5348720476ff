#include "data/corpus_key.h"

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "tests/unit/data/corpus_text.h"

namespace shoal {
namespace {

using ::testing::MatchesRegex;

PreparedKey KeyOf(const job::Corpus& corpus) {
  const auto files = FindCorpusFiles({corpus.path().begin(), corpus.path().end()});
  EXPECT_TRUE(files.ok()) << files.status();
  const auto key = MakeCorpusKey(corpus, *files);
  EXPECT_TRUE(key.ok()) << key.status();
  return *key;
}

class CorpusKeyTest : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_.Write("my text.txt", "a b a\n");
};

TEST_F(CorpusKeyTest, TheFileIsNamedAfterTheCorpusInLettersThatNoShellStumblesOver) {
  EXPECT_THAT(KeyOf(PlainCorpus(path_)).file_name(), MatchesRegex("my_text\\.txt-[0-9a-f]{16}\\.tokens"));
  const std::string long_path = folder_.Write(std::string(200, 'x'), "a\n");
  EXPECT_LT(KeyOf(PlainCorpus(long_path)).file_name().size(), 100u);
}

TEST_F(CorpusKeyTest, EveryOptionThatChangesTheTokensMakesAnotherFile) {
  const std::string name = KeyOf(PlainCorpus(path_)).file_name();
  using Change = void (*)(job::Corpus*);
  const Change changes[] = {[](job::Corpus* corpus) { corpus->set_layout(job::Corpus::LINES); },
                            [](job::Corpus* corpus) { corpus->set_normalisation(job::Corpus::TEXT8); },
                            [](job::Corpus* corpus) { corpus->set_digits(job::Corpus::SPELL); },
                            [](job::Corpus* corpus) { corpus->set_min_count(7); },
                            [](job::Corpus* corpus) { corpus->set_max_words(7); },
                            [](job::Corpus* corpus) { corpus->set_max_sentence_words(7); },
                            [](job::Corpus* corpus) { corpus->set_max_types_in_memory(7000); },
                            [](job::Corpus* corpus) { corpus->set_vocabulary_file(corpus->path(0)); }};
  for (size_t i = 0; i < std::size(changes); ++i) {
    job::Corpus corpus = PlainCorpus(path_);
    changes[i](&corpus);
    EXPECT_NE(KeyOf(corpus).file_name(), name) << "change " << i;
  }
}

TEST_F(CorpusKeyTest, WhatDoesNotChangeTheTokensDoesNotChangeTheKey) {
  const std::string key = KeyOf(PlainCorpus(path_)).text();
  job::Corpus corpus = PlainCorpus(folder_.path() + "/./my text.txt");
  corpus.set_threads(3);
  corpus.set_unit_words(5000);
  corpus.set_cache_directory("elsewhere");
  EXPECT_EQ(KeyOf(corpus).text(), key);
}

TEST_F(CorpusKeyTest, AFolderReachedByALinkIsTheSameCorpus) {
  folder_.Write("b.txt", "b\n");
  std::filesystem::create_directory_symlink(folder_.path(), folder_.path() + ".link");
  EXPECT_EQ(KeyOf(PlainCorpus(folder_.path() + ".link")).text(), KeyOf(PlainCorpus(folder_.path())).text());
  std::filesystem::remove(folder_.path() + ".link");
}

TEST_F(CorpusKeyTest, OtherContentIsTheSameFileWithADifferenceInWords) {
  const job::Corpus corpus = PlainCorpus(path_);
  const PreparedKey before = KeyOf(corpus);
  EXPECT_EQ(DifferenceOfKeys(before.text(), KeyOf(corpus)), "");
  folder_.Write("my text.txt", "a c a\n");
  const PreparedKey after = KeyOf(corpus);
  EXPECT_EQ(after.file_name(), before.file_name());
  EXPECT_EQ(DifferenceOfKeys(before.text(), after), "a file of the corpus changed");
  folder_.Write("my text.txt", "longer than before\n");
  EXPECT_EQ(DifferenceOfKeys(before.text(), KeyOf(corpus)),
            "bytes of the corpus: 6 when it was prepared, 19 at present");
  EXPECT_EQ(DifferenceOfKeys("preparation 0\n", after),
            "preparation of the corpus: 0 when it was prepared, 3 at present");
}

TEST_F(CorpusKeyTest, ATouchedFileMayHaveChangedBetweenItsSamples) {
  const job::Corpus corpus = PlainCorpus(path_);
  const PreparedKey before = KeyOf(corpus);
  const auto modified = std::filesystem::last_write_time(path_);
  std::filesystem::last_write_time(path_, modified + std::chrono::seconds(1));
  EXPECT_EQ(DifferenceOfKeys(before.text(), KeyOf(corpus)), "a file of the corpus changed");
}

}  // namespace
}  // namespace shoal
