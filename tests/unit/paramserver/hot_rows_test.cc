#include "paramserver/hot_rows.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "common/buffer.h"

namespace shoal {
namespace {

constexpr uint32_t kFloats = 16;

// Rows as a table has them.
class HotRowsTest : public testing::Test {
 protected:
  std::vector<float*> Shared(size_t rows) {
    memory_.Reset(rows * kFloats * sizeof(float));
    std::memset(memory_.data(), 0, memory_.size());
    shared_.clear();
    for (size_t i = 0; i < rows; ++i) shared_.push_back(reinterpret_cast<float*>(memory_.data()) + i * kFloats);
    return shared_;
  }

  Buffer memory_;
  std::vector<float*> shared_;
};

TEST_F(HotRowsTest, WhatBothSidesAddedIsInTheSum) {
  HotRows hot(Shared(2), kFloats);
  for (int round = 1; round <= 3; ++round) {
    hot.row(1)[5] += 2;
    shared_[1][5] += 10;
    hot.Merge();
    EXPECT_EQ(shared_[1][5], 12 * round);
    EXPECT_EQ(hot.row(1)[5], 12 * round);
    EXPECT_EQ(shared_[0][5], 0);
  }
}

TEST_F(HotRowsTest, ARowThatNobodyElseTouchesIsNotRounded) {
  HotRows hot(Shared(1), kFloats);
  shared_[0][0] = 1e8f;
  hot.Merge();
  hot.row(0)[0] = 1e-8f;  // 1e8 + (1e-8 - 1e8) would be 0.
  hot.Merge();
  EXPECT_EQ(shared_[0][0], 1e-8f);
}

TEST_F(HotRowsTest, AFourthOfTheFrequencyIsMergedAFourthAsOften) {
  HotRows hot(Shared(5000), kFloats);
  std::vector<int> merges(5000);
  for (int time = 0; time < 256; ++time) {
    for (size_t i = 0; i < merges.size(); ++i) hot.row(i)[0] = static_cast<float>(time + 1);
    hot.MergeDue();
    for (size_t i = 0; i < merges.size(); ++i) merges[i] += shared_[i][0] == static_cast<float>(time + 1);
  }
  for (size_t i = 0; i < merges.size(); ++i) {
    ASSERT_EQ(merges[i], i < 64 ? 256 : i < 256 ? 64 : i < 1024 ? 16 : i < 4096 ? 4 : 1) << i;
  }
}

TEST_F(HotRowsTest, NoRowsAreNoTrouble) {
  HotRows hot({}, kFloats);
  hot.MergeDue();
  hot.Merge();
  EXPECT_EQ(hot.size(), 0u);
}

}  // namespace
}  // namespace shoal
