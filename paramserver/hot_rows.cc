#include "paramserver/hot_rows.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/prefetch.h"

namespace shoal {
namespace {

constexpr size_t kRowsAhead = 4;

void MergeRow(float* shared, float* mine, float* base, uint32_t floats) {
  shared = std::assume_aligned<64>(shared);
  mine = std::assume_aligned<64>(mine);
  base = std::assume_aligned<64>(base);
  for (uint32_t i = 0; i < floats; ++i) {
    // Untouched since the last merge, the sum is the copy itself: (a + (b - a)) would round.
    const float sum = shared[i] == base[i] ? mine[i] : shared[i] + (mine[i] - base[i]);
    shared[i] = mine[i] = base[i] = sum;
  }
}

}  // namespace

HotRows::HotRows(std::vector<float*> shared, uint32_t floats)
    : shared_(std::move(shared)), floats_(floats), memory_(2 * shared_.size() * floats * sizeof(float)) {
  mine_ = reinterpret_cast<float*>(memory_.data());
  base_ = mine_ + shared_.size() * floats_;
  for (size_t i = 0; i < shared_.size(); ++i) {
    std::copy_n(shared_[i], floats_, row(i));
    std::copy_n(shared_[i], floats_, base_ + i * floats_);
  }
}

void HotRows::Merge() { MergeFirst(shared_.size()); }

void HotRows::MergeDue() {
  size_t count = kEachTime;
  for (uint64_t times = ++times_; times % kTierGrowth == 0 && count < shared_.size(); times /= kTierGrowth) {
    count *= kTierGrowth;
  }
  MergeFirst(std::min(count, shared_.size()));
}

void HotRows::MergeFirst(size_t count) {
  for (size_t i = 0; i < std::min(kRowsAhead, count); ++i) PrefetchRow(shared_[i], floats_);
  for (size_t i = 0; i < count; ++i) {
    if (i + kRowsAhead < count) PrefetchRow(shared_[i + kRowsAhead], floats_);
    MergeRow(shared_[i], row(i), base_ + i * floats_, floats_);
  }
}

}  // namespace shoal
