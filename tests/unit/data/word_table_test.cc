#include "data/word_table.h"

#include <string>
#include <unordered_map>

#include "common/random.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

std::string RandomWord(CounterRandom* random, uint32_t most_bytes) {
  std::string word(1 + random->NextBelow(most_bytes), '\0');
  // Few letters, so that words that differ in one byte or in length only are common.
  for (char& c : word) c = "ab\xff"[random->NextBelow(3)];
  return word;
}

TEST(WordTableTest, AgreesWithTheStandardMapOnRandomWords) {
  CounterRandom random(1);
  WordTable table;
  std::unordered_map<std::string, uint32_t> expected;
  for (int i = 0; i < 200000; ++i) {
    const std::string word = RandomWord(&random, i % 2 == 0 ? 12 : 40);
    const auto [at, added] = expected.emplace(word, table.size());
    ASSERT_EQ(table.InsertUnpadded(word), at->second);
  }
  ASSERT_EQ(table.size(), expected.size());
  for (const auto& [word, id] : expected) {
    ASSERT_EQ(table.FindUnpadded(word), id);
    ASSERT_EQ(table.word(id), word);
  }
}

TEST(WordTableTest, WordsOfEveryLengthAreToldApart) {
  WordTable table;
  for (size_t length = 1; length <= kMaxWordBytes; ++length) {
    ASSERT_EQ(table.InsertUnpadded(std::string(length, 'x')), length - 1);
  }
  for (size_t length = 1; length <= kMaxWordBytes; ++length) {
    ASSERT_EQ(table.FindUnpadded(std::string(length, 'x')), length - 1);
  }
}

TEST(WordTableTest, WhatFollowsAWordDoesNotMatter) {
  WordTable table;
  const std::string a = "word and more padding", b = "word, something else";
  EXPECT_EQ(table.Insert(a.data(), 4), table.Insert(b.data(), 4));
}

TEST(WordTableTest, AMissingWordIsNone) {
  WordTable table;
  table.InsertUnpadded("here");
  EXPECT_EQ(table.FindUnpadded("there"), WordTable::kNone);
  EXPECT_EQ(table.FindUnpadded(""), WordTable::kNone);
  EXPECT_EQ(table.FindUnpadded(std::string(kMaxWordBytes + 1, 'x')), WordTable::kNone);
}

TEST(WordTableTest, AClearedTableNumbersFromZeroAgain) {
  WordTable table;
  for (int i = 0; i < 5000; ++i) table.InsertUnpadded(std::to_string(i));
  table.Clear();
  EXPECT_EQ(table.size(), 0);
  EXPECT_EQ(table.FindUnpadded("7"), WordTable::kNone);
  EXPECT_EQ(table.InsertUnpadded("b"), 0);
  EXPECT_EQ(table.letters(), "b");
}

}  // namespace
}  // namespace shoal
