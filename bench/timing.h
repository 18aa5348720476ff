// What benches reckon times by.
//
// Pure functions but for the clock; safe from any thread.

#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace shoal {

// Since some moment; for differences.
inline double WallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The upper one of an even number of `values`, which are not none.
inline double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace shoal
