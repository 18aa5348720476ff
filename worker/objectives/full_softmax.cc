#include "worker/objectives/full_softmax.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "worker/kernels/lanes.h"

namespace shoal {
namespace {

class FullSoftmax {
 public:
  FullSoftmax(const SkipGramRows& rows, uint64_t words, uint32_t dim)
      : rows_(rows), words_(words), dim_(dim), probabilities_(words), input_step_(dim) {}

  // One pair; returns its loss. The step of gradient mode is the gradient itself: rate -1.
  double Train(uint32_t input, uint32_t centre, float learning_rate) {
    const bool gradients = rows_.input_gradients != nullptr;
    const double loss = Softmax(rows_.inputs[input], centre);
    probabilities_[centre] -= 1;
    float* const* targets = gradients ? rows_.output_gradients : rows_.outputs;
    Step(rows_.inputs[input], gradients ? 1 : -learning_rate, targets);
    float* const input_target = gradients ? rows_.input_gradients[input] : rows_.inputs[input];
    for (uint32_t d = 0; d < dim_; ++d) input_target[d] += input_step_[d];
    return loss;
  }

 private:
  // Fills probabilities_ and returns -log p(centre).
  double Softmax(const float* x, uint32_t centre) {
    float largest = -INFINITY;
    for (uint64_t w = 0; w < words_; ++w) {
      probabilities_[w] = Dot(x, rows_.outputs[w]);
      largest = std::max(largest, probabilities_[w]);
    }
    const double centre_logit = probabilities_[centre] - largest;
    double total = 0;
    for (float& p : probabilities_) total += p = std::exp(p - largest);
    const float scale = static_cast<float>(1 / total);
    for (float& p : probabilities_) p *= scale;
    return std::log(total) - centre_logit;
  }

  // Moves every output row by scale * (p(w) - [w = c]) * x, and keeps what the input row is to move by.
  void Step(const float* x, float scale, float* const* targets) {
    std::fill(input_step_.begin(), input_step_.end(), 0.0f);
    for (uint64_t w = 0; w < words_; ++w) {
      const float error = scale * probabilities_[w];
      const float* const output = rows_.outputs[w];
      float* const target = targets[w];
      for (uint32_t d = 0; d < dim_; d += kLanes) {
        StoreLanes(&input_step_[d], LoadLanes(&input_step_[d]) + error * LoadLanes(output + d));
        StoreLanes(target + d, LoadLanes(target + d) + error * LoadLanes(x + d));
      }
    }
  }

  float Dot(const float* a, const float* b) const {
    Lanes sum{};
    for (uint32_t d = 0; d < dim_; d += kLanes) sum += LoadLanes(a + d) * LoadLanes(b + d);
    return SumOfLanes(sum);
  }

  const SkipGramRows rows_;
  const uint64_t words_;
  const uint32_t dim_;
  std::vector<float> probabilities_;  // [words]
  std::vector<float> input_step_;     // [dim]
};

}  // namespace

MeasuredLoss TrainFullSoftmax(const SkipGramPlan& plan, const SkipGramRows& rows, uint64_t words, uint32_t padded_dim) {
  FullSoftmax softmax(rows, words, padded_dim);
  MeasuredLoss loss;
  for (const SkipGramPlan::Window& window : plan.windows) {
    for (uint32_t i = 0; i < window.span; ++i) {
      const uint32_t input = window.first_context + i;
      if (window.centres == 1 && input == window.centre) continue;
      const uint32_t mask = window.centres == 1 ? 1 : plan.masks[window.first_mask + i];
      for (int c = 0; c < window.centres; ++c) {
        if ((mask >> c & 1) == 0) continue;
        loss.sum += softmax.Train(input, plan.outputs[window.first_output + c], window.learning_rate);
        ++loss.pairs;
      }
    }
  }
  return loss;
}

}  // namespace shoal
