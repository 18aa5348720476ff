#include "worker/objectives/softmax_windows.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace shoal {
namespace {

// Output rows that go through the kernel at a time.
constexpr int kBlockRows = 64;
static_assert(kBlockRows <= SkipGramWindow::kMaxOutputs);
constexpr int kStride = SkipGramKernel::Stride(kBlockRows);

class SoftmaxRunner {
 public:
  SoftmaxRunner(const SkipGramPlan& plan, const SkipGramKernel& kernel, const SkipGramRows& rows, uint64_t words)
      : plan_(plan), kernel_(kernel), rows_(rows), words_(words), in_place_(rows.input_gradients == nullptr) {}

  MeasuredLoss Run() {
    for (const SkipGramPlan::Window& window : plan_.windows) Train(window);
    return loss_;
  }

 private:
  void Train(const SkipGramPlan::Window& planned) {
    Gather(planned);
    // [block][context][kStride]: logits, then what the rows take.
    values_.resize(Blocks() * inputs_.size() * kStride);
    for (uint64_t block = 0; block < Blocks(); ++block) kernel_.Logits(BlockWindow(block), ValuesOf(block));
    const float rate = in_place_ ? planned.learning_rate : -1;
    for (size_t a = 0; a < inputs_.size(); ++a) ToErrors(a, plan_.inputs[planned.centre], rate);
    for (uint64_t block = 0; block < Blocks(); ++block) kernel_.AddProducts(BlockWindow(block), ValuesOf(block));
    if (in_place_) AddToInputs();
  }

  void Gather(const SkipGramPlan::Window& planned) {
    inputs_.clear();
    targets_.clear();
    for (uint32_t i = planned.first_context; i < planned.first_context + planned.span; ++i) {
      if (i == planned.centre) continue;
      inputs_.push_back(rows_.inputs[i]);
      if (!in_place_) targets_.push_back(rows_.input_gradients[i]);
    }
    if (!in_place_) return;
    // The inputs' updates are put aside until all outputs have seen the inputs as they were.
    const size_t floats = (rows_.row_floats + 15) / 16 * 16;
    aside_.assign(inputs_.size() * floats, 0);
    for (size_t a = 0; a < inputs_.size(); ++a) targets_.push_back(aside_.data() + a * floats);
  }

  uint64_t Blocks() const { return (words_ + kBlockRows - 1) / kBlockRows; }
  float* ValuesOf(uint64_t block) { return values_.data() + block * inputs_.size() * kStride; }
  int RowsOf(uint64_t block) const { return std::min<uint64_t>(kBlockRows, words_ - block * kBlockRows); }

  SkipGramWindow BlockWindow(uint64_t block) const {
    SkipGramWindow window;
    window.inputs = inputs_.data();
    window.contexts = inputs_.size();
    window.outputs = rows_.outputs + block * kBlockRows;
    window.outputs_count = RowsOf(block);
    window.input_gradients = targets_.data();
    window.output_gradients = (in_place_ ? rows_.outputs : rows_.output_gradients) + block * kBlockRows;
    return window;
  }

  // The logits of context `a` over all words become rate * ((word == centre) - p(word)).
  void ToErrors(size_t a, uint32_t centre, float rate) {
    const auto each = [&](auto&& function) {
      for (uint64_t block = 0; block < Blocks(); ++block) {
        // The kernel's stride follows the number of rows, which is smaller in the last block.
        float* const values = ValuesOf(block) + a * SkipGramKernel::Stride(RowsOf(block));
        for (int b = 0; b < RowsOf(block); ++b) function(values[b]);
      }
    };
    float& target =
        ValuesOf(centre / kBlockRows)[a * SkipGramKernel::Stride(RowsOf(centre / kBlockRows)) + centre % kBlockRows];
    float most = -INFINITY;
    each([&](float logit) { most = std::max(most, logit); });
    const float target_logit = target - most;
    double sum = 0;
    each([&](float& value) { sum += value = std::exp(value - most); });
    loss_.sum += std::log(sum) - target_logit;
    ++loss_.pairs;
    if (!std::isfinite(sum) || !std::isfinite(target_logit)) {
      // Its gradient would make every row no number.
      each([](float& value) { value = 0; });
      return;
    }
    const auto scale = static_cast<float>(-rate / sum);
    each([&](float& value) { value *= scale; });
    target += rate;
  }

  void AddToInputs() {
    const size_t dim = rows_.row_floats;
    for (size_t a = 0; a < inputs_.size(); ++a) {
      for (size_t d = 0; d < dim; ++d) inputs_[a][d] += targets_[a][d];
    }
  }

  const SkipGramPlan& plan_;
  const SkipGramKernel& kernel_;
  const SkipGramRows& rows_;
  const uint64_t words_;
  const bool in_place_;
  MeasuredLoss loss_;
  std::vector<float*> inputs_, targets_;
  std::vector<float> values_, aside_;
};

}  // namespace

MeasuredLoss TrainSoftmaxWindows(const SkipGramPlan& plan, const SkipGramKernel& kernel, const SkipGramRows& rows,
                                 uint64_t words) {
  return SoftmaxRunner(plan, kernel, rows, words).Run();
}

}  // namespace shoal
