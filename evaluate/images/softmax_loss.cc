#include "evaluate/images/softmax_loss.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "common/status.h"
#include "data/parallel.h"
#include "worker/kernels/row_products_kernel.h"

namespace shoal {
namespace {

// A block's features stay in the second-level cache between its two products.
constexpr uint64_t kBlockRows = 64;
// Blocks whose sums are carried in float.
constexpr uint64_t kBlocksPerSum = 4;
// The rows are summed in so many parts, whatever the threads, so that these do not show in the result.
constexpr uint64_t kSlices = 16;

// A deviation below this part of the mean is rounding.
constexpr double kConstant = 1e-7;

std::vector<float> ToFloats(std::span<const double> numbers) { return {numbers.begin(), numbers.end()}; }

}  // namespace

Standardisation Standardisation::Of(const Features& features) {
  const double rows = static_cast<double>(features.size());
  std::vector<double> sums(features.dim), squares(features.dim);
  for (uint64_t i = 0; i < features.size(); ++i) {
    const float* const row = features.row(i).data();
    for (uint32_t k = 0; k < features.dim; ++k) sums[k] += row[k];
  }
  for (double& sum : sums) sum /= rows;
  for (uint64_t i = 0; i < features.size(); ++i) {
    const float* const row = features.row(i).data();
    for (uint32_t k = 0; k < features.dim; ++k) squares[k] += (row[k] - sums[k]) * (row[k] - sums[k]);
  }
  Standardisation result{.mean = ToFloats(sums), .inverse_deviation = std::vector<float>(features.dim)};
  for (uint32_t k = 0; k < features.dim; ++k) {
    const double deviation = std::sqrt(squares[k] / rows);
    const bool constant = deviation <= kConstant * std::abs(sums[k]);
    result.inverse_deviation[k] = constant ? 0 : static_cast<float>(1 / deviation);
  }
  return result;
}

struct SoftmaxLoss::Slice {
  Slice(uint32_t classes, uint32_t dim)
      : x(kBlockRows * dim), scores(kBlockRows * classes), sums(size_t{classes} * dim), bias_sums(classes) {}

  std::vector<float> x;       // [kBlockRows, dim]
  std::vector<float> scores;  // [kBlockRows, classes]: scores, then the loss's gradient by them.
  std::vector<float> sums;    // [classes, dim]
  std::vector<double> bias_sums;
  double loss = 0;
};

SoftmaxLoss::SoftmaxLoss(const Features& features, std::span<const int32_t> labels,
                         const Standardisation& standardisation, std::vector<uint64_t> chosen, uint32_t classes,
                         uint32_t threads)
    : features_(features),
      labels_(labels),
      standardisation_(standardisation),
      chosen_(std::move(chosen)),
      classes_(classes),
      threads_(threads) {}

void SoftmaxLoss::Score(uint64_t first, uint64_t count, std::span<const float> weights, Slice* slice) const {
  const uint32_t dim = features_.dim;
  const float* const mean = standardisation_.mean.data();
  const float* const scale = standardisation_.inverse_deviation.data();
  for (uint64_t i = 0; i < count; ++i) {
    const float* const row = features_.row(chosen_[first + i]).data();
    float* const x = &slice->x[i * dim];
    for (uint32_t k = 0; k < dim; ++k) x[k] = (row[k] - mean[k]) * scale[k];
  }
  RowProductsKernel().products(slice->x.data(), count, weights.data(), classes_, dim, slice->scores.data(), classes_);
  const std::span<const float> biases = weights.last(classes_);
  for (uint64_t i = 0; i < count; ++i) {
    for (uint32_t c = 0; c < classes_; ++c) slice->scores[i * classes_ + c] += biases[c];
  }
}

void SoftmaxLoss::AddBlock(uint64_t first, uint64_t count, std::span<const float> weights, Slice* slice) const {
  Score(first, count, weights, slice);
  for (uint64_t i = 0; i < count; ++i) {
    const std::span<float> scores(&slice->scores[i * classes_], classes_);
    const double greatest = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (const float score : scores) sum += std::exp(score - greatest);
    const double log_sum = greatest + std::log(sum);
    const int32_t label = labels_[chosen_[first + i]];
    slice->loss += log_sum - scores[label];
    for (uint32_t c = 0; c < classes_; ++c) {
      const double probability = std::exp(scores[c] - log_sum);
      scores[c] = static_cast<float>(probability - (static_cast<int32_t>(c) == label));
      slice->bias_sums[c] += scores[c];
    }
  }
  RowProductsKernel().add_weighted(slice->scores.data(), slice->x.data(), count, classes_, features_.dim,
                                   slice->sums.data());
}

// Sums of all slices in double; the weights, and the sums of the slices at work, in float.
uint64_t SoftmaxLoss::BytesOfParameter(uint32_t threads) {
  return kSlices * sizeof(double) + (1 + std::min<uint64_t>(threads, kSlices)) * sizeof(float);
}

absl::StatusOr<double> SoftmaxLoss::Evaluate(std::span<const double> parameters, double decay,
                                             std::span<double> gradient) const {
  const std::vector<float> weights = ToFloats(parameters);
  const size_t weight_count = size_t{classes_} * features_.dim;
  std::vector<std::vector<double>> sums(kSlices);
  std::vector<double> losses(kSlices);
  std::atomic<uint64_t> next = 0;
  RETURN_IF_ERROR(RunOnThreads(threads_, [&]() -> absl::Status {
    for (uint64_t s; (s = next++) < kSlices;) {
      Slice slice(classes_, features_.dim);
      sums[s].resize(parameters.size());
      const auto flush = [&] {
        for (size_t i = 0; i < weight_count; ++i) sums[s][i] += slice.sums[i];
        std::fill(slice.sums.begin(), slice.sums.end(), 0);
      };
      const uint64_t begin = rows() * s / kSlices, end = rows() * (s + 1) / kSlices;
      uint64_t blocks = 0;
      for (uint64_t first = begin; first < end; first += kBlockRows) {
        AddBlock(first, std::min(kBlockRows, end - first), weights, &slice);
        if (++blocks % kBlocksPerSum == 0) flush();
      }
      flush();
      std::copy(slice.bias_sums.begin(), slice.bias_sums.end(), sums[s].begin() + weight_count);
      losses[s] = slice.loss;
    }
    return absl::OkStatus();
  }));
  const double share = 1 / static_cast<double>(rows());
  double value = 0;
  for (const double loss : losses) value += loss * share;
  for (size_t i = 0; i < parameters.size(); ++i) {
    double sum = 0;
    for (const std::vector<double>& part : sums) sum += part[i];
    const double pull = i < weight_count ? decay * parameters[i] : 0;
    gradient[i] = sum * share + pull;
    value += pull * parameters[i] / 2;
  }
  return value;
}

absl::StatusOr<std::vector<int32_t>> SoftmaxLoss::Classify(std::span<const double> parameters) const {
  const std::vector<float> weights = ToFloats(parameters);
  std::vector<int32_t> labels(rows());
  std::atomic<uint64_t> next = 0;
  RETURN_IF_ERROR(RunOnThreads(threads_, [&]() -> absl::Status {
    Slice slice(classes_, features_.dim);
    for (uint64_t first; (first = next.fetch_add(kBlockRows)) < rows();) {
      const uint64_t count = std::min(kBlockRows, rows() - first);
      Score(first, count, weights, &slice);
      for (uint64_t i = 0; i < count; ++i) {
        const float* const scores = &slice.scores[i * classes_];
        labels[first + i] = static_cast<int32_t>(std::max_element(scores, scores + classes_) - scores);
      }
    }
    return absl::OkStatus();
  }));
  return labels;
}

}  // namespace shoal
