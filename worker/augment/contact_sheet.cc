#include "worker/augment/contact_sheet.h"

#include <algorithm>
#include <vector>

#include "worker/augment/augmenter.h"

namespace shoal {

ContactSheet::ContactSheet(const AugmentationSettings& settings, uint64_t seed, int rows, int pairs)
    : settings_(settings),
      seed_(seed),
      rows_(std::clamp(rows, 1, kMaxRows)),
      pairs_(std::clamp(pairs, 1, kMaxPairs)),
      grid_(rows_, 1 + 2 * pairs_, settings.size) {}

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
