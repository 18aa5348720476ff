#include "evaluate/report/line_chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "common/format.h"
#include "common/text.h"
#include "evaluate/report/html.h"

namespace shoal {
namespace {

constexpr double kWidth = 520, kHeight = 250;
constexpr double kLeft = 52, kRight = 16, kTop = 34, kBottom = 30;
// More cannot be told apart at this width.
constexpr size_t kMaxPoints = 400;
constexpr double kLeastMarkGap = 4;
// Values that differ by a smaller part of themselves are one: what is left is the rounding of sums.
constexpr double kSame = 1e-9;

// Means of runs of points, so that at most kMaxPoints are left.
std::vector<std::pair<double, double>> Thin(const LineChart& chart) {
  std::vector<std::pair<double, double>> finite;
  for (const auto& point : chart.points) {
    if (std::isfinite(point.first) && std::isfinite(point.second)) finite.push_back(point);
  }
  const size_t run = (finite.size() + kMaxPoints - 1) / kMaxPoints;
  if (run <= 1) return finite;
  std::vector<std::pair<double, double>> thin;
  for (size_t begin = 0; begin < finite.size(); begin += run) {
    const size_t end = std::min(begin + run, finite.size());
    double x = 0, y = 0;
    for (size_t i = begin; i < end; ++i) x += finite[i].first, y += finite[i].second;
    thin.emplace_back(x / (end - begin), y / (end - begin));
  }
  return thin;
}

// From values to places in the drawing.
struct Scale {
  double low, high, begin, end;
  double At(double value) const { return begin + (value - low) / (high - low) * (end - begin); }
};

struct TimeUnit {
  double seconds;
  const char* name;
};
TimeUnit UnitFor(double seconds) {
  if (seconds > 2 * 3600) return {3600, "h"};
  if (seconds > 2 * 60) return {60, "min"};
  return {1, "s"};
}

std::string Axes(const Scale& x, const Scale& y, const std::vector<double>& ticks) {
  std::string svg;
  for (const double tick : ticks) {
    svg += absl::StrFormat("<line class='grid' x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>", x.begin, x.end, y.At(tick),
                           y.At(tick));
    svg += absl::StrFormat("<text class='axis' x='%.1f' y='%.1f' text-anchor='end'>%s</text>", x.begin - 8,
                           y.At(tick) + 4, FormatScaled(tick));
  }
  const TimeUnit unit = UnitFor(x.high);
  for (const double tick : RoundTicks(x.low / unit.seconds, x.high / unit.seconds, 6)) {
    const double at = x.At(tick * unit.seconds);
    if (at < x.begin - 1 || at > x.end + 1) continue;
    svg += absl::StrFormat("<text class='axis' x='%.1f' y='%.1f' text-anchor='middle'>%s %s</text>", at, y.begin + 19,
                           FormatScaled(tick), unit.name);
  }
  return svg;
}

std::string Curve(const std::vector<std::pair<double, double>>& points, const Scale& x, const Scale& y) {
  std::string path;
  for (const auto& [seconds, value] : points) absl::StrAppendFormat(&path, " %.1f,%.1f", x.At(seconds), y.At(value));
  const auto& last = points.back();
  std::string svg = absl::StrFormat("<polygon class='area' points='%.1f,%.1f%s %.1f,%.1f'/>", x.At(points[0].first),
                                    y.begin, path, x.At(last.first), y.begin);
  absl::StrAppendFormat(&svg, "<polyline class='line' points='%s'/>", path);
  absl::StrAppendFormat(&svg, "<circle class='last' cx='%.1f' cy='%.1f' r='3.5'/>", x.At(last.first),
                        y.At(last.second));
  return svg;
}

}  // namespace

std::vector<double> RoundTicks(double low, double high, int count) {
  if (!(high - low > kSame * std::max(std::abs(low), std::abs(high)))) high = low + std::max(1.0, std::abs(low)) * 0.1;
  const double rough = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double factor = rough / power;
  const double step = power * (factor <= 1.5 ? 1 : factor <= 3.5 ? 2 : factor <= 7.5 ? 5 : 10);
  // The range is too wide, or too narrow, for a double.
  if (!std::isnormal(step)) return {low, high};
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  // A double that is counted up may stand still; a step is two thirds of the rough one at least.
  const int most = 2 * count + 3;
  for (int i = 0; i < most && first + i <= last; ++i) ticks.push_back((first + i) * step);
  return ticks;
}

std::string LineChartSvg(const LineChart& chart) {
  const auto points = Thin(chart);
  if (points.size() < 2 || points.front().first >= points.back().first) return "";
  const auto by_value = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [lowest, highest] = std::minmax_element(points.begin(), points.end(), by_value);
  const auto ticks = RoundTicks(chart.from_zero ? std::min(0.0, lowest->second) : lowest->second, highest->second, 4);
  const Scale x{points.front().first, points.back().first, kLeft, kWidth - kRight};
  const Scale y{ticks.front(), ticks.back(), kHeight - kBottom, kTop};

  std::string svg = absl::StrFormat("<svg class='chart' viewBox='0 0 %g %g' role='img' aria-label='%s over time'>",
                                    kWidth, kHeight, EscapeHtml(chart.title));
  svg += absl::StrFormat("<text class='title' x='%g' y='16'>%s</text>", 0.0, EscapeHtml(chart.title));
  svg += absl::StrFormat("<text class='value' x='%g' y='16' text-anchor='end'>%s at the end</text>", kWidth - kRight,
                         FormatScaled(points.back().second));
  double drawn = x.begin;
  for (const double mark : chart.marks) {
    if (mark <= x.low || mark >= x.high || x.At(mark) < drawn + kLeastMarkGap) continue;
    drawn = x.At(mark);
    svg += absl::StrFormat("<line class='epoch' x1='%.1f' x2='%.1f' y1='%g' y2='%g'/>", x.At(mark), x.At(mark), kTop,
                           kHeight - kBottom);
  }
  return svg + Axes(x, y, ticks) + Curve(points, x, y) + "</svg>";
}

}  // namespace shoal
