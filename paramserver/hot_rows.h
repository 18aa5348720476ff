// HotRows: a worker's private copies of the rows that all workers touch most, so that these do not wander from cache to
// cache at every update.
//
// To merge a row is to add what the worker changed since the last time to the shared row and to take the sum anew; so
// each worker sees the others' changes one merge late. The later, the more both walk the same way, and the sum of their
// walks overshoots: what counts is how often a row is touched between merges. Frequencies fall about as 1 / rank
// (Zipf), so MergeDue merges the first kEachTime rows every time, the next three times as many every fourth time, the
// twelve times as many behind these every sixteenth, and so on: each row is merged after about as many touches.
//
// Thread rule: belongs to one worker's thread; the shared rows are changed without locks, as mapped rows are.

#pragma once

#include <cstdint>
#include <vector>

#include "common/buffer.h"

namespace shoal {

class HotRows {
 public:
  // `shared` [i] is the row of key i, `floats` long, a multiple of 16; it outlives this.
  HotRows(std::vector<float*> shared, uint32_t floats);

  uint64_t size() const { return shared_.size(); }
  float* row(uint64_t key) const { return mine_ + key * floats_; }

  // All rows.
  void Merge();
  // Those whose turn it is; to be called after every few thousand words.
  void MergeDue();

 private:
  static constexpr size_t kEachTime = 64, kTierGrowth = 4;

  void MergeFirst(size_t count);

  const std::vector<float*> shared_;
  const uint32_t floats_;
  Buffer memory_;
  float* mine_ = nullptr;
  float* base_ = nullptr;  // As of each row's last merge.
  uint64_t times_ = 0;     // MergeDue was called.
};

}  // namespace shoal
