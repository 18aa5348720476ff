#include "common/buffer.h"

#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace shoal {
namespace {

constexpr size_t kMebibyte = size_t{1} << 20;

TEST(BufferTest, MemoryIsAlignedToCacheLines) {
  for (const size_t size : {size_t{1}, size_t{63}, size_t{65}, size_t{100000}, 3 * kMebibyte, 40 * kMebibyte}) {
    const Buffer buffer(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0) << size;
    EXPECT_EQ(buffer.size(), size);
  }
}

TEST(BufferTest, AnEmptyBufferHasNoMemory) {
  EXPECT_EQ(Buffer().data(), nullptr);
  EXPECT_EQ(Buffer(0).data(), nullptr);
  EXPECT_TRUE(Buffer::CopyOf("").empty());
}

TEST(BufferTest, ACopyHasTheBytes) {
  const Buffer buffer = Buffer::CopyOf(std::string_view("a\0b", 3));
  EXPECT_EQ(buffer.view(), std::string_view("a\0b", 3));
  EXPECT_EQ(buffer.span().size(), 3);
}

TEST(BufferTest, AMoveLeavesTheSourceEmpty) {
  Buffer a = Buffer::CopyOf("bytes");
  Buffer b(std::move(a));
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): what a move leaves is part of the contract.
  EXPECT_EQ(a.data(), nullptr);
  EXPECT_EQ(b.view(), "bytes");
  Buffer c = Buffer::CopyOf("other");
  c = std::move(b);
  EXPECT_TRUE(b.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(c.view(), "bytes");
}

TEST(BufferTest, AResetToFewerBytesKeepsTheMemory) {
  Buffer buffer(1000);
  const std::byte* const memory = buffer.data();
  buffer.Reset(10);
  buffer.Reset(1000);
  EXPECT_EQ(buffer.data(), memory);
  buffer.Truncate(3);
  EXPECT_EQ(buffer.size(), 3);
}

TEST(BufferTest, AThreadUsesTheLargeBlockAgainThatItFreed) {
  const std::byte* memory = nullptr;
  {
    Buffer buffer(2 * kMebibyte);
    memory = buffer.data();
  }
  const Buffer other(2 * kMebibyte - 100);
  EXPECT_EQ(other.data(), memory);
  EXPECT_NE(Buffer(2 * kMebibyte).data(), memory);
}

TEST(BufferTest, ABlockOfAnotherSizeIsNotUsedForIt) {
  const std::byte* memory = nullptr;
  {
    Buffer buffer(8 * kMebibyte);
    memory = buffer.data();
  }
  const Buffer small(kMebibyte / 2);
  EXPECT_NE(small.data(), memory);
}

TEST(BufferTest, ABufferMayBeFreedByAnotherThreadThanMadeIt) {
  std::vector<Buffer> buffers;
  for (int i = 0; i < 40; ++i) buffers.emplace_back(kMebibyte);
  std::thread([taken = std::move(buffers)]() mutable { taken.clear(); }).join();
  Buffer later(kMebibyte);
  std::memset(later.data(), 1, later.size());
}

TEST(BufferTest, AStaticBufferMayOutliveTheStorageOfItsThread) {
  static Buffer outliving;
  outliving.Reset(kMebibyte);
}

}  // namespace
}  // namespace shoal
