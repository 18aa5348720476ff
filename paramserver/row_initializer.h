// RowInitializer: the weights a row is born with: a function of (seed, key, place in the row), so that they depend
// neither on the number of servers nor on the order in which rows are touched.
//
// Thread rule: immutable; safe from any thread.

#pragma once

#include <cstdint>
#include <span>

#include "proto/wire.pb.h"

namespace shoal {

class RowInitializer {
 public:
  explicit RowInitializer(const wire::Initializer& spec);

  // Writes the weights [dim] of row `key`. What lies behind them is the caller's to clear.
  void Fill(uint64_t key, std::span<float> weights) const;

 private:
  void FillUniform(uint64_t key, std::span<float> weights) const;
  void FillNormal(uint64_t key, std::span<float> weights) const;

  wire::Initializer::Kind kind_;
  float scale_;
  uint64_t seed_;
};

}  // namespace shoal
