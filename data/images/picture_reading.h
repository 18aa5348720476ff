// Reading all pictures of a set once, on several threads: their sizes (SurveyPictures), or their pixels in order
// (DecodeInOrder). A picture that cannot be read is told with its reason and stops nothing.
//
// Memory is bounded: a thread holds a chunk of kChunkBytes of pixels, or one picture where that is larger.
//
// Thread rule: safe from any thread; they start threads of their own and join them before they return.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/found_file.h"
#include "data/images/decode.h"
#include "data/images/pixel_sums.h"

namespace shoal {

struct ReadingOptions {
  DecodeOptions decode;
  uint64_t max_file_bytes = 0;
  uint32_t threads = 1;
  // Pictures that are done; from any thread.
  std::function<void(uint64_t done)> progress;
  // Null, or true once the caller wants no more: Aborted.
  const std::atomic<bool>* give_up = nullptr;
};

// Pixels of a chunk, about.
inline constexpr uint64_t kChunkBytes = uint64_t{1} << 24;

// A picture of the set by its number, and its size or why it could not be read.
struct ReadPicture {
  uint64_t index = 0;
  absl::Status status;
  PictureSize size;
};

// Of each file, from its header.
absl::StatusOr<std::vector<ReadPicture>> SurveyPictures(std::span<const FoundFile> files,
                                                        const ReadingOptions& options);

struct DecodedChunk {
  std::vector<ReadPicture> pictures;
  std::vector<uint8_t> pixels;  // Of those that could be read, end to end.
  PixelSums sums;
};

// Of `pictures`, whose sizes are known and which are numbers of `files`: `take` gets them in order, one chunk at a
// time, whatever thread it comes from. A picture that has another size than it was surveyed with is one that cannot be
// read.
absl::Status DecodeInOrder(std::span<const FoundFile> files, std::span<const ReadPicture> pictures,
                           const ReadingOptions& options, const std::function<absl::Status(const DecodedChunk&)>& take);

}  // namespace shoal
