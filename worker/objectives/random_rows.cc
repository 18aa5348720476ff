#include "worker/objectives/random_rows.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

#include "common/status.h"

namespace shoal {
namespace {

constexpr uint64_t kRowsAtOnce = 4096;

// Normal deviates, brought to length 1. Box and Muller 1958.
void DrawDirection(CounterRandom random, std::span<float> row) {
  double squares = 0;
  for (float& value : row) {
    const double radius = std::sqrt(-2 * std::log(1 - random.NextDouble()));
    value = static_cast<float>(radius * std::cos(2 * std::numbers::pi * random.NextDouble()));
    squares += static_cast<double>(value) * value;
  }
  const auto scale = static_cast<float>(1 / std::sqrt(std::max(squares, 1e-30)));
  for (float& value : row) value *= scale;
}

}  // namespace

absl::Status WriteRandomRows(TableAccess* table, uint64_t rows, uint64_t key) {
  const uint64_t dim = table->layout().dim;
  std::vector<uint64_t> numbers;
  std::vector<float> values;
  for (uint64_t first = 0; first < rows; first += kRowsAtOnce) {
    numbers.resize(std::min(kRowsAtOnce, rows - first));
    std::iota(numbers.begin(), numbers.end(), first);
    values.resize(numbers.size() * dim);
    for (size_t i = 0; i < numbers.size(); ++i) {
      DrawDirection(CounterRandom(StreamKey(key, numbers[i])), std::span(values).subspan(i * dim, dim));
    }
    RETURN_IF_ERROR(table->PushGradients(numbers, values, /*learning_rate=*/1));
  }
  return absl::OkStatus();
}

}  // namespace shoal
