#include "paramserver/row_initializer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/random.h"

namespace shoal {

RowInitializer::RowInitializer(const wire::Initializer& spec)
    : kind_(spec.kind()), scale_(static_cast<float>(spec.scale())), seed_(spec.seed()) {}

void RowInitializer::Fill(uint64_t key, std::span<float> weights) const {
  switch (kind_) {
    case wire::Initializer::ZERO:
      std::fill(weights.begin(), weights.end(), 0.0f);
      return;
    case wire::Initializer::UNIFORM:
      return FillUniform(key, weights);
    case wire::Initializer::NORMAL:
      return FillNormal(key, weights);
  }
}

void RowInitializer::FillUniform(uint64_t key, std::span<float> weights) const {
  CounterRandom random(StreamKey(seed_, key));
  for (float& weight : weights) weight = (2 * random.NextFloat() - 1) * scale_;
}

// Box and Muller 1958: two draws make two normal numbers.
void RowInitializer::FillNormal(uint64_t key, std::span<float> weights) const {
  CounterRandom random(StreamKey(seed_, key));
  for (size_t i = 0; i < weights.size(); i += 2) {
    const double radius = std::sqrt(-2 * std::log(1.0 - random.NextFloat()));  // 1 - [0, 1) is never zero.
    const double angle = 2 * std::numbers::pi * random.NextFloat();
    weights[i] = static_cast<float>(scale_ * radius * std::cos(angle));
    if (i + 1 < weights.size()) weights[i + 1] = static_cast<float>(scale_ * radius * std::sin(angle));
  }
}

}  // namespace shoal
