// Buffer: bytes on their way through a transport: 64-byte aligned, movable, never zero-filled.
//
// Large blocks are kept by the thread that frees them and handed out again, since the page faults of a fresh 2 MiB
// block cost as much as copying it does. What a thread keeps is bounded (buffer.cc) and freed when it ends.
//
// Thread rule: a value; one owner at a time, which may be another thread than the one that made it.

#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace shoal {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t size) { Reset(size); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer taken(std::move(other));
    std::swap(data_, taken.data_);
    std::swap(size_, taken.size_);
    std::swap(capacity_, taken.capacity_);
    return *this;
  }
  ~Buffer() { Free(data_, capacity_); }

  static Buffer CopyOf(std::string_view bytes) {
    Buffer buffer(bytes.size());
    if (!bytes.empty()) std::memcpy(buffer.data(), bytes.data(), bytes.size());
    return buffer;
  }

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<std::byte> span() { return {data(), size_}; }
  std::span<const std::byte> span() const { return {data(), size_}; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data()), size_}; }

  // Makes it `size` bytes long, keeping the memory where it suffices. The contents are undefined afterwards.
  void Reset(size_t size);

  // Keeps the first `size` bytes; size <= size().
  void Truncate(size_t size) { size_ = size; }

 private:
  static std::byte* Allocate(size_t capacity);
  static void Free(std::byte* block, size_t capacity);

  std::byte* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace shoal
