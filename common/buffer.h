// Buffer: bytes on their way through a transport: 64-byte aligned, movable, never zero-filled.
//
// Thread rule: a value; one owner at a time.

#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace shoal {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t size) : data_(Allocate(size)), size_(size), capacity_(size) {}
  Buffer(Buffer&& other) noexcept
      : data_(std::move(other.data_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  static Buffer CopyOf(std::string_view bytes) {
    Buffer buffer(bytes.size());
    if (!bytes.empty()) std::memcpy(buffer.data(), bytes.data(), bytes.size());
    return buffer;
  }

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<std::byte> span() { return {data(), size_}; }
  std::span<const std::byte> span() const { return {data(), size_}; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data()), size_}; }

  // Makes it `size` bytes long, keeping the memory where it suffices. The contents are undefined afterwards.
  void Reset(size_t size) {
    if (size > capacity_) {
      data_.reset(Allocate(size));
      capacity_ = size;
    }
    size_ = size;
  }
  // Keeps the first `size` bytes; size <= size().
  void Truncate(size_t size) { size_ = size; }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  static std::byte* Allocate(size_t size) {
    if (size == 0) return nullptr;
    void* p = std::aligned_alloc(64, (size + 63) / 64 * 64);
    if (p == nullptr) throw std::bad_alloc();  // Caught in main: there is no going on without memory.
    return static_cast<std::byte*>(p);
  }

  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace shoal
