#include "data/noise_table.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "common/random.h"

namespace shoal {
namespace {

std::vector<double> Probabilities(std::span<const uint64_t> counts, double power) {
  std::vector<double> probability(counts.size());
  double sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    probability[i] = std::pow(static_cast<double>(counts[i]), power);
    sum += probability[i];
  }
  for (double& p : probability) p /= sum;
  return probability;
}

std::vector<double> Fractions(std::span<const double> probability, uint64_t places) {
  std::vector<double> fractions(probability.size());
  double sum = 0;
  for (size_t i = 0; i < fractions.size(); ++i) {
    const double share = probability[i] * static_cast<double>(places);
    sum += fractions[i] = share - std::floor(share);
  }
  // All shares are whole: nothing will be drawn, but an alias table wants a positive weight.
  if (sum <= 0) fractions[0] = 1;
  return fractions;
}

}  // namespace

uint64_t NoiseTable::PlacesFor(uint64_t words) {
  return std::clamp(std::bit_ceil(8 * words), uint64_t{1} << 16, uint64_t{1} << 24);
}

NoiseTable::NoiseTable(std::span<const uint64_t> counts, double power)
    : probability_(Probabilities(counts, power)),
      mask_(PlacesFor(counts.size()) - 1),
      fractions_(Fractions(probability_, mask_ + 1)) {}

void NoiseTable::Redraw(uint64_t key) {
  places_.clear();
  places_.reserve(size());
  for (uint64_t id = 0; id < probability_.size(); ++id) {
    const auto whole = static_cast<uint64_t>(probability_[id] * static_cast<double>(size()));
    // Rounding of the shares must not grow the table.
    places_.insert(places_.end(), std::min(whole, size() - places_.size()), static_cast<uint32_t>(id));
  }
  CounterRandom random(key);
  while (places_.size() < size()) places_.push_back(fractions_.Draw(random.Next()));
  for (uint64_t left = size(); left > 1; --left) {
    std::swap(places_[left - 1], places_[random.NextBelow(static_cast<uint32_t>(left))]);
  }
}

}  // namespace shoal
