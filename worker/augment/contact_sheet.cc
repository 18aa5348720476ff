#include "worker/augment/contact_sheet.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/status.h"
#include "worker/augment/augmenter.h"

namespace shoal {

absl::StatusOr<ContactSheet> ContactSheet::Create(const AugmentationSettings& settings, uint64_t seed, int rows,
                                                  int pairs) {
  rows = std::clamp(rows, 1, kMaxRows);
  pairs = std::clamp(pairs, 1, kMaxPairs);
  ASSIGN_OR_RETURN(PictureGrid grid, PictureGrid::Create(rows, 1 + 2 * pairs, settings.size));
  return ContactSheet(settings, seed, rows, pairs, std::move(grid));
}

ContactSheet::ContactSheet(const AugmentationSettings& settings, uint64_t seed, int rows, int pairs, PictureGrid grid)
    : settings_(settings), seed_(seed), rows_(rows), pairs_(pairs), grid_(std::move(grid)) {}

void ContactSheet::Add(const ImageView& picture, uint64_t image) {
  if (row_ == rows_) return;
  Augmenter augmenter(settings_);
  std::vector<uint8_t> view(augmenter.view_floats());
  augmenter.Render(picture, EvaluationView(settings_, picture.width, picture.height), view.data());
  grid_.Fill(row_, 0, view.data());
  for (int i = 0; i < 2 * pairs_; ++i) {
    const ViewKey key = {
        .seed = seed_, .epoch = static_cast<uint32_t>(i / 2), .image = image, .view = static_cast<uint32_t>(i % 2)};
    augmenter.Render(picture, DrawView(settings_, picture.width, picture.height, key), view.data());
    grid_.Fill(row_, 1 + i, view.data());
  }
  ++row_;
}

}  // namespace shoal
