// LatencyCounts: how long things took, counted in buckets by one thread, at the cost of a search among a few bounds.
//
// What loops that run a million times a second keep; metrics take over the sums now and then
// (common/metrics/latency_histogram.h), so that no histogram's mutex is taken per message.
//
// Thread rule: a value; one owner at a time.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace shoal {

class LatencyCounts {
 public:
  // Upper ends of the buckets in seconds, inclusive; one more bucket holds what took longer. From the handling of one
  // request to a request's deadline.
  static constexpr std::array<double, 17> kBounds = {1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3,
                                                     1e-2, 2.5e-2, 5e-2, 1e-1, 2.5e-1, 1.0,  2.5,  10.0};

  void Add(double seconds) {
    ++counts_[std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin()];
    sum_seconds_ += seconds;
  }

  // Bucket i: above kBounds[i - 1] and up to kBounds[i].
  const std::array<uint64_t, kBounds.size() + 1>& counts() const { return counts_; }
  double sum_seconds() const { return sum_seconds_; }

 private:
  std::array<uint64_t, kBounds.size() + 1> counts_{};
  double sum_seconds_ = 0;
};

}  // namespace shoal
