#include "common/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <new>

#include "common/machine.h"

namespace shoal {
namespace {

constexpr size_t kAlignment = 64;
// Smaller blocks are malloc's business: it keeps them on its heap, whose pages stay.
constexpr size_t kMinKeptBytes = size_t{64} << 10;
constexpr size_t kMaxKeptBytes = size_t{16} << 20;
// Of one thread: a request and its response of 2 MiB, for each of two peers, both ways.
constexpr size_t kMaxKeptBlocks = 8;
constexpr size_t kMaxKeptTotal = size_t{32} << 20;

struct Block {
  std::byte* data;
  size_t capacity;
};

// The blocks that a thread keeps, the oldest first. Trivially destructible, as a static buffer may be freed after the
// thread's storage is gone: Close says so.
class KeptBlocks {
 public:
  // A block of exactly `capacity` bytes; nullptr where there is none.
  std::byte* Take(size_t capacity) {
    const auto end = blocks_.begin() + count_;
    // The block freed last is the likeliest to be in the cache.
    for (auto block = end; block != blocks_.begin();) {
      if ((--block)->capacity == capacity) return Remove(block - blocks_.begin());
    }
    return nullptr;
  }

  // Takes over a block that is no larger than kMaxKeptBytes, for the oldest ones where there is no room.
  bool Keep(std::byte* data, size_t capacity) {
    if (closed_) return false;
    while (count_ == kMaxKeptBlocks || total_ + capacity > kMaxKeptTotal) std::free(Remove(0));
    blocks_[count_++] = {data, capacity};
    total_ += capacity;
    return true;
  }

  void Close() {
    while (count_ > 0) std::free(Remove(count_ - 1));
    closed_ = true;
  }

 private:
  std::byte* Remove(size_t index) {
    std::byte* const data = blocks_[index].data;
    total_ -= blocks_[index].capacity;
    std::copy(blocks_.begin() + index + 1, blocks_.begin() + count_, blocks_.begin() + index);
    --count_;
    return data;
  }

  std::array<Block, kMaxKeptBlocks> blocks_{};
  size_t count_ = 0;
  size_t total_ = 0;
  bool closed_ = false;
};

constinit thread_local KeptBlocks kept;

struct CloseAtThreadEnd {
  ~CloseAtThreadEnd() { kept.Close(); }
};

bool Keep(std::byte* data, size_t capacity) {
  if (capacity < kMinKeptBytes || capacity > kMaxKeptBytes) return false;
  static thread_local CloseAtThreadEnd close_at_thread_end;
  return kept.Keep(data, capacity);
}

// Blocks worth keeping come in powers of two, so that a request of about the same size fits.
size_t CapacityFor(size_t size) {
  if (size >= kMinKeptBytes && size <= kMaxKeptBytes) return std::bit_ceil(size);
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

void Buffer::Reset(size_t size) {
  if (size > capacity_) {
    Free(std::exchange(data_, nullptr), std::exchange(capacity_, 0));
    const size_t capacity = CapacityFor(size);
    data_ = Allocate(capacity);
    capacity_ = capacity;
  }
  size_ = size;
}

std::byte* Buffer::Allocate(size_t capacity) {
  if (std::byte* block = kept.Take(capacity)) return block;
  const bool huge = capacity % kHugePageBytes == 0;
  void* block = std::aligned_alloc(huge ? kHugePageBytes : kAlignment, capacity);
  if (block == nullptr) throw std::bad_alloc();  // Caught in main: there is no going on without memory.
  // MPI copies from process to process by way of the kernel, which looks up each page: one look for 512. Where huge
  // pages are switched off the block serves as it is.
  if (huge) ::madvise(block, capacity, MADV_HUGEPAGE);
  return static_cast<std::byte*>(block);
}

void Buffer::Free(std::byte* block, size_t capacity) {
  if (block != nullptr && !Keep(block, capacity)) std::free(block);
}

}  // namespace shoal
