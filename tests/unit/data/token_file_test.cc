#include "data/token_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <numeric>

#include "common/crc32c.h"
#include "common/files.h"
#include "data/token_file_format.h"
#include "data/token_file_writer.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Vocabulary ThreeWords() {
  WordTable types;
  for (const char* word : {"the", "naïve", "cat"}) types.InsertUnpadded(word);
  return Vocabulary::FromCounts(types, {6000000000, 2, 2}, {});
}

std::vector<uint32_t> Ids(const TokenFile& file, uint64_t sentence) {
  return {file.sentence(sentence).begin(), file.sentence(sentence).end()};
}

class TokenFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<TokenFileWriter> Writer(uint32_t max_sentence_words = 1000) {
    auto writer = TokenFileWriter::Create(path_, ThreeWords(), "key of the test\n", max_sentence_words);
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }
  // A file of `sentences` sentences of `words` words each.
  void WriteRegular(uint64_t sentences, uint32_t words) {
    auto writer = Writer(words);
    const std::vector<uint32_t> ids(words, 1);
    for (uint64_t i = 0; i < sentences; ++i) ASSERT_TRUE(writer->Append(ids, {{words}}, true).ok());
    ASSERT_TRUE(writer->Commit({}).ok());
  }
  std::unique_ptr<TokenFile> Open() {
    auto file = TokenFile::Open(path_);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  std::string OpenError() {
    const auto file = TokenFile::Open(path_);
    EXPECT_EQ(file.status().code(), absl::StatusCode::kDataLoss);
    return std::string(ToStd(file.status().message()));
  }
  TokenFileHeader Header() {
    TokenFileHeader header;
    std::memcpy(&header, ReadFile(path_).value().data(), sizeof(header));
    return header;
  }
  void Overwrite(uint64_t offset, std::string_view bytes) {
    std::string all = ReadFile(path_).value();
    all.replace(offset, bytes.size(), bytes);
    ASSERT_TRUE(WriteFileAtomically(path_, all).ok());
  }
  // Changes the header and makes its checksum fit.
  void SignHeader(TokenFileHeader header) {
    const std::string_view bytes(reinterpret_cast<const char*>(&header), sizeof(header));
    header.header_crc32c = Crc32c(bytes.substr(0, offsetof(TokenFileHeader, header_crc32c)));
    Overwrite(0, bytes);
  }
  void FlipByteOf(TokenFileSection section, uint64_t offset) {
    const uint64_t at = Header().sections[static_cast<size_t>(section)].offset + offset;
    const char flipped = static_cast<char>(~ReadFile(path_).value()[at]);
    Overwrite(at, {&flipped, 1});
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.Path("x.tokens");
};

TEST_F(TokenFileTest, TheVocabularyIsWrittenAsLinesThatReadBack) {
  WriteRegular(/*sentences=*/1, /*words=*/2);
  const auto file = Open();
  ASSERT_TRUE(file->WriteVocabulary(folder_.Path("words.txt")).ok());
  EXPECT_EQ(ReadFile(folder_.Path("words.txt")).value(), "the 6000000000\ncat 2\nnaïve 2\n");
  const auto read = Vocabulary::Read(folder_.Path("words.txt"), {});
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), file->words());
  for (uint32_t id = 0; id < read->size(); ++id) {
    EXPECT_EQ(read->word(id), file->word(id));
    EXPECT_EQ(read->count(id), file->count(id));
  }
}

TEST_F(TokenFileTest, WhatIsWrittenIsReadBack) {
  auto writer = Writer();
  ASSERT_TRUE(writer->Append({{0, 1, 2, 0}}, {{3, 0, 1}}, true).ok());
  CorpusCounts counts;
  counts.words_read = 17;
  ASSERT_TRUE(writer->Commit(counts).ok());
  const auto file = Open();
  EXPECT_EQ(file->words(), 3);
  EXPECT_EQ(file->word(0), "the");
  EXPECT_EQ(file->word(1), "cat");
  EXPECT_EQ(file->word(2), "naïve");
  EXPECT_EQ(file->count(0), 6000000000);
  EXPECT_EQ(file->sentences(), 2);
  EXPECT_THAT(Ids(*file, 0), ElementsAre(0, 1, 2));
  EXPECT_THAT(Ids(*file, 1), ElementsAre(0));
  EXPECT_EQ(file->tokens_before(1), 3);
  EXPECT_EQ(file->tokens_before(2), 4);
  EXPECT_EQ(file->key(), "key of the test\n");
  EXPECT_EQ(file->corpus_counts().words_read, 17);
  EXPECT_EQ(file->Describe(), "3 words, 4 tokens, 2 sentences");
}

TEST_F(TokenFileTest, ALineGoesOnInTheNextPiece) {
  auto writer = Writer();
  ASSERT_TRUE(writer->Append({{0, 1}}, {{1, 1}}, true).ok());
  ASSERT_TRUE(writer->Append({{2, 2, 0}}, {{2, 1}}, false).ok());
  ASSERT_TRUE(writer->Commit({}).ok());
  const auto file = Open();
  ASSERT_EQ(file->sentences(), 3);
  EXPECT_THAT(Ids(*file, 1), ElementsAre(1, 2, 2));
}

TEST_F(TokenFileTest, LongSentencesAreCutAlsoAcrossPieces) {
  auto writer = Writer(/*max_sentence_words=*/4);
  const std::vector<uint32_t> ids(7, 1);
  ASSERT_TRUE(writer->Append(ids, {{7}}, true).ok());
  ASSERT_TRUE(writer->Append(ids, {{7}}, false).ok());
  ASSERT_TRUE(writer->Commit({}).ok());
  const auto file = Open();
  std::vector<size_t> lengths;
  for (uint64_t i = 0; i < file->sentences(); ++i) lengths.push_back(file->sentence(i).size());
  EXPECT_THAT(lengths, ElementsAre(4, 4, 4, 2));
  EXPECT_EQ(file->corpus_counts().sentences_cut, 3);
}

TEST_F(TokenFileTest, UnitsCoverTheSentencesWithoutGapOrOverlapAndAreNearlyEven) {
  auto writer = Writer();
  uint64_t tokens = 0;
  for (uint32_t i = 0; i < 5000; ++i) {
    const uint32_t words = 1 + i * 7919 % 60;
    ASSERT_TRUE(writer->Append(std::vector<uint32_t>(words, 0), {{words}}, true).ok());
    tokens += words;
  }
  ASSERT_TRUE(writer->Commit({}).ok());
  const auto file = Open();
  uint64_t begin = 0, work = 0;
  for (const Unit& unit : file->Units(1000)) {
    EXPECT_EQ(unit.begin, begin);
    EXPECT_EQ(unit.work, file->tokens_before(unit.end) - file->tokens_before(unit.begin));
    EXPECT_NEAR(static_cast<double>(unit.work), 1000, 120);
    begin = unit.end;
    work += unit.work;
  }
  EXPECT_EQ(begin, file->sentences());
  EXPECT_EQ(work, tokens);
}

TEST_F(TokenFileTest, AUnitIsASentenceAtLeastAndThereIsOneUnitAtLeast) {
  WriteRegular(/*sentences=*/3, /*words=*/500);
  const auto file = Open();
  EXPECT_EQ(file->Units(1).size(), 3);
  EXPECT_EQ(file->Units(100).size(), 3);
  EXPECT_EQ(file->Units(1000000000).size(), 1);
}

TEST_F(TokenFileTest, TheSameWritingGivesTheSameBytes) {
  WriteRegular(10, 5);
  const std::string once = ReadFile(path_).value();
  WriteRegular(10, 5);
  EXPECT_EQ(ReadFile(path_).value(), once);
}

TEST_F(TokenFileTest, AnotherFileIsNoTokenFile) {
  folder_.Write("x.tokens", std::string(5000, 'x'));
  EXPECT_THAT(OpenError(), HasSubstr("x.tokens: header: not a token file: it does not start with \"shoaltok\""));
  folder_.Write("x.tokens", "");
  EXPECT_THAT(OpenError(), HasSubstr("header: the file has 0 bytes, fewer than a header's 4096"));
}

TEST_F(TokenFileTest, AnotherVersionIsNamedWithTheOneExpected) {
  WriteRegular(2, 2);
  TokenFileHeader header = Header();
  header.version = 9;
  SignHeader(header);
  EXPECT_THAT(OpenError(), HasSubstr("header: version 9, this build reads version 1; delete it, and the next run"));
}

TEST_F(TokenFileTest, AnotherByteOrderIsNamed) {
  WriteRegular(2, 2);
  TokenFileHeader header = Header();
  header.byte_order = __builtin_bswap32(header.byte_order);
  SignHeader(header);
  EXPECT_THAT(OpenError(), HasSubstr("header: written on a machine of another byte order"));
}

TEST_F(TokenFileTest, ATruncatedFileIsNamedWithItsSize) {
  WriteRegular(100, 5);
  const std::string all = ReadFile(path_).value();
  folder_.Write("x.tokens", all.substr(0, all.size() - 1));
  EXPECT_THAT(OpenError(), HasSubstr(Cat("the file has ", all.size() - 1, " bytes, its header says ", all.size())));
}

TEST_F(TokenFileTest, ADamagedSectionIsNamed) {
  for (const auto section : {TokenFileSection::kKey, TokenFileSection::kWordEnds, TokenFileSection::kLetters,
                             TokenFileSection::kCounts, TokenFileSection::kSentences, TokenFileSection::kBlocks}) {
    WriteRegular(100, 5);
    FlipByteOf(section, 1);
    EXPECT_THAT(OpenError(),
                HasSubstr(Cat("section ", kTokenFileSectionNames[static_cast<size_t>(section)], ": checksum ")));
  }
}

TEST_F(TokenFileTest, ADamagedHeaderIsNamed) {
  WriteRegular(100, 5);
  const char byte = 'x';
  Overwrite(offsetof(TokenFileHeader, words), {&byte, 1});
  EXPECT_THAT(OpenError(), HasSubstr("header: checksum "));
}

TEST_F(TokenFileTest, ADamagedBlockIsNamedWithItsNumberAndOthersStayGood) {
  WriteRegular(/*sentences=*/3 * kTokensPerBlock / 64, /*words=*/64);
  FlipByteOf(TokenFileSection::kTokens, (kTokensPerBlock + 5) * sizeof(uint32_t));
  const auto file = Open();
  const uint64_t per_block = kTokensPerBlock / 64;
  EXPECT_TRUE(file->VerifyTokens(0, per_block).ok());
  EXPECT_TRUE(file->VerifyTokens(2 * per_block, 3 * per_block).ok());
  EXPECT_TRUE(file->VerifyTokens(5, 5).ok());
  const absl::Status status = file->VerifyTokens(0, file->sentences());
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("section tokens: block 1 of 3 (tokens 262144 and on): checksum "));
}

TEST_F(TokenFileTest, AnIdBeyondTheVocabularyIsFoundThoughTheChecksumFits) {
  auto writer = Writer();
  ASSERT_TRUE(writer->Append({{0, 7}}, {{2}}, true).ok());
  ASSERT_TRUE(writer->Commit({}).ok());
  EXPECT_THAT(Open()->VerifyTokens(0, 1).message(), HasSubstr("block 0 has the id 7 of 3 words"));
}

TEST_F(TokenFileTest, AWordThatNeverOccursIsRefusedThoughTheChecksumFits) {
  WordTable types;
  for (const char* word : {"the", "cat"}) types.InsertUnpadded(word);
  const Vocabulary words = Vocabulary::FromCounts(types, {2, 0}, {.min_count = 0});
  auto writer = *TokenFileWriter::Create(path_, words, "key of the test\n", 1000);
  ASSERT_TRUE(writer->Append({{0, 0}}, {{2}}, true).ok());
  ASSERT_TRUE(writer->Commit({}).ok());
  EXPECT_THAT(OpenError(), HasSubstr("section counts: word 1 of 2 has a count of 0"));
}

TEST_F(TokenFileTest, ASectionOutsideTheFileIsRefusedThoughTheChecksumFits) {
  WriteRegular(2, 2);
  TokenFileHeader header = Header();
  header.sections[static_cast<size_t>(TokenFileSection::kCounts)].offset = uint64_t{1} << 62;
  SignHeader(header);
  EXPECT_THAT(OpenError(), HasSubstr("section counts: bytes 4611686018427387904 + 24 do not lie in the file"));
}

TEST_F(TokenFileTest, AnUncommittedFileDoesNotAppear) {
  { ASSERT_TRUE(Writer()->Append({{0}}, {{1}}, true).ok()); }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

// Lays out a token file of two words whose tokens are a hole of zeros in the file but for the last sentence's: its size
// is that of the tokens, what it takes on the disk is not.
class SparseTokenFile {
 public:
  SparseTokenFile(const std::string& path, uint64_t tokens, uint64_t words_of_sentence) : tokens_(tokens) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
    Put(TokenFileSection::kKey, "");
    const uint64_t ends[] = {1, 2}, counts[] = {tokens - 3, 3};
    Put(TokenFileSection::kWordEnds, BytesOf<uint64_t>(ends));
    Put(TokenFileSection::kLetters, "ab");
    Put(TokenFileSection::kCounts, BytesOf<uint64_t>(counts));
    PutTokens();
    std::vector<uint64_t> starts;
    for (uint64_t at = 0; at < tokens - 3; at += words_of_sentence) starts.push_back(at);
    starts.push_back(tokens - 3);
    starts.push_back(tokens);
    Put(TokenFileSection::kSentences, BytesOf<uint64_t>(starts));
    Put(TokenFileSection::kBlocks, BytesOf<uint32_t>(BlockChecksums()));
    PutHeader(starts.size() - 1);
    ::close(fd_);
  }

 private:
  template <typename T>
  static std::string_view BytesOf(std::span<const T> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
  }
  void Write(uint64_t offset, std::string_view bytes) {
    ASSERT_EQ(::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)), bytes.size());
    end_ = std::max<uint64_t>(end_, offset + bytes.size());
  }
  void Put(TokenFileSection section, std::string_view bytes) {
    end_ = (end_ + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
    header_.sections[static_cast<size_t>(section)] = {end_, bytes.size(), Crc32c(bytes), 0};
    Write(end_, bytes);
  }
  void PutTokens() {
    end_ = 2 * kSectionFileHeaderBytes;
    header_.sections[static_cast<size_t>(TokenFileSection::kTokens)] = {end_, tokens_ * sizeof(uint32_t), 0, 0};
    Write(end_ + (tokens_ - 3) * sizeof(uint32_t), BytesOf<uint32_t>(kLastSentence));
  }
  std::vector<uint32_t> BlockChecksums() const {
    const std::string zeros(kTokensPerBlock * sizeof(uint32_t), '\0');
    std::vector<uint32_t> blocks(tokens_ / kTokensPerBlock, Crc32c(zeros));
    const uint64_t rest = tokens_ % kTokensPerBlock;
    const std::string_view before = std::string_view(zeros).substr(0, (rest - 3) * sizeof(uint32_t));
    blocks.push_back(Crc32c(BytesOf<uint32_t>(kLastSentence), Crc32c(before)));
    return blocks;
  }
  void PutHeader(uint64_t sentences) {
    header_.words = 2;
    header_.tokens = tokens_;
    header_.sentences = sentences;
    SealHeader(kTokenFileKind, end_, &header_);
    Write(0, {reinterpret_cast<const char*>(&header_), sizeof(header_)});
  }

  static constexpr uint32_t kLastSentence[3] = {1, 0, 1};
  const uint64_t tokens_;
  int fd_ = -1;
  uint64_t end_ = kSectionFileHeaderBytes;
  TokenFileHeader header_ = {};
};

TEST_F(TokenFileTest, SentencesPastTwoToThe32TokensAreReadAndVerified) {
  constexpr uint64_t kTokens = (uint64_t{1} << 32) + 12345;
  SparseTokenFile(path_, kTokens, /*words_of_sentence=*/10000000);
  const auto file = Open();
  ASSERT_EQ(file->tokens(), kTokens);
  const uint64_t last = file->sentences() - 1;
  EXPECT_EQ(file->tokens_before(last), kTokens - 3);
  EXPECT_THAT(Ids(*file, last), ElementsAre(1, 0, 1));
  EXPECT_EQ(file->sentence(last - 1).back(), 0);
  EXPECT_TRUE(file->VerifyTokens(last, last + 1).ok());
  uint64_t work = 0;
  const std::vector<Unit> units = file->Units(10000000);
  for (const Unit& unit : units) work += unit.work;
  EXPECT_EQ(work, kTokens);
  EXPECT_EQ(units.back().end, file->sentences());
  EXPECT_GT(units.size(), 400);
}

}  // namespace
}  // namespace shoal
