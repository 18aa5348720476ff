#include "worker/models/recycling_allocator.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <vector>

#include "gtest/gtest.h"

namespace shoal {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

at::Tensor Bytes(int64_t count) { return at::empty({count}, at::kByte); }

class RecyclingAllocatorTest : public ::testing::Test {
 protected:
  RecyclingAllocatorTest() { RecycleTensorMemory(); }
};

TEST_F(RecyclingAllocatorTest, ASecondStepOfTheSameSizesTakesNothingFromTheSystem) {
  const auto step = [] {
    std::vector<at::Tensor> tensors;
    for (const int64_t megabytes : {1, 8, 8, 3}) tensors.push_back(Bytes(megabytes * kMegabyte));
  };
  step();
  const uint64_t taken = TensorMemory().taken_from_system;
  step();
  EXPECT_EQ(TensorMemory().taken_from_system, taken);
}

TEST_F(RecyclingAllocatorTest, TensorsInUseDoNotShareMemory) {
  const at::Tensor first = Bytes(kMegabyte).fill_(1), second = Bytes(kMegabyte).fill_(2);
  EXPECT_EQ(first.sum().item<int64_t>(), kMegabyte);
  EXPECT_EQ(second.sum().item<int64_t>(), 2 * kMegabyte);
}

TEST_F(RecyclingAllocatorTest, WhatIsKeptStaysWithinHalfOfTheMostInUse) {
  for (int64_t megabytes = 1; megabytes < 40; megabytes += 3) Bytes(megabytes * kMegabyte);
  const RecycledMemory memory = TensorMemory();
  EXPECT_GT(memory.bytes_kept, 0);
  EXPECT_LE(memory.bytes_in_use + memory.bytes_kept, memory.most_in_use + memory.most_in_use / 2);
}

TEST_F(RecyclingAllocatorTest, MemoryIsAlignedForVectorsAndNoneIsAsked) {
  for (const int64_t bytes : {int64_t{1}, int64_t{1000}, kMegabyte, 5 * kMegabyte}) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(Bytes(bytes).data_ptr()) % 64, 0) << bytes << " bytes";
  }
  EXPECT_EQ(Bytes(0).numel(), 0);
}

}  // namespace
}  // namespace shoal
