#include "worker/augment/augmenter.h"

#include <algorithm>

#include "worker/augment/view_arithmetic.h"

namespace shoal {
namespace {

// The row that stands in for row `y` of `size` in a blur: beyond the border it is mirrored, without the border itself.
int Mirrored(int y, int size) { return y < 0 ? -y : y >= size ? 2 * (size - 1) - y : y; }

const uint8_t* PixelAt(const ImageView& image, int x, int y) {
  return image.pixels + (static_cast<size_t>(y) * image.width + x) * 3;
}

}  // namespace

Augmenter::Augmenter(const AugmentationSettings& settings, SimdBackend backend)
    : settings_(settings),
      functions_(PixelFunctionsOf(backend)),
      pixels_(static_cast<size_t>(settings.size) * settings.size),
      plane_((pixels_ + kPixelSlack - 1) / kPixelSlack * kPixelSlack),
      scaling_(LevelScalingOf(settings)),
      planes_(3 * plane_ + kPixelSlack) {}

void Augmenter::View(const ImageView& image, const ViewKey& key, float* out) {
  Apply(image, DrawView(settings_, image.width, image.height, key), out);
}

void Augmenter::Evaluate(const ImageView& image, float* out) {
  Apply(image, EvaluationView(settings_, image.width, image.height), out);
}

void Augmenter::Apply(const ImageView& image, const DrawnView& drawn, float* out) {
  MakePlanes(image, drawn);
  functions_.normalise(planes_.data(), plane_, pixels_, scaling_.scales.data(), scaling_.offsets.data(), out);
}

void Augmenter::Render(const ImageView& image, const DrawnView& drawn, uint8_t* out) {
  MakePlanes(image, drawn);
  for (size_t i = 0; i < pixels_; ++i) {
    for (int c = 0; c < 3; ++c) out[3 * i + c] = planes_[c * plane_ + i];
  }
}

void Augmenter::MakePlanes(const ImageView& image, const DrawnView& drawn) {
  Resize(image, drawn.resizing, drawn.flip);
  for (const ColourStep& step : drawn.steps()) Colour(step);
  if (drawn.blur_sigma > 0) Blur(drawn.blur_sigma);
  if (drawn.solarise) functions_.solarise(planes_.data(), plane_, settings_.solarise_threshold);
}

void Augmenter::Resize(const ImageView& image, const Resizing& resizing, bool flip) {
  const Resizing::Box& box = resizing.box;
  columns_.Make(box.width, resizing.width, resizing.left, settings_.size);
  rows_.Make(box.height, resizing.height, resizing.top, settings_.size);
  if (ColumnsFirst(resizing)) {
    ResizeDownColumnsFirst(image, box, flip);
  } else {
    ResizeAlongRowsFirst(image, box, flip);
  }
}

void Augmenter::ResizeAlongRowsFirst(const ImageView& image, const Resizing::Box& box, bool flip) {
  const size_t size = settings_.size, row_bytes = 3 * size;
  const int first = rows_.start(0), last = rows_.start(settings_.size - 1) + rows_.taps();
  halfway_.resize((last - first) * row_bytes);
  for (int y = first; y < last; ++y) {
    const uint8_t* row = PixelAt(image, box.left, box.top + y);
    if (box.top + y == image.height - 1) {
      last_row_.assign(row, row + size_t{3} * box.width);
      last_row_.push_back(0);
      row = last_row_.data();
    }
    functions_.resize_row(row, columns_, flip, halfway_.data() + (y - first) * row_bytes, size);
  }
  for (size_t y = 0; y < size; ++y) {
    const int row = static_cast<int>(y);
    const uint8_t* const rows = halfway_.data() + (rows_.start(row) - first) * row_bytes;
    for (int c = 0; c < 3; ++c) {
      functions_.add_rows(rows + c * size, row_bytes, rows_.weights(row), rows_.taps(), size,
                          planes_.data() + c * plane_ + y * size);
    }
  }
}

void Augmenter::ResizeDownColumnsFirst(const ImageView& image, const Resizing::Box& box, bool flip) {
  const size_t stride = size_t{3} * image.width, row_bytes = size_t{3} * box.width;
  halfway_.resize(row_bytes + 1);
  for (int y = 0; y < settings_.size; ++y) {
    functions_.add_rows(PixelAt(image, box.left, box.top + rows_.start(y)), stride, rows_.weights(y), rows_.taps(),
                        row_bytes, halfway_.data());
    functions_.resize_row(halfway_.data(), columns_, flip, planes_.data() + static_cast<size_t>(y) * settings_.size,
                          plane_);
  }
}

void Augmenter::Colour(const ColourStep& step) {
  uint8_t* const planes = planes_.data();
  switch (step.kind) {
    case ColourStep::Kind::kBrightness:
      return functions_.blend_with_level(planes, plane_, 0, step.factor);
    case ColourStep::Kind::kContrast: {
      const double mean =
          static_cast<double>(functions_.sum_of_grey(planes, plane_, pixels_)) / static_cast<double>(pixels_);
      return functions_.blend_with_level(planes, plane_, static_cast<int>(mean + 0.5), step.factor);
    }
    case ColourStep::Kind::kSaturation:
      return functions_.blend_with_grey(planes, plane_, step.factor);
    case ColourStep::Kind::kHue:
      return functions_.turn_hue(planes, plane_, HueTurn(step.factor));
    case ColourStep::Kind::kGrey:
      return functions_.grey(planes, plane_);
  }
}

void Augmenter::Blur(float sigma) {
  FillBlurWeights(sigma, settings_.blur_kernel, &blur_weights_);
  const int size = settings_.size, radius = static_cast<int>(blur_weights_.size()) - 1;
  blurred_.resize(plane_ + kPixelSlack);
  blur_row_.resize(size + 2 * radius + kPixelSlack);
  const uint8_t *above[AugmentationSettings::kMaxBlurKernel], *below[AugmentationSettings::kMaxBlurKernel];
  for (int c = 0; c < 3; ++c) {
    uint8_t* const plane = planes_.data() + c * plane_;
    for (int y = 0; y < size; ++y) {
      for (int k = 1; k <= radius; ++k) {
        above[k] = plane + static_cast<size_t>(Mirrored(y - k, size)) * size;
        below[k] = plane + static_cast<size_t>(Mirrored(y + k, size)) * size;
      }
      const size_t row = static_cast<size_t>(y) * size;
      float* const middle = blur_row_.data() + radius;
      functions_.blur_down(plane + row, above, below, blur_weights_.data(), radius, size, middle);
      for (int k = 1; k <= radius; ++k) {
        middle[-k] = middle[Mirrored(-k, size)];
        middle[size - 1 + k] = middle[Mirrored(size - 1 + k, size)];
      }
      functions_.blur_along(blur_row_.data(), blur_weights_.data(), radius, size, blurred_.data() + row);
    }
    std::copy_n(blurred_.begin(), pixels_, plane);
  }
}

}  // namespace shoal
