// SoftmaxLoss: what multinomial logistic regression minimises, and its gradient, on standardised features.
//
//   mean over rows of -log softmax(W x + b)[label]  +  decay / 2 |W|^2,     x = (feature - mean) / deviation
//
// which is scikit-learn's LogisticRegression after its StandardScaler, divided by C times the rows: decay is
// 1 / (C rows). Products are computed in float, a block of rows at a time, which is standardised while it is in the
// cache; sums of more rows, losses and parameters are double. The result is the same for any number of threads.
//
// Thread rule: immutable after construction; safe from any thread. It starts threads of its own and joins them. The
// features, labels and standardisation must outlive it.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/probes/features.h"

namespace shoal {

// What makes features of mean 0 and deviation 1 of those that it was measured on; a constant feature becomes 0.
struct Standardisation {
  std::vector<float> mean, inverse_deviation;  // [dim]

  static Standardisation Of(const Features& features);
};

class SoftmaxLoss {
 public:
  // On the rows of `features` that `chosen` numbers. `labels` [features.size()], below `classes`, stand for those of
  // the features; none are needed to classify.
  SoftmaxLoss(const Features& features, std::span<const int32_t> labels, const Standardisation& standardisation,
              std::vector<uint64_t> chosen, uint32_t classes, uint32_t threads);

  // W [classes, dim], then b [classes].
  size_t parameters() const { return size_t{classes_} * (features_.dim + 1); }
  uint64_t rows() const { return chosen_.size(); }
  // Memory of an evaluation with so many threads, about.
  static uint64_t BytesOfParameter(uint32_t threads);

  // The value at `parameters`; writes the gradient. ResourceExhausted: there is no memory for it.
  absl::StatusOr<double> Evaluate(std::span<const double> parameters, double decay, std::span<double> gradient) const;

  // For each chosen row the label of the greatest score, the smaller of equals.
  absl::StatusOr<std::vector<int32_t>> Classify(std::span<const double> parameters) const;

 private:
  struct Slice;  // Some of the rows, and the sums over them.

  // Scores of `count` rows from place `first` on, whose standardised features are left in slice->x.
  void Score(uint64_t first, uint64_t count, std::span<const float> weights, Slice* slice) const;
  void AddBlock(uint64_t first, uint64_t count, std::span<const float> weights, Slice* slice) const;

  const Features& features_;
  const std::span<const int32_t> labels_;
  const Standardisation& standardisation_;
  const std::vector<uint64_t> chosen_;
  const uint32_t classes_, threads_;
};

}  // namespace shoal
