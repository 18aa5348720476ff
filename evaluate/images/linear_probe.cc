#include "evaluate/images/linear_probe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "common/format.h"
#include "common/status.h"
#include "evaluate/images/lbfgs.h"
#include "evaluate/images/softmax_loss.h"
#include "worker/probes/knn_classifier.h"

namespace shoal {
namespace {

// Every fifth picture of a class chooses the strength.
constexpr uint64_t kHeldOutOf = 5;
// Of the logarithm of C, from one to the next.
constexpr double kHalfDecade = 0.5;
// The choice ends where so many values of C in a row are no better than the best: the held-out loss has one valley.
constexpr int kMostInVain = 2;
// Where there are too few pictures to choose by.
constexpr double kDefaultC = 1;
constexpr double kChoiceTolerance = 1e-3, kFitTolerance = 1e-5;

// Bytes that a fit takes for each parameter: the sums of the loss, the pairs of L-BFGS, and the places, gradients and
// directions of both it and the choice of C.
uint64_t FitBytesOfParameter(uint32_t threads) {
  constexpr uint64_t kPlaces = 10;
  return SoftmaxLoss::BytesOfParameter(threads) + sizeof(double) * (2 * uint64_t{LbfgsOptions().history} + kPlaces);
}

std::vector<uint64_t> AllRows(const Features& features) {
  std::vector<uint64_t> rows(features.size());
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

class Probe {
 public:
  Probe(const Features& train, const LinearProbeOptions& options)
      : train_(train), options_(options), standardisation_(Standardisation::Of(train)), classes_(train.labels) {
    std::sort(classes_.begin(), classes_.end());
    classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
    for (const int32_t label : train.labels) {
      places_.push_back(std::lower_bound(classes_.begin(), classes_.end(), label) - classes_.begin());
    }
  }

  size_t classes() const { return classes_.size(); }

  absl::StatusOr<LinearProbeResult> Run(const Features& test) {
    LinearProbeResult result{.c = options_.c};
    std::vector<double> parameters;
    if (result.c == 0) {
      ASSIGN_OR_RETURN(result.c, ChooseC(&parameters));
    }
    const SoftmaxLoss loss = LossOf(train_, AllRows(train_));
    parameters.resize(loss.parameters());
    ASSIGN_OR_RETURN(const LbfgsResult fit, Fit(loss, result.c, kFitTolerance, &parameters));
    ASSIGN_OR_RETURN(auto predicted, LossOf(test, AllRows(test)).Classify(parameters));
    for (int32_t& label : predicted) label = classes_[label];
    result.accuracy = Accuracy(predicted, test.labels);
    result.iterations = fit.iterations;
    result.converged = fit.converged;
    return result;
  }

 private:
  SoftmaxLoss LossOf(const Features& features, std::vector<uint64_t> rows) const {
    return SoftmaxLoss(features, places_, standardisation_, std::move(rows), static_cast<uint32_t>(classes()),
                       options_.threads);
  }

  absl::StatusOr<LbfgsResult> Fit(const SoftmaxLoss& loss, double c, double tolerance,
                                  std::vector<double>* parameters) const {
    const double decay = 1 / (c * static_cast<double>(loss.rows()));
    return MinimiseByLbfgs(
        [&](std::span<const double> x, std::span<double> gradient) { return loss.Evaluate(x, decay, gradient); },
        {.max_iterations = options_.max_iterations, .gradient_tolerance = tolerance}, parameters);
  }

  // Leaves in `parameters` the best fit, where there was a choice.
  absl::StatusOr<double> ChooseC(std::vector<double>* parameters) const {
    std::vector<uint64_t> fitted, held_out, seen(classes());
    for (uint64_t i = 0; i < train_.size(); ++i) {
      (++seen[places_[i]] % kHeldOutOf == 0 ? held_out : fitted).push_back(i);
    }
    if (held_out.empty()) return kDefaultC;
    const SoftmaxLoss loss = LossOf(train_, std::move(fitted)), measured = LossOf(train_, std::move(held_out));
    std::vector<double> current(loss.parameters()), unused(loss.parameters());
    double best_c = kDefaultC, least = std::numeric_limits<double>::infinity();
    int in_vain = 0;
    for (double log_c = options_.kLeastLogC; log_c <= options_.kMostLogC && in_vain < kMostInVain;
         log_c += kHalfDecade) {
      const double c = std::pow(10, log_c);
      RETURN_IF_ERROR(Fit(loss, c, kChoiceTolerance, &current).status());
      ASSIGN_OR_RETURN(const double held_out_loss, measured.Evaluate(current, /*decay=*/0, unused));
      ++in_vain;
      if (held_out_loss >= least) continue;
      in_vain = 0;
      least = held_out_loss;
      best_c = c;
      *parameters = current;
    }
    return best_c;
  }

  const Features& train_;
  const LinearProbeOptions& options_;
  const Standardisation standardisation_;
  // The labels that there are; a class without pictures would have a bias without a minimum. And each picture's place
  // among them.
  std::vector<int32_t> classes_, places_;
};

}  // namespace

absl::Status CheckProbeMemory(uint64_t classes, uint32_t dim, const LinearProbeOptions& options) {
  const uint64_t bytes = classes * (uint64_t{dim} + 1) * FitBytesOfParameter(options.threads);
  if (bytes <= options.max_bytes) return absl::OkStatus();
  return ResourceExhausted("a linear probe of ", FormatCount(classes), " classes on ", FormatCount(dim),
                           " numbers of a picture takes ", FormatBytes(bytes), ", more than the limit of ",
                           FormatBytes(options.max_bytes), "; take pictures of fewer classes");
}

absl::StatusOr<LinearProbeResult> LinearProbe(const Features& train, const Features& test,
                                              const LinearProbeOptions& options) {
  if (train.size() == 0 || test.size() == 0) {
    return InvalidArgument("linear probe: ", train.size(), " pictures to learn from and ", test.size(),
                           " to classify; there must be one of each at least");
  }
  if (train.dim != test.dim) {
    return InvalidArgument("linear probe: features of ", train.dim, " and of ", test.dim, " numbers");
  }
  if (options.c != 0 && !(options.c >= options.kLeastC && options.c <= options.kMostC)) {
    return InvalidArgument("linear probe: C is ", options.c, ", not in ", options.kLeastC, "..", options.kMostC);
  }
  Probe probe(train, options);
  if (probe.classes() < 2) return InvalidArgument("linear probe: all pictures to learn from are of one class");
  RETURN_IF_ERROR(CheckProbeMemory(probe.classes(), train.dim, options));
  return probe.Run(test);
}

}  // namespace shoal
