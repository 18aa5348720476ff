#include "common/format.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/str_format.h"
#include "common/text.h"

namespace shoal {
namespace {

// Rounded. A week of hours is as good as for ever; it also keeps the cast defined.
int64_t WholeSeconds(double seconds) {
  constexpr double kLongest = 999.0 * 3600;
  return static_cast<int64_t>(std::clamp(seconds, 0.0, kLongest) + 0.5);
}

}  // namespace

std::string FormatBytes(uint64_t bytes) {
  if (bytes < 1000) return Cat(bytes, " B");
  const char* units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < std::size(units); ++unit) value /= 1000;
  return value < 9.95 ? absl::StrFormat("%.1f %s", value, units[unit]) : absl::StrFormat("%.0f %s", value, units[unit]);
}

std::string FormatCount(uint64_t count) {
  std::string digits = std::to_string(count);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(i, ",");
  return digits;
}

std::string FormatScaled(double number) {
  // A unit begins where the one below would round to 1000.
  const double size = std::abs(number);
  if (size >= 999.5e6) return absl::StrFormat("%.3g G", number / 1e9);
  if (size >= 999.5e3) return absl::StrFormat("%.3g M", number / 1e6);
  if (size >= 1e4) return absl::StrFormat("%.3g k", number / 1e3);
  if (size >= 100 || number == std::floor(number)) return absl::StrFormat("%.0f", number);
  return absl::StrFormat("%.3g", number);
}

std::string FormatClock(double seconds) {
  const int64_t whole = WholeSeconds(seconds);
  if (whole < 3600) return absl::StrFormat("%d:%02d", whole / 60, whole % 60);
  return absl::StrFormat("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string FormatDuration(double seconds) {
  if (seconds < 10) return absl::StrFormat("%.3g s", seconds);
  const int64_t whole = WholeSeconds(seconds);
  if (whole < 60) return absl::StrFormat("%d s", whole);
  if (whole < 3600) return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
  return absl::StrFormat("%d h %02d min", whole / 3600, whole / 60 % 60);
}

}  // namespace shoal
