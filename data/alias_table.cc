#include "data/alias_table.h"

#include <algorithm>
#include <numeric>

namespace shoal {

AliasTable::AliasTable(std::span<const double> weights) : cells_(weights.size()) {
  const double scale = static_cast<double>(weights.size()) / std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> share(weights.begin(), weights.end());  // Of a cell: 1 fills it.
  std::vector<uint32_t> small, large;
  for (uint64_t i = 0; i < share.size(); ++i) {
    share[i] *= scale;
    (share[i] < 1 ? small : large).push_back(static_cast<uint32_t>(i));
  }
  const auto fill = [this](uint32_t index, double own, uint32_t alias) {
    cells_[index] = {static_cast<uint32_t>(std::min(own * 0x1p32, 4294967295.0)), alias};
  };
  while (!small.empty() && !large.empty()) {
    const uint32_t needy = small.back(), giver = large.back();
    small.pop_back();
    fill(needy, share[needy], giver);
    share[giver] -= 1 - share[needy];
    if (share[giver] < 1) {
      large.pop_back();
      small.push_back(giver);
    }
  }
  // What rounding left over fills its own cell.
  for (const uint32_t index : small) fill(index, 1, index);
  for (const uint32_t index : large) fill(index, 1, index);
}

}  // namespace shoal
