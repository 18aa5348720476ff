// ImageBuffer: memory that one picture after the other is decoded into, so that reading one allocates nothing.
//
// Two planes: a step (decoding, turning, shrinking) reads the front one and writes the back one, which Flip makes the
// front. Both grow to the largest picture they have met and stay so.
//
// Thread rule: belongs to one thread at a time. A view of it holds until the next picture is read into it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace shoal {

class ImageBuffer {
 public:
  // Room for `bytes` in the back plane; what was in it is lost.
  uint8_t* Back(size_t bytes) {
    if (bytes > back_.bytes) back_ = {std::make_unique_for_overwrite<uint8_t[]>(bytes), bytes};
    return back_.memory.get();
  }
  void Flip() { std::swap(front_, back_); }

  // For the picture's file as it is stored.
  std::string* file() { return &file_; }

 private:
  struct Plane {
    std::unique_ptr<uint8_t[]> memory;
    size_t bytes = 0;
  };
  Plane front_, back_;
  std::string file_;
};

}  // namespace shoal
