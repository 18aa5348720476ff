#include "worker/augment/contact_sheet.h"

#include <algorithm>
#include <cstring>

#include "worker/augment/augmenter.h"

namespace shoal {
namespace {

constexpr int kMargin = 4;
constexpr uint8_t kPaper = 255;
// Views are enlarged to about so many pixels.
constexpr int kComfortableSide = 128;

}  // namespace

ContactSheet::ContactSheet(const AugmentationSettings& settings, uint64_t seed, int rows, int pairs)
    : settings_(settings),
      seed_(seed),
      rows_(std::clamp(rows, 1, kMaxRows)),
      pairs_(std::clamp(pairs, 1, kMaxPairs)),
      enlargement_(std::max(1, kComfortableSide / settings.size)),
      cell_(settings.size * enlargement_ + kMargin),
      width_(cell_ * (1 + 2 * pairs_) + kMargin),
      height_(cell_ * rows_ + kMargin),
      pixels_(size_t{3} * width_ * height_, kPaper) {}

void ContactSheet::Add(const ImageView& picture, uint64_t image) {
  if (row_ == rows_) return;
  Augmenter augmenter(settings_);
  std::vector<uint8_t> view(augmenter.view_floats());
  augmenter.Render(picture, EvaluationView(settings_, picture.width, picture.height), view.data());
  Fill(row_, 0, view.data());
  for (int i = 0; i < 2 * pairs_; ++i) {
    const ViewKey key = {
        .seed = seed_, .epoch = static_cast<uint32_t>(i / 2), .image = image, .view = static_cast<uint32_t>(i % 2)};
    augmenter.Render(picture, DrawView(settings_, picture.width, picture.height, key), view.data());
    Fill(row_, 1 + i, view.data());
  }
  ++row_;
}

void ContactSheet::Fill(int row, int column, const uint8_t* view) {
  const int side = settings_.size * enlargement_;
  for (int y = 0; y < side; ++y) {
    const uint8_t* const from = view + size_t{3} * settings_.size * (y / enlargement_);
    uint8_t* const to =
        pixels_.data() + (size_t{1} * (kMargin + row * cell_ + y) * width_ + kMargin + column * cell_) * 3;
    for (int x = 0; x < side; ++x) std::memcpy(to + 3 * x, from + 3 * (x / enlargement_), 3);
  }
}

}  // namespace shoal
