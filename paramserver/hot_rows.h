// HotRows: a worker's private copies of the rows that all workers touch most, so that these do not wander from cache to
// cache at every update.
//
// Merge adds what the worker changed since the last Merge to the shared rows and takes the sums anew; so nothing that
// another worker adds is lost, and each worker sees the others' changes one Merge late.
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

  void Merge();

 private:
  const std::vector<float*> shared_;
  const uint32_t floats_;
  Buffer memory_;
  float* mine_ = nullptr;
  float* base_ = nullptr;  // As of the last Merge.
};

}  // namespace shoal
