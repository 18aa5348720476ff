// SpillFile: a nameless file for what must not stay in memory; it is gone when its last user is, however that died.
//
// Thread rule: Append and Read are safe from any thread; a range may be read once its Append returned.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoal {

class SpillFile {
 public:
  // In `folder`, which must exist: a temporary folder may be a small memory disk, this one has room for the result.
  static absl::StatusOr<std::unique_ptr<SpillFile>> Create(const std::string& folder);
  ~SpillFile();

  // Writes `parts` one after the other and returns where they begin. ResourceExhausted: the disk is full.
  absl::StatusOr<uint64_t> Append(std::span<const std::string_view> parts);
  // Reads exactly `bytes`, all appended before.
  absl::Status Read(uint64_t offset, std::span<char> bytes) const;

  uint64_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  SpillFile(int fd, std::string folder) : fd_(fd), folder_(std::move(folder)) {}

  const int fd_;
  const std::string folder_;
  std::atomic<uint64_t> size_ = 0;
};

}  // namespace shoal
