#include "worker/objectives/softmax_windows.h"

#include <algorithm>
#include <cmath>

namespace shoal {
namespace {

// Output rows that go through the kernel at a time.
constexpr int kBlockRows = 64;
static_assert(kBlockRows <= SkipGramWindow::kMaxOutputs);
constexpr int kStride = SkipGramKernel::Stride(kBlockRows);

}  // namespace

void SoftmaxWindows::Begin(const SkipGramPlan& plan, const SkipGramRows& rows) {
  plan_ = &plan;
  rows_ = rows;
  in_place_ = rows.input_gradients == nullptr;
  window_ = 0;
  next_context_ = 0;
  inputs_.clear();
  part_ = Parts();
}

bool SoftmaxWindows::Train(TrainingWork work, MeasuredLoss* loss) {
  for (TrainingWork done = 0; done < work;) {
    if (part_ == Parts() && !BeginGroup()) return false;
    done += TrainPart(loss);
  }
  return true;
}

// False: there is none left.
bool SoftmaxWindows::BeginGroup() {
  if (window_ < plan_->windows.size() && next_context_ == plan_->windows[window_].contexts()) {
    ++window_;
    next_context_ = 0;
  }
  if (window_ == plan_->windows.size()) return false;
  const SkipGramPlan::Window& window = plan_->windows[window_];
  const int size = std::min(GroupSize(window.contexts()), window.contexts() - next_context_);
  inputs_.clear();
  targets_.clear();
  // The inputs' updates are put aside until all outputs have seen the inputs as they were.
  const size_t floats = (rows_.row_floats + 15) / 16 * 16;
  if (in_place_) aside_.assign(size * floats, 0);
  for (int a = 0; a < size; ++a) {
    uint32_t input = window.first_context + next_context_ + a;
    input += input >= window.centre;
    inputs_.push_back(rows_.inputs[input]);
    targets_.push_back(in_place_ ? aside_.data() + a * floats : rows_.input_gradients[input]);
  }
  next_context_ += size;
  values_.resize(Blocks() * inputs_.size() * kStride);
  part_ = 0;
  return true;
}

TrainingWork SoftmaxWindows::TrainPart(MeasuredLoss* loss) {
  const uint64_t blocks = Blocks(), contexts = inputs_.size(), part = part_++;
  if (part >= blocks && part < blocks + contexts) {
    const SkipGramPlan::Window& window = plan_->windows[window_];
    ToErrors(part - blocks, plan_->inputs[window.centre], in_place_ ? window.learning_rate : -1, loss);
    return WorkOf(1, words_, 0);
  }
  const uint64_t block = part < blocks ? part : part - blocks - contexts;
  if (part < blocks) {
    kernel_.Logits(BlockWindow(block), ValuesOf(block));
  } else {
    kernel_.AddProducts(BlockWindow(block), ValuesOf(block));
  }
  if (in_place_ && part_ == Parts()) AddToInputs();
  return WorkOf(contexts, RowsOf(block), rows_.row_floats);
}

uint64_t SoftmaxWindows::Blocks() const { return (words_ + kBlockRows - 1) / kBlockRows; }
float* SoftmaxWindows::ValuesOf(uint64_t block) { return values_.data() + block * inputs_.size() * kStride; }
int SoftmaxWindows::RowsOf(uint64_t block) const { return std::min<uint64_t>(kBlockRows, words_ - block * kBlockRows); }

SkipGramWindow SoftmaxWindows::BlockWindow(uint64_t block) const {
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
void SoftmaxWindows::ToErrors(size_t a, uint32_t centre, float rate, MeasuredLoss* loss) {
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
  loss->sum += std::log(sum) - target_logit;
  ++loss->pairs;
  if (!std::isfinite(sum) || !std::isfinite(target_logit)) {
    // Its gradient would make every row no number.
    each([](float& value) { value = 0; });
    return;
  }
  const auto scale = static_cast<float>(-rate / sum);
  each([&](float& value) { value *= scale; });
  target += rate;
}

void SoftmaxWindows::AddToInputs() {
  const size_t dim = rows_.row_floats;
  for (size_t a = 0; a < inputs_.size(); ++a) {
    for (size_t d = 0; d < dim; ++d) inputs_[a][d] += targets_[a][d];
  }
}

}  // namespace shoal
