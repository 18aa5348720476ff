// KnnClassifier: the class of a picture by a vote of the pictures whose features are nearest. It has nothing to fit, so
// it tells of the features alone, and soon enough to be asked while training goes on.
//
// Each of the k nearest by cosine votes for its class with exp(cosine / temperature). Ties are defined: of equal
// cosines the earlier row is the nearer, of equal votes the smaller label wins. Where the bank has fewer rows than k,
// all of them vote.
//
// Thread rule: immutable after construction; safe from any thread. The bank must outlive it.
// Source: Wu et al. 2018, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", section 3.4,
// whose temperature is 0.07; its authors' code, and most after it, take 0.1.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/probes/features.h"
#include "worker/probes/nearest_rows.h"

namespace shoal {

inline constexpr uint64_t kUsualNeighbours = 200;
inline constexpr double kUsualKnnTemperature = 0.1;

class KnnClassifier {
 public:
  KnnClassifier(const Features& bank, double temperature);

  // For each of `neighbours`, which may come in any order, the predicted labels [n] of `queries` [n, dim].
  // ResourceExhausted: there is no memory for it.
  absl::StatusOr<std::vector<std::vector<int32_t>>> Classify(std::span<const float> queries,
                                                             std::span<const uint64_t> neighbours,
                                                             uint32_t threads) const;

 private:
  void Vote(std::span<const Neighbour> nearest, std::span<const uint64_t> neighbours, std::span<int32_t> winners) const;

  const Features& bank_;
  const double temperature_;
  const NearestRows search_;
  int32_t classes_ = 0;
};

// For each of `neighbours`, the share of `test` that the bank's pictures classify rightly. InvalidArgument: a set
// without pictures, or two of different widths.
absl::StatusOr<std::vector<double>> KnnAccuracy(const Features& bank, const Features& test,
                                                std::span<const uint64_t> neighbours, double temperature,
                                                uint32_t threads);

// The share of `labels` that `predicted` says.
double Accuracy(std::span<const int32_t> predicted, std::span<const int32_t> labels);

// Of the commonest of `labels`: the accuracy of who always says that one. 0 of none.
double ShareOfCommonest(std::span<const int32_t> labels);

}  // namespace shoal
