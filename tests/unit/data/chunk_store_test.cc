#include "data/chunk_store.h"

#include <cstring>
#include <string>
#include <vector>

#include "data/normalizer.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;

EncodedChunk Encoded(std::string_view text, bool starts_line) {
  Buffer normal(text.size() + kNormalPadding);
  std::memset(normal.data(), 0, normal.size());
  std::memcpy(normal.data(), text.data(), text.size());
  normal.Truncate(text.size());
  EncodedChunk chunk;
  CorpusCounts counts;
  EncodeChunk(normal, starts_line, &chunk, &counts);
  return chunk;
}

TEST(ChunkStoreTest, ChunksAreReadBackInAnyOrder) {
  const TemporaryFolder folder;
  const auto store = ChunkStore::Create(folder.path()).value();
  const ChunkPlace first = store->Append(Encoded("naïve a\nnaïve", true)).value();
  const ChunkPlace second = store->Append(Encoded("b", false)).value();
  ChunkDictionary dictionary;
  std::vector<uint32_t> tokens, line_words;

  ASSERT_TRUE(store->ReadDictionary(second, &dictionary).ok());
  EXPECT_THAT(dictionary.counts, ElementsAre(1));
  ASSERT_TRUE(store->ReadText(second, &tokens, &line_words).ok());
  EXPECT_THAT(tokens, ElementsAre(0));
  EXPECT_FALSE(second.starts_line);

  ASSERT_TRUE(store->ReadDictionary(first, &dictionary).ok());
  EXPECT_THAT(dictionary.counts, ElementsAre(2, 1));
  EXPECT_THAT(dictionary.lengths, ElementsAre(6, 1));
  ASSERT_TRUE(store->ReadText(first, &tokens, &line_words).ok());
  EXPECT_THAT(tokens, ElementsAre(0, 1, 0));
  EXPECT_THAT(line_words, ElementsAre(2, 1));
  EXPECT_TRUE(first.starts_line);
}

TEST(ChunkStoreTest, ADictionaryVisitsItsWordsInTheOrderOfTheirIds) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "word" + std::to_string(i * i) + " ";  // More than are prefetched.
  const TemporaryFolder folder;
  const auto store = ChunkStore::Create(folder.path()).value();
  const ChunkPlace place = store->Append(Encoded(text, true)).value();
  ChunkDictionary dictionary;
  ASSERT_TRUE(store->ReadDictionary(place, &dictionary).ok());
  size_t next = 0;
  dictionary.ForEach(WordTable(), [&](size_t type, const char* word, size_t length) {
    EXPECT_EQ(type, next);
    EXPECT_EQ(std::string(word, length), "word" + std::to_string(next * next));
    ++next;
  });
  EXPECT_EQ(next, 100u);
}

}  // namespace
}  // namespace shoal
