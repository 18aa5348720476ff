// AliasTable: draws an index in proportion to given weights, in constant time.
//
// Thread rule: immutable after construction; safe from any thread.
// Source: Walker 1977; built in linear time after Vose 1991, "A Linear Algorithm for Generating Random Numbers with a
// Given Distribution".

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace shoal {

class AliasTable {
 public:
  // At least one weight, at most 2^32; none negative, one at least positive. Probabilities are held to 2^-32.
  explicit AliasTable(std::span<const double> weights);

  // The index that 64 uniform random bits stand for.
  uint32_t Draw(uint64_t bits) const {
    const unsigned __int128 product = static_cast<unsigned __int128>(bits) * cells_.size();
    const Cell& cell = cells_[static_cast<uint64_t>(product >> 64)];
    const auto within = static_cast<uint32_t>(static_cast<uint64_t>(product) >> 32);
    return within < cell.threshold ? static_cast<uint32_t>(&cell - cells_.data()) : cell.alias;
  }

  uint64_t size() const { return cells_.size(); }

 private:
  // Below the threshold (of 2^32) the cell's own index is meant, else its alias.
  struct Cell {
    uint32_t threshold = 0;
    uint32_t alias = 0;
  };
  std::vector<Cell> cells_;
};

}  // namespace shoal
