#include "data/chunk_reader.h"

#include <string>

#include "common/random.h"
#include "gmock/gmock.h"
#include "tests/unit/data/corpus_text.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kSmallChunk = 16;

struct Read {
  std::vector<std::string> chunks;
  std::vector<bool> starts_line;
  CorpusCounts counts;

  std::string text() const {
    std::string all;
    for (const std::string& chunk : chunks) all += chunk;
    return all;
  }
};

Read ReadAll(const std::vector<std::string>& paths, size_t chunk_bytes) {
  const auto files = FindCorpusFiles(paths);
  EXPECT_TRUE(files.ok()) << files.status();
  ChunkReader reader(*files, chunk_bytes);
  Read read;
  TextChunk chunk;
  while (true) {
    const auto more = reader.Next(&chunk);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) break;
    EXPECT_LE(chunk.text.size(), chunk_bytes);
    read.chunks.emplace_back(chunk.text.view());
    read.starts_line.push_back(chunk.starts_line);
  }
  read.counts = reader.counts();
  return read;
}

TEST(ChunkReaderTest, ChunksEndAtLineEnds) {
  const TemporaryFolder folder;
  const Read read = ReadAll({folder.Write("a", "one two\nthree\nfour\nfive six\n")}, kSmallChunk);
  EXPECT_THAT(read.chunks, ElementsAre("one two\nthree\n", "four\nfive six\n"));
  EXPECT_THAT(read.starts_line, ElementsAre(true, true));
}

TEST(ChunkReaderTest, ALineLongerThanAChunkIsCutAtWhiteSpaceAndGoesOn) {
  const TemporaryFolder folder;
  const Read read = ReadAll({folder.Write("a", "eleven12345 twelve thirteen\nend\n")}, kSmallChunk);
  EXPECT_THAT(read.chunks, ElementsAre("eleven12345 ", "twelve thirteen\n", "end\n"));
  EXPECT_THAT(read.starts_line, ElementsAre(true, false, true));
}

TEST(ChunkReaderTest, ARunWithoutWhiteSpaceIsCutBetweenCharacters) {
  const TemporaryFolder folder;
  const std::string run = "a東東東東東東東東東東東東";
  const Read read = ReadAll({folder.Write("a", run + "\n")}, kSmallChunk);
  EXPECT_EQ(read.text(), run + "\n");
  for (const std::string& chunk : read.chunks) EXPECT_NE(chunk[0] & 0xc0, 0x80) << chunk;
}

TEST(ChunkReaderTest, AMissingLineEndIsSuppliedAtEachFilesEnd) {
  const TemporaryFolder folder;
  const Read read = ReadAll({folder.Write("a", "one"), folder.Write("b", "two\n"), folder.Write("c", "three")}, 100);
  EXPECT_EQ(read.text(), "one\ntwo\nthree\n");
}

TEST(ChunkReaderTest, AByteOrderMarkIsDroppedAtAFilesStartOnly) {
  const TemporaryFolder folder;
  const Read read = ReadAll({folder.Write("a", "\ufeffone\n"), folder.Write("b", "\ufefftwo \ufeff\n")}, 100);
  EXPECT_EQ(read.text(), "one\ntwo \ufeff\n");
}

TEST(ChunkReaderTest, EmptyFilesAreCountedAndHarmless) {
  const TemporaryFolder folder;
  const Read read = ReadAll({folder.Write("a", ""), folder.Write("b", "x\n"), folder.Write("c", "\ufeff")}, 100);
  EXPECT_EQ(read.text(), "x\n");
  EXPECT_EQ(read.counts.files, 3);
  EXPECT_EQ(read.counts.empty_files, 2);
}

TEST(ChunkReaderTest, Utf16IsRefusedWithTheCure) {
  const TemporaryFolder folder;
  const auto files = FindCorpusFiles({folder.Write("wide", std::string_view("\xff\xfe"
                                                                            "a\0b\0",
                                                                            6))})
                         .value();
  ChunkReader reader(files, 100);
  TextChunk chunk;
  EXPECT_THAT(reader.Next(&chunk).status().message(), HasSubstr("wide is UTF-16; convert it: iconv"));
}

TEST(ChunkReaderTest, OtherFormatsAreRefusedWithTheCure) {
  const TemporaryFolder folder;
  const auto error = [&](std::string_view start) {
    const auto files = FindCorpusFiles({folder.Write("data", Cat(start, std::string(20, 'x')))}).value();
    TextChunk chunk;
    return std::string(ToStd(ChunkReader(files, 100).Next(&chunk).status().message()));
  };
  EXPECT_THAT(error("BZh51AY&SY"), HasSubstr("data is compressed by bzip2; unpack it: bunzip2"));
  EXPECT_THAT(error("BZh1\x17rE8P\x90"), HasSubstr("data is compressed by bzip2; unpack it: bunzip2"));
  EXPECT_THAT(error("PK\x03\x04"), HasSubstr("data is a zip archive; unpack it: unzip"));
  EXPECT_THAT(error("PK\x05\x06"), HasSubstr("data is a zip archive; unpack it: unzip"));
  EXPECT_THAT(error("7z\xbc\xaf\x27\x1c"), HasSubstr("data is a 7z archive; unpack it: 7z x"));
  EXPECT_THAT(error("\x1f\x9d"), HasSubstr("data is compressed by compress; unpack it: gzip -d"));
  EXPECT_THAT(error("\x04\"M\x18"), HasSubstr("data is compressed by lz4; unpack it: lz4 -d"));
  EXPECT_THAT(error("%PDF-1.7"), HasSubstr("data is PDF; convert it: pdftotext"));
  EXPECT_THAT(error(Gzipped("%PDF-1.7")), HasSubstr("data is PDF"));
}

TEST(ChunkReaderTest, TextThatBeginsAlmostAsAnotherFormatIsText) {
  const TemporaryFolder folder;
  for (const std::string text : {"BZh9 is bzip2's\n", "PK\n", "7zip\n", "%PDF\n"}) {
    EXPECT_EQ(ReadAll({folder.Write("text", text)}, 100).text(), text);
  }
}

TEST(ChunkReaderTest, NoByteIsLostWhateverTheSizeOfAChunk) {
  const TemporaryFolder folder;
  const std::string text = MadeUpText(300, 5);
  const std::string path = folder.Write("a", text);
  for (size_t bytes = 16; bytes < 200; ++bytes) {
    ASSERT_EQ(ReadAll({path}, bytes).text(), text + (text.back() == '\n' ? "" : "\n")) << bytes;
  }
}

TEST(GroupFilesTest, SmallFilesShareAChunkAndALargeOneStandsAlone) {
  const std::vector<FoundFile> files = {{"a", 4}, {"b", 5}, {"c", 2}, {"big", 100}, {"d", 1}};
  std::vector<size_t> sizes;
  for (const auto group : GroupFiles(files, 10)) sizes.push_back(group.size());
  EXPECT_THAT(sizes, ElementsAre(2, 1, 1, 1));
}

}  // namespace
}  // namespace shoal
