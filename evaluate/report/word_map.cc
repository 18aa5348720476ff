#include "evaluate/report/word_map.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_format.h"
#include "common/text.h"
#include "evaluate/report/html.h"
#include "evaluate/symmetric_eigen.h"

namespace shoal {
namespace {

constexpr double kWidth = 1080, kHeight = 760, kMargin = 36;
constexpr double kDot = 2.2;  // Radius.
constexpr double kLargestFont = 15, kSmallestFont = 10.5;

struct Box {
  double left, top, right, bottom;
  bool Overlaps(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

Box DotBox(const PlanePoint& point) { return {point.x - kDot, point.y - kDot, point.x + kDot, point.y + kDot}; }

// Centred unit vectors [rows, dim].
Eigen::MatrixXd CentredUnitRows(const WordVectors& vectors, std::span<const uint64_t> rows) {
  Eigen::MatrixXd unit = Eigen::MatrixXd::Zero(rows.size(), vectors.dim());
  for (size_t i = 0; i < rows.size(); ++i) {
    const Eigen::RowVectorXd row =
        Eigen::Map<const Eigen::RowVectorXf>(vectors.row(rows[i]).data(), vectors.dim()).cast<double>();
    const double length = row.norm();
    if (length > 0 && std::isfinite(length)) unit.row(i) = row / length;
  }
  return unit.rowwise() - unit.colwise().mean().eval();
}

// Where the label may stand around its point, the best first: (dx, dy) from the point to the text's left and baseline.
std::vector<PlanePoint> Places(const MapLabel& label, double width) {
  const double gap = kDot + 2, up = -gap, down = gap + 0.72 * label.size, level = 0.34 * label.size;
  return {{gap, level}, {-gap - width, level}, {-width / 2, up},   {-width / 2, down},
          {gap, up},    {gap, down},           {-gap - width, up}, {-gap - width, down}};
}

}  // namespace

Plane ProjectToPlane(const WordVectors& vectors, std::span<const uint64_t> rows) {
  const Eigen::MatrixXd centred = CentredUnitRows(vectors, rows);
  // The smaller of the two Gram matrices has the same eigenvalues; of the words' one, the eigenvectors are the places.
  const bool by_words = centred.rows() < centred.cols();
  const Eigen::MatrixXd gram = by_words ? (centred * centred.transpose()).eval() : centred.transpose() * centred;
  const SymmetricEigen eigen = EigenOfSymmetric(gram);
  const double total = eigen.values.cwiseMax(0).sum();
  Plane plane{.points = std::vector<PlanePoint>(rows.size())};
  for (int axis = 0; axis < std::min<int>(2, gram.rows()); ++axis) {
    const double value = std::max(0.0, eigen.values[axis]);
    Eigen::VectorXd places = eigen.vectors.col(axis);
    places = by_words ? (places * std::sqrt(value)).eval() : centred * places;
    Eigen::Index farthest;
    places.cwiseAbs().maxCoeff(&farthest);
    if (places[farthest] < 0) places = -places;
    for (size_t i = 0; i < rows.size(); ++i) (axis == 0 ? plane.points[i].x : plane.points[i].y) = places[i];
    if (total > 0) plane.explained += value / total;
  }
  return plane;
}

void PlaceLabels(double width, double height, std::vector<MapLabel>* labels) {
  std::vector<Box> taken;
  for (const MapLabel& label : *labels) taken.push_back(DotBox(label.point));
  for (MapLabel& label : *labels) {
    const double text_width = TextWidth(label.text) * label.size;
    const Box own = DotBox(label.point);
    for (const PlanePoint& place : Places(label, text_width)) {
      const double left = label.point.x + place.x, baseline = label.point.y + place.y;
      const Box box{left, baseline - 0.78 * label.size, left + text_width, baseline + 0.22 * label.size};
      if (box.left < 0 || box.top < 0 || box.right > width || box.bottom > height) continue;
      const bool free = std::none_of(taken.begin(), taken.end(), [&](const Box& other) {
        return box.Overlaps(other) && !(other.left == own.left && other.top == own.top);
      });
      if (!free) continue;
      label.shown = true;
      label.left = left;
      label.baseline = baseline;
      taken.push_back(box);
      break;
    }
  }
}

std::string WordMapSvg(const WordVectors& vectors, uint64_t words) {
  words = std::min(words, vectors.words());
  if (words < 3) return "";
  std::vector<uint64_t> rows(words);
  std::iota(rows.begin(), rows.end(), uint64_t{0});
  const Plane plane = ProjectToPlane(vectors, rows);
  const auto [left, right] = std::minmax_element(plane.points.begin(), plane.points.end(),
                                                 [](const auto& a, const auto& b) { return a.x < b.x; });
  const auto [bottom, top] = std::minmax_element(plane.points.begin(), plane.points.end(),
                                                 [](const auto& a, const auto& b) { return a.y < b.y; });
  // A span of 0 (all words alike) is drawn as a point.
  const double span_x = std::max(right->x - left->x, 1e-12), span_y = std::max(top->y - bottom->y, 1e-12);
  std::vector<MapLabel> labels;
  for (uint64_t i = 0; i < words; ++i) {
    const PlanePoint point{kMargin + (plane.points[i].x - left->x) / span_x * (kWidth - 2 * kMargin),
                           kMargin + (top->y - plane.points[i].y) / span_y * (kHeight - 2 * kMargin)};
    const double size = kLargestFont - (kLargestFont - kSmallestFont) * static_cast<double>(i) / words;
    labels.push_back({.text = std::string(vectors.word(i)), .point = point, .size = size});
  }
  PlaceLabels(kWidth, kHeight, &labels);

  std::string svg =
      absl::StrFormat("<svg class='map' viewBox='0 0 %g %g' role='img' aria-label='Map of words'>", kWidth, kHeight);
  for (const MapLabel& label : labels) {
    const std::string text = EscapeHtml(label.text);
    svg += absl::StrFormat("<circle class='%s' cx='%.1f' cy='%.1f' r='%g'><title>%s</title></circle>",
                           label.shown ? "dot" : "bare dot", label.point.x, label.point.y, kDot, text);
    if (!label.shown) continue;
    svg += absl::StrFormat("<text x='%.1f' y='%.1f' font-size='%.1f'>%s</text>", label.left, label.baseline, label.size,
                           text);
  }
  return svg + absl::StrFormat(
                   "</svg><p class='note'>%d commonest words; the plane keeps %.0f %% of their variance. "
                   "Point at a dot without a label to read its word.</p>",
                   words, 100 * plane.explained);
}

}  // namespace shoal
