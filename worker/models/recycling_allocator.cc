#include "worker/models/recycling_allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <new>

namespace shoal {
namespace {

// Smaller ones are malloc's, which keeps them itself.
constexpr size_t kLeastBytes = size_t{64} << 10;
constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;
// Sizes are rounded up, so that nearly equal ones share blocks.
constexpr size_t RoundedUp(size_t bytes) {
  const size_t step = bytes < kHugePage ? kLeastBytes : kHugePage;
  return (bytes + step - 1) / step * step;
}

class RecyclingAllocator final : public c10::Allocator {
 public:
  static RecyclingAllocator& Instance() {
    static RecyclingAllocator* const instance = new RecyclingAllocator;
    return *instance;
  }

  c10::DataPtr allocate(size_t bytes) override {
    void* const data = bytes == 0 ? nullptr : Allocate(bytes);
    return {data, data, &Free, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &Free; }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }

  RecycledMemory memory() {
    const std::lock_guard lock(mutex_);
    return memory_;
  }

 private:
  // Lies in front of the tensor's bytes.
  struct alignas(kAlignment) Header {
    size_t block_bytes;  // 0: malloc's. Of a kept block it stays.
  };

  static void* Allocate(size_t bytes) {
    const size_t with_header = bytes + sizeof(Header);
    const bool large = with_header >= kLeastBytes;
    void* const block = large
                            ? Instance().TakeBlock(RoundedUp(with_header))
                            : std::aligned_alloc(kAlignment, (with_header + kAlignment - 1) / kAlignment * kAlignment);
    if (block == nullptr) throw std::bad_alloc();
    Header* const header = large ? static_cast<Header*>(block) : new (block) Header{0};
    return header + 1;
  }

  static void Free(void* data) {
    if (data == nullptr) return;
    Header* const header = static_cast<Header*>(data) - 1;
    if (header->block_bytes == 0) {
      std::free(header);
    } else {
      Instance().KeepBlock(header, header->block_bytes);
    }
  }

  // A kept block of the size, or of up to half as much again; else another from the system.
  void* TakeBlock(size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto kept = kept_.lower_bound(bytes);
    if (kept == kept_.end() || kept->first > bytes + bytes / 2) return NewBlock(bytes);
    void* const block = kept->second;
    memory_.bytes_kept -= kept->first;
    AddInUse(kept->first);
    kept_.erase(kept);
    return block;
  }

  void AddInUse(size_t bytes) {
    memory_.bytes_in_use += bytes;
    memory_.most_in_use = std::max(memory_.most_in_use, memory_.bytes_in_use);
  }

  void* NewBlock(size_t bytes) {
    const size_t alignment = bytes < kHugePage ? kAlignment : kHugePage;
    void* const block = std::aligned_alloc(alignment, bytes);
    if (block == nullptr) return nullptr;
    // Advice: without it, or without huge pages, all is the same but slower.
    if (alignment == kHugePage) madvise(block, bytes, MADV_HUGEPAGE);
    new (block) Header{bytes};
    ++memory_.taken_from_system;
    AddInUse(bytes);
    const uint64_t most = memory_.most_in_use + memory_.most_in_use / 2;
    while (!kept_.empty() && memory_.bytes_in_use + memory_.bytes_kept > most) ReleaseLargest();
    return block;
  }

  void ReleaseLargest() {
    const auto largest = std::prev(kept_.end());
    memory_.bytes_kept -= largest->first;
    std::free(largest->second);
    kept_.erase(largest);
  }

  void KeepBlock(void* block, size_t bytes) {
    const std::lock_guard lock(mutex_);
    kept_.emplace(bytes, block);
    memory_.bytes_in_use -= bytes;
    memory_.bytes_kept += bytes;
  }

  std::mutex mutex_;
  std::multimap<size_t, void*> kept_;  // By size. The last freed of a size is taken last of it.
  RecycledMemory memory_;
};

}  // namespace

void RecycleTensorMemory() {
  constexpr uint8_t kPriority = 1;  // Over Torch's own, 0.
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(&RecyclingAllocator::Instance(), kPriority); });
}

RecycledMemory TensorMemory() { return RecyclingAllocator::Instance().memory(); }

}  // namespace shoal
