#include "data/prepare.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "common/files.h"
#include "data/token_file_format.h"
#include "gmock/gmock.h"
#include "tests/unit/data/corpus_text.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PrepareTest : public ::testing::Test {
 protected:
  PreparedCorpus Prepare(const job::Corpus& corpus) {
    auto prepared = PrepareCorpus(corpus, folder_.Path("cache"), nullptr);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    return prepared.ok() ? *std::move(prepared) : PreparedCorpus();
  }
  std::vector<std::string> Sentences(const job::Corpus& corpus) {
    const auto file = PrepareAndOpen(corpus, folder_);
    return file == nullptr ? std::vector<std::string>() : SentencesOf(*file);
  }
  // The error of a preparation during which `act` is called once, when it comes to `phase`.
  std::string ErrorWhereItIs(const job::Corpus& corpus, std::string_view phase, const std::function<void()>& act) {
    bool acted = false;
    const auto progress = [&](double, std::string_view at) {
      if (at == phase && !std::exchange(acted, true)) act();
    };
    const auto prepared = PrepareCorpus(corpus, folder_.Path("cache"), progress, &give_up_);
    EXPECT_FALSE(prepared.ok());
    return std::string(ToStd(prepared.status().message()));
  }

  const TemporaryFolder folder_;
  std::atomic<bool> give_up_ = false;
};

TEST_F(PrepareTest, WordsAreNumberedByFallingCountAndSentencesKept) {
  const auto file = PrepareAndOpen(PlainCorpus(folder_.Write("a.txt", "b c b\n\na b\n")), folder_);
  EXPECT_EQ(file->word(0), "b");
  EXPECT_EQ(file->word(1), "a");
  EXPECT_EQ(file->word(2), "c");
  EXPECT_THAT(file->counts(), ElementsAre(3, 1, 1));
  EXPECT_THAT(SentencesOf(*file), ElementsAre("b c b", "a b"));
}

TEST_F(PrepareTest, WordsOutsideTheVocabularyVanishAndTheirSentenceStays) {
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "x a y a\nz\na w\n"));
  corpus.set_min_count(2);
  EXPECT_THAT(Sentences(corpus), ElementsAre("a a", "a"));
}

TEST_F(PrepareTest, MaxWordsKeepsTheCommonest) {
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "a a a b b c\n"));
  corpus.set_max_words(2);
  EXPECT_THAT(Sentences(corpus), ElementsAre("a a a b b"));
}

TEST_F(PrepareTest, OneEndlessLineIsCutAtMaxSentenceWords) {
  job::Corpus corpus = PlainCorpus(folder_.Write("text8", " a b c d e f g"));
  corpus.set_max_sentence_words(3);
  EXPECT_THAT(Sentences(corpus), ElementsAre("a b c", "d e f", "g"));
  EXPECT_EQ(Prepare(corpus).counts.sentences_cut, 2);
}

TEST_F(PrepareTest, ALineLongerThanAChunkStaysOneLine) {
  // 20 MB in one line, more than two chunks: cuts fall on whole thousands only, wherever the chunks end.
  std::string text;
  for (int i = 0; i < 2500000; ++i) text += i % 1000 == 0 ? "first1 " : "others2 ";
  job::Corpus corpus = PlainCorpus(folder_.Write("long", text));
  corpus.set_max_sentence_words(1000);
  const auto file = PrepareAndOpen(corpus, folder_);
  ASSERT_EQ(file->sentences(), 2500);
  for (uint64_t i = 0; i < file->sentences(); ++i) {
    ASSERT_EQ(file->sentence(i).size(), 1000);
    ASSERT_EQ(file->word(file->sentence(i)[0]), "first1");
  }
}

TEST_F(PrepareTest, EveryStoredFormGivesTheSameTokens) {
  const std::string text = MadeUpText(20000, 3);
  const auto plain = Sentences(PlainCorpus(folder_.Write("plain.txt", text)));
  ASSERT_GT(plain.size(), 100);
  EXPECT_TRUE(Sentences(PlainCorpus(folder_.Write("a.gz", Gzipped(text)))) == plain);
  EXPECT_TRUE(Sentences(PlainCorpus(folder_.Write("a.dz", Gzipped(text)))) == plain);
  EXPECT_TRUE(Sentences(PlainCorpus(folder_.Write("a.xz", XzCompressed(text)))) == plain);
  EXPECT_TRUE(Sentences(PlainCorpus(folder_.Write("a.zst", ZstdCompressed(text)))) == plain);
}

TEST_F(PrepareTest, TheFileIsTheSameWhateverTheThreads) {
  std::filesystem::create_directories(folder_.Path("corpus"));
  for (int i = 0; i < 6; ++i) {
    const std::string text = MadeUpText(i == 2 ? 2500000 : 30000, i);
    folder_.Write(Cat("corpus/", i), i % 2 == 0 ? text : Gzipped(text));
  }
  job::Corpus corpus = PlainCorpus(folder_.Path("corpus"));
  corpus.set_max_types_in_memory(300);  // Pruned, too.
  std::vector<std::string> files;
  for (const uint32_t threads : {1, 4, 3}) {
    corpus.set_threads(threads);
    corpus.set_cache_directory(folder_.Path(Cat("cache", threads)));
    const PreparedCorpus prepared = Prepare(corpus);
    EXPECT_GT(prepared.counts.types_pruned, 0);
    files.push_back(ReadFile(prepared.path).value());
  }
  EXPECT_TRUE(files[0] == files[1]);
  EXPECT_TRUE(files[0] == files[2]);
}

TEST_F(PrepareTest, AFullTableOfTypesIsPrunedAndWhatIsKeptHasExactCounts) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += Cat("common type", i, i % 100 == 99 ? "\n" : " ");
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", text));
  corpus.set_max_types_in_memory(1000);
  const PreparedCorpus prepared = Prepare(corpus);
  EXPECT_EQ(prepared.counts.words_read, 40000);
  EXPECT_GT(prepared.counts.types_pruned, 18000);
  EXPECT_EQ(prepared.counts.types_pruned, prepared.counts.words_pruned);
  EXPECT_LE(prepared.counts.types_read, 1001);
  const auto file = PrepareAndOpen(corpus, folder_);
  EXPECT_EQ(file->word(0), "common");
  EXPECT_EQ(file->count(0), 20000);
  EXPECT_EQ(file->tokens() + prepared.counts.words_pruned, 40000);
}

TEST_F(PrepareTest, WikiExtractorsTagsAreDroppedAndItsTitlesKept) {
  const std::string text =
      "<doc id=\"1\" url=\"u\" title=\"Cat\">\nCat\n\nThe cat sat.\n</doc>\n<doc id=\"2\">\nDog\n</doc>\n";
  job::Corpus corpus = PlainCorpus(folder_.Write("wiki_00", text));
  corpus.set_normalisation(job::Corpus::LETTERS);
  EXPECT_THAT(Sentences(corpus), ElementsAre("cat", "the cat sat", "dog"));
  corpus.set_layout(job::Corpus::LINES);
  EXPECT_EQ(Sentences(corpus)[0], "doc id 1 url u title cat");
}

TEST_F(PrepareTest, TheLayoutIsDetectedBehindAByteOrderMarkAndEmptyFiles) {
  std::filesystem::create_directories(folder_.Path("wiki"));
  folder_.Write("wiki/00", "");
  folder_.Write("wiki/01", "\ufeff");
  folder_.Write("wiki/02", "\ufeff<doc id=\"1\">\nThe cat sat.\n</doc>\n");
  EXPECT_THAT(Sentences(PlainCorpus(folder_.Path("wiki"))), ElementsAre("The cat sat."));
}

TEST_F(PrepareTest, LineEndsBomsNulsAndInvalidBytesAreHandledAndCounted) {
  const PreparedCorpus prepared = Prepare(PlainCorpus(folder_.Write("a.txt", std::string_view("\xef\xbb\xbf"
                                                                                              "a b\r\nc\0d \xff"
                                                                                              "e",
                                                                                              14))));
  const auto file = TokenFile::Open(prepared.path).value();
  EXPECT_THAT(SentencesOf(*file), ElementsAre("a b", "c d \ufffde"));
  EXPECT_EQ(prepared.counts.invalid_utf8, 1);
  EXPECT_EQ(prepared.counts.nul_bytes, 1);
}

TEST_F(PrepareTest, AWordOfMoreThan255BytesIsDroppedAndCounted) {
  const PreparedCorpus prepared = Prepare(
      PlainCorpus(folder_.Write("a.txt", Cat("a ", std::string(256, 'x'), " ", std::string(255, 'y'), " b\n"))));
  const auto file = TokenFile::Open(prepared.path).value();
  EXPECT_THAT(SentencesOf(*file), ElementsAre(Cat("a ", std::string(255, 'y'), " b")));
  EXPECT_EQ(prepared.counts.words_too_long, 1);
}

TEST_F(PrepareTest, AVocabularyFileReplacesTheCounting) {
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "a b a c\nb\n"));
  corpus.set_vocabulary_file(folder_.Write("words", "b 100\nunseen 50\na 9\nrare 1\n"));
  corpus.set_min_count(2);
  const auto file = PrepareAndOpen(corpus, folder_);
  EXPECT_EQ(file->words(), 3);
  EXPECT_THAT(file->counts(), ElementsAre(100, 50, 9));
  EXPECT_THAT(SentencesOf(*file), ElementsAre("a b a", "b"));
}

TEST_F(PrepareTest, TheVocabularyOfACorpusAsAVocabularyFileGivesTheSameTokens) {
  // Words with letters beyond ASCII, marks and odd signs, of equal counts and of different ones.
  job::Corpus corpus =
      PlainCorpus(folder_.Write("a.txt", MadeUpText(20000, 5) + "\"naïve\" 100 # -- été e\u0301te\u0301 \"naïve\"\n"));
  corpus.set_min_count(2);
  const auto counted = PrepareAndOpen(corpus, folder_);
  ASSERT_TRUE(counted->WriteVocabulary(folder_.Path("vocabulary.txt")).ok());
  corpus.set_vocabulary_file(folder_.Path("vocabulary.txt"));
  const auto given = PrepareAndOpen(corpus, folder_);
  ASSERT_NE(given->path(), counted->path());
  ASSERT_EQ(given->words(), counted->words());
  for (uint64_t id = 0; id < given->words(); ++id) {
    ASSERT_EQ(given->word(id), counted->word(id));
    ASSERT_EQ(given->count(id), counted->count(id));
  }
  EXPECT_TRUE(SentencesOf(*given) == SentencesOf(*counted));
}

TEST_F(PrepareTest, AnEqualCorpusIsNotPreparedAgain) {
  const job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "a b a\n"));
  const PreparedCorpus first = Prepare(corpus);
  EXPECT_FALSE(first.reused);
  EXPECT_THAT(first.why_rebuilt, IsEmpty());
  const PreparedCorpus second = Prepare(corpus);
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(second.path, first.path);
  EXPECT_EQ(second.counts.words_read, 3);
  EXPECT_EQ(second.counts.files, 1);
}

TEST_F(PrepareTest, OtherOptionsMakeAnotherFileBesideTheFirst) {
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "a b a\n"));
  const PreparedCorpus first = Prepare(corpus);
  corpus.set_min_count(2);
  const PreparedCorpus second = Prepare(corpus);
  EXPECT_FALSE(second.reused);
  EXPECT_NE(second.path, first.path);
  corpus.set_threads(1);
  corpus.set_unit_words(5000);
  EXPECT_TRUE(Prepare(corpus).reused) << "neither threads nor units change the file";
}

TEST_F(PrepareTest, AStaleFileIsRebuiltAndSaysWhy) {
  const job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "a b a\n"));
  Prepare(corpus);
  folder_.Write("a.txt", "a b a longer\n");
  PreparedCorpus prepared = Prepare(corpus);
  EXPECT_FALSE(prepared.reused);
  EXPECT_EQ(prepared.why_rebuilt, "stale: bytes of the corpus: 6 when it was prepared, 13 at present");
  folder_.Write("a.txt", "a b a LONGER\n");
  EXPECT_EQ(Prepare(corpus).why_rebuilt, "stale: a file of the corpus changed");
  EXPECT_TRUE(Prepare(corpus).reused);
}

TEST_F(PrepareTest, AChangedVocabularyFileMakesTheFileStale) {
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "a b a\n"));
  corpus.set_vocabulary_file(folder_.Write("words", "a 2\n"));
  Prepare(corpus);
  folder_.Write("words", "b 2\n");
  EXPECT_EQ(Prepare(corpus).why_rebuilt, "stale: the vocabulary file changed");
}

TEST_F(PrepareTest, ADamagedFileIsRebuiltAndSaysWhy) {
  const job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "a b a\n"));
  const std::string path = Prepare(corpus).path;
  const std::string good = ReadFile(path).value();
  for (size_t at : {size_t{8}, good.size() / 2, good.size() - 1}) {
    std::string bad = good;
    bad[at] = static_cast<char>(~bad[at]);
    if (at == good.size() / 2) bad = good.substr(0, at);
    ASSERT_TRUE(WriteFileAtomically(path, bad).ok());
    const PreparedCorpus prepared = Prepare(corpus);
    EXPECT_FALSE(prepared.reused);
    EXPECT_THAT(prepared.why_rebuilt, HasSubstr(Cat("damaged: ", path, ": ")));
    EXPECT_EQ(ReadFile(path).value(), good);
  }
}

TEST_F(PrepareTest, ADamagedBlockOfTokensIsFoundBeforeTheFileIsReused) {
  const job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", MadeUpText(1000, 1)));
  const std::string path = Prepare(corpus).path;
  std::string bytes = ReadFile(path).value();
  TokenFileHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const uint64_t at = header.sections[static_cast<size_t>(TokenFileSection::kTokens)].offset;
  bytes[at] ^= 1;
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  EXPECT_THAT(Prepare(corpus).why_rebuilt, HasSubstr("section tokens: block 0 of 1"));
}

TEST_F(PrepareTest, MistakesNameThePathAndTheCure) {
  const std::string empty = folder_.Write("empty.txt", "");
  EXPECT_THAT(PrepareError(PlainCorpus(empty), folder_),
              HasSubstr(Cat("data.corpus.path: ", empty, " has no words: 1 files, 0 bytes of text")));
  EXPECT_THAT(PrepareError(PlainCorpus(folder_.Path("none")), folder_), HasSubstr("none: No such file"));
  std::filesystem::create_directories(folder_.Path("folder"));
  EXPECT_THAT(PrepareError(PlainCorpus(folder_.Path("folder")), folder_), HasSubstr("folder has no files in it"));
  job::Corpus rare = PlainCorpus(folder_.Write("rare.txt", "a b c a\n"));
  rare.set_min_count(5);
  EXPECT_EQ(PrepareError(rare, folder_),
            Cat("data.corpus.min_count is 5, and the commonest of the 3 distinct words of ", folder_.Path("rare.txt"),
                " occurs 2 times; lower it: --set data.corpus.min_count=2"));
  job::Corpus strange = PlainCorpus(folder_.Path("rare.txt"));
  strange.set_vocabulary_file(folder_.Write("words", "A 5\n"));
  EXPECT_THAT(PrepareError(strange, folder_), HasSubstr("none of the 1 words of "));
}

TEST_F(PrepareTest, ADamagedCompressedFileEndsItWithTheFilesName) {
  const std::string bytes = Gzipped(MadeUpText(50000, 1));
  const std::string path = folder_.Write("cut.gz", bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(PrepareError(PlainCorpus(path), folder_), HasSubstr("cut.gz: the gzip data ends early"));
}

TEST_F(PrepareTest, AFailedPreparationLeavesNoFileBehind) {
  PrepareError(PlainCorpus(folder_.Write("empty.txt", "")), folder_);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.Path("cache")));
  // This one fails when the token file is being written.
  job::Corpus strange = PlainCorpus(folder_.Write("a.txt", "a b\n"));
  strange.set_vocabulary_file(folder_.Write("words", "A 5\n"));
  PrepareError(strange, folder_);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.Path("cache")));
}

TEST_F(PrepareTest, APreparationThatIsGivenUpIsAbortedAndLeavesNoFileBehind) {
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", MadeUpText(20000, 1)));
  corpus.set_max_types_in_memory(300);  // So that some are counted again.
  for (const std::string_view phase : {"reading", "counting again", "writing"}) {
    EXPECT_THAT(ErrorWhereItIs(corpus, phase, [this] { give_up_ = true; }), HasSubstr(" was given up"));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.Path("cache"))) << phase;
    give_up_ = false;
  }
}

TEST_F(PrepareTest, TheVerificationOfAnEarlierRunsFileCanBeGivenUp) {
  const job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", MadeUpText(20000, 1)));
  Prepare(corpus);
  EXPECT_THAT(ErrorWhereItIs(corpus, "verifying", [this] { give_up_ = true; }),
              HasSubstr("the verification of the token file was given up"));
}

TEST_F(PrepareTest, ACorpusThatChangesWhileItIsReadIsRefusedAndLeavesNoFileBehind) {
  const job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "a b a\n"));
  EXPECT_THAT(ErrorWhereItIs(corpus, "writing", [this] { folder_.Write("a.txt", "a b a c\n"); }),
              HasSubstr("a.txt changed while it was read; start again when it is complete"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.Path("cache")));
}

TEST_F(PrepareTest, AWrongVocabularyFileIsFoundBeforeTheTextIsRead) {
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", MadeUpText(20000, 1)));
  corpus.set_vocabulary_file(folder_.Write("words", "a many\n"));
  bool reading = false;
  EXPECT_THAT(ErrorWhereItIs(corpus, "reading", [&reading] { reading = true; }), HasSubstr("words: line 1"));
  EXPECT_FALSE(reading);
}

TEST_F(PrepareTest, WhatWasMetIsToldAgainWhereAFileIsReused) {
  std::string text = "a\xff b ";
  for (int i = 0; i < 20000; ++i) text += Cat("type", i, " ");
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", text));
  corpus.set_max_types_in_memory(1000);
  for (const bool reused : {false, true}) {
    ::testing::internal::CaptureStderr();
    const PreparedCorpus prepared = Prepare(corpus);
    const std::string log = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(prepared.reused, reused);
    EXPECT_THAT(log, HasSubstr("1 invalid UTF-8 sequences replaced"));
    EXPECT_THAT(log, HasSubstr("No word that was ever more frequent than 1 between two prunings is lost"));
  }
}

TEST_F(PrepareTest, AFileThatIsTakenTwiceIsToldOnce) {
  job::Corpus corpus = PlainCorpus(folder_.Write("a.txt", "a b\n"));
  corpus.add_path(folder_.Path("a.txt"));
  ::testing::internal::CaptureStderr();
  Prepare(corpus);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("1 of 2 files are others of them by another path or a link; they are taken again"));
  EXPECT_EQ(log.find("taken again"), log.rfind("taken again"));
}

TEST_F(PrepareTest, ProgressRisesToOne) {
  std::vector<double> fractions;
  const auto prepared = PrepareCorpus(PlainCorpus(folder_.Write("a.txt", MadeUpText(20000, 1))), folder_.Path("cache"),
                                      [&](double fraction, std::string_view) { fractions.push_back(fraction); });
  ASSERT_TRUE(prepared.ok());
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_EQ(fractions.back(), 1);
}

}  // namespace
}  // namespace shoal
