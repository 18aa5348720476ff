// RecordFile: pictures of one size stored raw, one after the other, as CIFAR and MNIST are: read from first to last.
//
// Thread rule: belongs to one thread at a time.
// Implementations: cifar.h, idx.h.

#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "data/images/decode.h"
#include "data/images/image_buffer.h"
#include "data/images/image_view.h"

namespace shoal {

// Of a picture without one.
inline constexpr int32_t kNoLabel = -1;
// Classes of a set at most; a label at or above it is no label.
inline constexpr int32_t kMostClasses = 1 << 24;

class RecordFile {
 public:
  struct Record {
    ImageView picture;
    int32_t label = kNoLabel;
  };

  virtual ~RecordFile() = default;

  // Pictures of the file, and the size of each.
  virtual uint64_t records() const = 0;
  virtual PictureSize record_size() const = 0;

  // The next picture, in the front plane of `buffer`; nothing at the end. DataLoss names the file, the record and what
  // is wrong with it.
  virtual absl::StatusOr<std::optional<Record>> Next(ImageBuffer* buffer) = 0;
};

}  // namespace shoal
