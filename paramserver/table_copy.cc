#include "paramserver/table_copy.h"

#include <errno.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "common/format.h"
#include "common/machine.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr uint64_t kBytesCopiedAtOnce = uint64_t{32} << 20;
constexpr uint64_t kBytesOfABlock = uint64_t{1} << 20;

struct BlockHead {
  uint64_t first_key;
  uint64_t key_step;
  uint64_t rows;
};

}  // namespace

absl::StatusOr<TableBlock> TableBlock::Parse(std::string_view block, uint32_t stride) {
  BlockHead head;
  if (block.size() < sizeof(head)) return DataLoss("a block of ", block.size(), " bytes is too short for rows");
  std::memcpy(&head, block.data(), sizeof(head));
  const uint64_t key_bytes = head.key_step == 0 ? sizeof(uint64_t) : 0, row_bytes = stride * sizeof(float) + key_bytes;
  const uint64_t bytes = block.size() - sizeof(head);
  if (head.rows == 0 || bytes / row_bytes != head.rows || bytes % row_bytes != 0) {
    return DataLoss("a block of ", block.size(), " bytes does not hold the ", head.rows, " rows of ", stride,
                    " floats that it says");
  }
  const char* after = block.data() + sizeof(head);
  TableBlock parsed{.first_key = head.first_key, .key_step = head.key_step, .rows = head.rows};
  if (key_bytes > 0) parsed.keys = {reinterpret_cast<const uint64_t*>(after), head.rows};
  parsed.values = reinterpret_cast<const float*>(after + key_bytes * head.rows);
  return parsed;
}

TableCopy::~TableCopy() {
  if (memory_ != nullptr) ::munmap(memory_, memory_bytes_);
}

absl::Status TableCopy::Begin(const float* from, uint64_t rows, uint32_t stride, uint64_t first_key, uint64_t key_step,
                              std::vector<uint64_t> keys) {
  const uint64_t bytes = rows * stride * sizeof(float);
  if (bytes > memory_bytes_) {
    if (memory_ != nullptr) ::munmap(std::exchange(memory_, nullptr), std::exchange(memory_bytes_, 0));
    // The kernel would promise it, and kill somebody when it is touched.
    if (const Machine machine = Machine::Inspect(); bytes > machine.memory_bytes) {
      return ResourceExhausted("a copy takes ", FormatBytes(bytes), ", and ", machine.memory_limited_by, " is ",
                               FormatBytes(machine.memory_bytes));
    }
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return ErrnoError(errno, Cat("no memory for a copy of ", bytes, " bytes"));
    // One fault a 2 MiB page instead of 512; where the kernel has none, small ones do.
    ::madvise(memory, bytes, MADV_HUGEPAGE);
    memory_ = static_cast<char*>(memory);
    memory_bytes_ = bytes;
  }
  begun_ = true;
  from_ = from;
  rows_ = rows;
  stride_ = stride;
  first_key_ = first_key;
  key_step_ = key_step;
  keys_ = std::move(keys);
  copied_ = 0;
  return absl::OkStatus();
}

bool TableCopy::CopySome() {
  const uint64_t bytes = rows_ * stride_ * sizeof(float);
  const uint64_t some = std::min(kBytesCopiedAtOnce, bytes - copied_);
  if (some > 0) std::memcpy(memory_ + copied_, reinterpret_cast<const char*>(from_) + copied_, some);
  copied_ += some;
  begun_ = copied_ < bytes;
  return !begun_;
}

absl::Status TableCopy::Save(ShardWriter* writer) const {
  const uint64_t row_bytes = stride_ * sizeof(float);
  const uint64_t at_once = std::max<uint64_t>(1, kBytesOfABlock / row_bytes);
  for (uint64_t first = 0; first < rows_; first += at_once) {
    const uint64_t rows = std::min(at_once, rows_ - first);
    const BlockHead head{.first_key = first_key_ + first * key_step_, .key_step = key_step_, .rows = rows};
    const std::string_view parts[] = {
        {reinterpret_cast<const char*>(&head), sizeof(head)},
        {reinterpret_cast<const char*>(keys_.data() + (key_step_ == 0 ? first : 0)),
         key_step_ == 0 ? rows * sizeof(uint64_t) : 0},
        {memory_ + first * row_bytes, rows * row_bytes},
    };
    RETURN_IF_ERROR(writer->Append(parts));
  }
  return absl::OkStatus();
}

}  // namespace shoal
