#include "evaluate/images/lbfgs.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "common/status.h"

namespace shoal {
namespace {

using Vector = Eigen::VectorXd;

// Of Armijo's condition; the slack is for the function's own inexactness.
constexpr double kSufficientFall = 1e-4, kValueSlack = 1e-8;
constexpr int kMostTrials = 30;
// A trial step is at least this part of the one before it.
constexpr double kLeastCut = 0.1;

class Minimiser {
 public:
  Minimiser(const SmoothFunction& function, const LbfgsOptions& options, std::vector<double>* x)
      : function_(function), options_(options), out_(*x), x_(Eigen::Map<const Vector>(x->data(), x->size())) {}

  absl::StatusOr<LbfgsResult> Run() {
    ASSIGN_OR_RETURN(value_, Evaluate(x_, &gradient_));
    LbfgsResult result;
    for (; result.iterations < options_.max_iterations; ++result.iterations) {
      if (LargestGradient() <= options_.gradient_tolerance) break;
      ASSIGN_OR_RETURN(const bool moved, Step());
      if (!moved) break;
    }
    Vector::Map(out_.data(), out_.size()) = x_;
    result.value = value_;
    result.largest_gradient = LargestGradient();
    result.converged = result.largest_gradient <= options_.gradient_tolerance;
    return result;
  }

 private:
  struct Pair {
    Vector step, change;  // Of x, and of the gradient.
    double product;       // step . change, positive.
  };

  double LargestGradient() const { return gradient_.size() == 0 ? 0 : gradient_.cwiseAbs().maxCoeff(); }

  absl::StatusOr<double> Evaluate(const Vector& x, Vector* gradient) const {
    gradient->resize(x.size());
    ASSIGN_OR_RETURN(const double value, function_({x.data(), static_cast<size_t>(x.size())},
                                                   {gradient->data(), static_cast<size_t>(gradient->size())}));
    if (!std::isfinite(value) || !gradient->allFinite()) return Internal("L-BFGS met a value that is no number");
    return value;
  }

  // The two-loop recursion.
  Vector Direction() const {
    Vector direction = -gradient_;
    std::vector<double> weights(pairs_.size());
    for (size_t i = pairs_.size(); i-- > 0;) {
      weights[i] = pairs_[i].step.dot(direction) / pairs_[i].product;
      direction -= weights[i] * pairs_[i].change;
    }
    if (pairs_.empty()) return direction / std::max(1.0, direction.norm());
    direction *= pairs_.back().product / pairs_.back().change.squaredNorm();
    for (size_t i = 0; i < pairs_.size(); ++i) {
      const double weight = pairs_[i].change.dot(direction) / pairs_[i].product;
      direction += (weights[i] - weight) * pairs_[i].step;
    }
    return direction;
  }

  // False where no step along the direction lowers the value.
  absl::StatusOr<bool> Step() {
    const Vector direction = Direction();
    const double slope = direction.dot(gradient_);
    if (slope >= 0) return false;
    Vector x, gradient;
    double length = 1;
    for (int trial = 0; trial < kMostTrials; ++trial) {
      x = x_ + length * direction;
      ASSIGN_OR_RETURN(const double value, Evaluate(x, &gradient));
      if (value <= value_ + kSufficientFall * length * slope + kValueSlack * std::abs(value_)) {
        Remember(x - x_, gradient - gradient_);
        x_.swap(x);
        gradient_.swap(gradient);
        value_ = value;
        return true;
      }
      // The minimum of the parabola through both values and the slope lies below length / 2.
      const double cut = -slope * length / (2 * (value - value_ - slope * length));
      length *= std::clamp(cut, kLeastCut, 0.5);
    }
    return false;
  }

  void Remember(Vector step, Vector change) {
    const double product = step.dot(change);
    // Along a direction in which the function is flat to its exactness there is no curvature to learn.
    if (product <= 1e-12 * change.squaredNorm()) return;
    pairs_.push_back({std::move(step), std::move(change), product});
    if (static_cast<int>(pairs_.size()) > options_.history) pairs_.pop_front();
  }

  const SmoothFunction& function_;
  const LbfgsOptions& options_;
  std::vector<double>& out_;
  Vector x_, gradient_;
  double value_ = 0;
  std::deque<Pair> pairs_;
};

}  // namespace

absl::StatusOr<LbfgsResult> MinimiseByLbfgs(const SmoothFunction& function, const LbfgsOptions& options,
                                            std::vector<double>* x) {
  return Minimiser(function, options, x).Run();
}

}  // namespace shoal
