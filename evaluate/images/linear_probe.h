// The linear probe: how well a linear classifier on frozen features tells the classes, which is what representations
// are compared by.
//
// Multinomial logistic regression on standardised features, fitted by L-BFGS to the minimum that scikit-learn's
// LogisticRegression has (softmax_loss.h; with two classes scikit-learn fits one vector of weights for both, which its
// C pulls at half as strongly). The strength of the regularisation is chosen, unless it is given: a fifth of each class
// is held out, C grows by half decades from 1e-5, each fit beginning where the last ended, as long as the loss of
// the held-out part falls; with the best C the whole set is fitted. Its accuracy would be the other measure, but of
// some hundred pictures that is too coarse to choose by. The pictures that are measured have no part in the choice.
//
// Thread rule: functions are safe from any thread; they start threads of their own and join them.
// Source: Chen et al. 2020, SimCLR, section 2.3 and appendix B.8 (L-BFGS, the strength chosen on a held-out part).

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/probes/features.h"

namespace shoal {

struct LinearProbeOptions {
  // Where C is chosen: its decimal logarithm.
  static constexpr double kLeastLogC = -5, kMostLogC = 2;
  // Which may be given: beyond them a fit has no number to hold on to.
  static constexpr double kLeastC = 1e-10, kMostC = 1e10;

  double c = 0;  // scikit-learn's C, the inverse of the strength; 0: chosen.
  uint32_t threads = 1;
  int max_iterations = 1000;               // Of a fit.
  uint64_t max_bytes = uint64_t{1} << 35;  // Of a fit's memory.
};

struct LinearProbeResult {
  double accuracy = 0;  // Of the test pictures; a share.
  double c = 0;
  int iterations = 0;      // Of the last fit.
  bool converged = false;  // Whether that reached the minimum.
};

// ResourceExhausted: a fit of so many classes on features of `dim` numbers takes more memory than max_bytes. For those
// who compute features first, which takes long.
absl::Status CheckProbeMemory(uint64_t classes, uint32_t dim, const LinearProbeOptions& options);

// InvalidArgument: sets of different widths, without pictures, or with fewer than two classes to learn; a C out of
// range. ResourceExhausted as CheckProbeMemory.
absl::StatusOr<LinearProbeResult> LinearProbe(const Features& train, const Features& test,
                                              const LinearProbeOptions& options);

}  // namespace shoal
