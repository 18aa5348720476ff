// ContactSheet: pictures and the views that training makes of them, side by side, for people to look at.
//
// A row for each picture: what an evaluation sees of it, then its views in pairs, one pair an epoch. Small views are
// shown enlarged by a whole number.
//
// Thread rule: a value.

#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "common/job/augmentation_settings.h"
#include "data/images/image_view.h"
#include "worker/augment/picture_grid.h"

namespace shoal {

class ContactSheet {
 public:
  // With `pairs` pairs of views of each picture, drawn with `seed`. Rows and pairs beyond kMaxRows and kMaxPairs are
  // left out. Room is taken for all rows at once; ResourceExhausted as PictureGrid's.
  static constexpr int kMaxRows = 200, kMaxPairs = 20;
  static absl::StatusOr<ContactSheet> Create(const AugmentationSettings& settings, uint64_t seed, int rows, int pairs);

  // The views of picture number `image` of its set fill the next row, while there is one.
  void Add(const ImageView& picture, uint64_t image);

  ImageView view() const { return grid_.view(); }

 private:
  ContactSheet(const AugmentationSettings& settings, uint64_t seed, int rows, int pairs, PictureGrid grid);

  const AugmentationSettings settings_;
  const uint64_t seed_;
  const int rows_, pairs_;
  int row_ = 0;
  PictureGrid grid_;
};

}  // namespace shoal
