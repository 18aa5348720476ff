// L-BFGS: the minimum of a smooth convex function of many variables, from its values and gradients.
//
// The step goes along the quasi-Newton direction of the last few gradients and is halved, or cut by a parabola's
// minimum, until the value falls enough (Armijo). For convex functions that is all a line search must see to: the
// curvature condition, which Wolfe's search would add, holds between any two points.
//
// Thread rule: a pure function but for what `function` does.
// Source: Nocedal and Wright 2006, "Numerical Optimization", algorithms 7.4 and 7.5, equation 7.20, section 3.5.

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

// The value at `x`; writes the gradient there, as long as `x`. It may be inexact by some 1e-8 of itself.
using SmoothFunction = std::function<absl::StatusOr<double>(std::span<const double> x, std::span<double> gradient)>;

struct LbfgsOptions {
  int history = 10;  // Pairs of steps and gradients' changes that are kept.
  int max_iterations = 1000;
  double gradient_tolerance = 1e-5;  // Done where no number of the gradient is larger.
};

struct LbfgsResult {
  double value = 0;
  double largest_gradient = 0;
  int iterations = 0;
  // False: max_iterations were done, or no step lowers the value any more.
  bool converged = false;
};

// From `x`, which holds the minimum's place in the end. Errors are the function's; Internal: a value that is no number.
absl::StatusOr<LbfgsResult> MinimiseByLbfgs(const SmoothFunction& function, const LbfgsOptions& options,
                                            std::vector<double>* x);

}  // namespace shoal
