// ImageCounts: what the preparation of a set of pictures met and what it did about it. Stored in the image file, so
// that a run that reuses the file can say it too.
//
// Thread rule: a value; one owner at a time.

#pragma once

#include <cstdint>

namespace shoal {

// The layout is part of docs/formats/images.md: 64-bit numbers, in this order.
struct ImageCounts {
  uint64_t files = 0;        // Of pictures, or of CIFAR and IDX.
  uint64_t file_bytes = 0;   // As stored.
  uint64_t broken = 0;       // Pictures left out because they could not be read.
  uint64_t not_taken = 0;    // Pictures left out by first_of_class.
  uint64_t other_files = 0;  // In the folders, but no pictures.
  uint64_t unlabelled = 0;   // Pictures of the set without a label.
  uint64_t sampled = 0;      // Pictures that the mean and deviation were computed from.
  uint64_t reserved = 0;
};

}  // namespace shoal
