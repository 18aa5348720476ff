// PictureNeighbours: the pictures of the bank that an encoder finds nearest to a given one, as names and as a sheet of
// pictures, for people to judge by eye.
//
// Thread rule: functions are safe from any thread, as far as the encoder is.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/images/picture_sets.h"
#include "worker/probes/picture_features.h"

namespace shoal {

struct PictureNeighbours {
  struct Near {
    uint64_t picture = 0;  // Its number in the bank's set.
    std::string path;
    std::string class_name;
    float cosine = 0;
  };
  std::string path;
  std::string class_name;  // Empty of a picture that is in neither set.
  std::vector<Near> nearest;
};

// The `count` nearest in the bank of each of `paths`: a picture of one of the sets, by its path there ("file#record" of
// a CIFAR or IDX file) or through other links, or any other picture's file. A picture of the bank is not its own
// neighbour. `bank` are the features of sets.train(). NotFound, DataLoss, InvalidArgument: a path that cannot be read,
// which is named.
absl::StatusOr<std::vector<PictureNeighbours>> FindPictureNeighbours(const PictureSets& sets, const Features& bank,
                                                                     const FeatureEncoder& encoder,
                                                                     std::span<const std::string> paths,
                                                                     uint64_t count);

// A PNG file: a row for each picture, which stands first, its neighbours after it; all as the encoder sees them,
// without normalisation. ResourceExhausted as PictureGrid's.
inline constexpr uint64_t kMostSheetRows = 200, kMostSheetNeighbours = 50;
absl::Status WriteNeighbourSheet(const PictureSets& sets, std::span<const PictureNeighbours> found,
                                 const AugmentationSettings& views, const std::string& path);

}  // namespace shoal
