// Features: what an encoder, or a control beside it, makes of a labelled set of pictures.
//
// Thread rule: a value.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace shoal {

struct Features {
  uint32_t dim = 0;
  std::vector<float> rows;         // [pictures, dim]
  std::vector<int32_t> labels;     // [pictures], each at least 0.
  std::vector<uint64_t> pictures;  // [pictures] Their numbers in the set; empty where they are of none.

  uint64_t size() const { return labels.size(); }
  std::span<const float> row(uint64_t i) const { return std::span(rows).subspan(i * dim, dim); }
};

}  // namespace shoal
