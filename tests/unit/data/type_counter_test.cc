#include "data/type_counter.h"

#include <string>

#include "common/text.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

ChunkDictionary Dictionary(const std::vector<std::pair<std::string, uint32_t>>& words) {
  ChunkDictionary dictionary;
  for (const auto& [word, count] : words) {
    dictionary.counts.push_back(count);
    dictionary.lengths.push_back(static_cast<uint8_t>(word.size()));
    dictionary.letters.insert(dictionary.letters.end(), word.begin(), word.end());
  }
  dictionary.letters.resize(dictionary.letters.size() + kWordPadding);
  return dictionary;
}

uint64_t CountOf(const TypeCounter& counter, std::string_view word) {
  const uint32_t id = counter.types().FindUnpadded(word);
  return id == WordTable::kNone ? 0 : counter.counts()[id];
}

TEST(TypeCounterTest, AddsUpTheChunks) {
  TypeCounter counter(1000);
  counter.Add(Dictionary({{"a", 3}, {"b", 1}}));
  counter.Add(Dictionary({{"b", 4000000000}, {"c", 1}}));
  counter.Add(Dictionary({{"b", 4000000000}}));
  EXPECT_EQ(CountOf(counter, "a"), 3);
  EXPECT_EQ(CountOf(counter, "b"), 8000000001);
  EXPECT_EQ(counter.types().size(), 3);
  EXPECT_EQ(counter.types_pruned(), 0);
}

TEST(TypeCounterTest, TheTableNeverHoldsMoreThanItsLimitAndOne) {
  TypeCounter counter(100);
  for (int chunk = 0; chunk < 50; ++chunk) {
    std::vector<std::pair<std::string, uint32_t>> words = {{"common", 10}};
    for (int i = 0; i < 30; ++i) words.emplace_back(Cat("rare", chunk, "x", i), 1);
    counter.Add(Dictionary(words));
    EXPECT_LE(counter.types().size(), 101);
  }
  EXPECT_EQ(CountOf(counter, "common"), 500);
  EXPECT_EQ(counter.types_pruned() + counter.types().size(), 50 * 30 + 1);
  EXPECT_EQ(counter.highest_pruned(), 1);
}

TEST(TypeCounterTest, OfWordsEquallyRareTheOldestIsPruned) {
  TypeCounter counter(4);
  counter.Add(Dictionary({{"oldest", 1}, {"old", 1}, {"a", 2}, {"b", 2}, {"c", 2}, {"new", 1}}));
  EXPECT_EQ(CountOf(counter, "oldest"), 0);
  EXPECT_EQ(CountOf(counter, "old"), 1);
  EXPECT_EQ(CountOf(counter, "new"), 1);
}

TEST(TypeCounterTest, RecountGivesAWordThatCameBackItsExactCount) {
  const std::vector<ChunkDictionary> chunks = {Dictionary({{"back", 1}, {"a", 5}, {"b", 5}, {"c", 5}, {"d", 5}}),
                                               Dictionary({{"e", 5}}), Dictionary({{"back", 7}})};
  TypeCounter counter(4);
  for (const ChunkDictionary& chunk : chunks) counter.Add(chunk);
  ASSERT_EQ(CountOf(counter, "back"), 7);
  counter.BeginRecount();
  for (const ChunkDictionary& chunk : chunks) counter.Recount(chunk);
  EXPECT_EQ(CountOf(counter, "back"), 8);
}

}  // namespace
}  // namespace shoal
