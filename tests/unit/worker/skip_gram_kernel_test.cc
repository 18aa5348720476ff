// The kernel against the same arithmetic in double precision, on random windows, for every back end this CPU runs.

#include "worker/kernels/skip_gram_kernel.h"

#include <bit>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"
#include "worker/kernels/lanes.h"

namespace shoal {
namespace {

using Matrix = std::vector<std::vector<double>>;

// Stated error, relative to a value or to 1: products of `dim` floats summed in another order, and a sigmoid
// within 3e-7.
constexpr double kTolerance = 4e-6;

struct Shape {
  int dim = 100, contexts = 6, centres = 1, outputs = 6;
  bool offsets = false;
};

// A window over rows of its own, with values of the size that training meets.
class RandomWindow {
 public:
  RandomWindow(const Shape& shape, uint64_t seed) : shape_(shape), padded_((shape.dim + 15) / 16 * 16), random_(seed) {
    FillRows(shape.contexts, &inputs_, &input_rows_, &input_gradients_, &input_gradient_rows_);
    FillRows(shape.outputs, &outputs_, &output_rows_, &output_gradients_, &output_gradient_rows_);
    const uint32_t all = (1u << shape.centres) - 1;
    for (int a = 0; a < shape.contexts; ++a) masks_.push_back(1 + random_.NextBelow(all));
    weights_.assign(PaddedOutputs(shape.outputs), 99);
    for (int b = shape.centres; b < shape.outputs; ++b) weights_[b] = 0.5f + random_.NextFloat();
    offsets_.assign(PaddedOutputs(shape.outputs), 99);
    for (int b = 0; b < shape.outputs; ++b) offsets_[b] = 4 * random_.NextFloat() - 2;
  }

  SkipGramWindow Get() {
    SkipGramWindow window;
    window.inputs = input_rows_.data();
    window.outputs = output_rows_.data();
    window.masks = masks_.data();
    window.output_weights = weights_.data();
    window.offsets = shape_.offsets ? offsets_.data() : nullptr;
    window.contexts = shape_.contexts;
    window.centres = shape_.centres;
    window.outputs_count = shape_.outputs;
    window.learning_rate = 0.25f;
    window.input_gradients = input_gradient_rows_.data();
    window.output_gradients = output_gradient_rows_.data();
    return window;
  }

  Matrix Inputs() const { return Copy(input_rows_); }
  Matrix Outputs() const { return Copy(output_rows_); }
  Matrix InputGradients() const { return Copy(input_gradient_rows_); }
  Matrix OutputGradients() const { return Copy(output_gradient_rows_); }
  void RepeatContext(int from, int to) { input_rows_[to] = input_rows_[from]; }

  double Logit(const Matrix& x, const Matrix& o, int a, int b) const {
    double sum = shape_.offsets ? -double{offsets_[b]} : 0;
    for (int d = 0; d < shape_.dim; ++d) sum += x[a][d] * o[b][d];
    return sum;
  }
  double Weight(int a, int b) const {
    if (b < shape_.centres) return masks_[a] >> b & 1;
    return double{weights_[b]} * std::popcount(masks_[a]);
  }
  double Loss(const Matrix& x, const Matrix& o) const {
    double loss = 0;
    for (int a = 0; a < shape_.contexts; ++a) {
      for (int b = 0; b < shape_.outputs; ++b) {
        const double logit = Logit(x, o, a, b);
        loss += Weight(a, b) * std::log1p(std::exp(b < shape_.centres ? -logit : logit));
      }
    }
    return loss;
  }
  // What is added to the rows: rate * weight * (target - sigmoid) times the other side.
  void Changes(double rate, Matrix* inputs, Matrix* outputs) const {
    const Matrix x = Inputs(), o = Outputs();
    inputs->assign(shape_.contexts, std::vector<double>(padded_));
    outputs->assign(shape_.outputs, std::vector<double>(padded_));
    for (int a = 0; a < shape_.contexts; ++a) {
      for (int b = 0; b < shape_.outputs; ++b) {
        const double sigmoid = 1 / (1 + std::exp(-Logit(x, o, a, b)));
        const double error = rate * Weight(a, b) * ((b < shape_.centres ? 1 : 0) - sigmoid);
        for (int d = 0; d < shape_.dim; ++d) {
          (*inputs)[a][d] += error * o[b][d];
          (*outputs)[b][d] += error * x[a][d];
        }
      }
    }
  }

 private:
  // Rows of random values and gradient accumulators that already hold something; the padding is zero.
  void FillRows(int count, std::vector<float>* rows, std::vector<float*>* pointers, std::vector<float>* gradients,
                std::vector<float*>* gradient_pointers) {
    rows->assign(count * padded_, 0);
    gradients->assign(count * padded_, 0);
    for (int i = 0; i < count; ++i) {
      pointers->push_back(rows->data() + i * padded_);
      gradient_pointers->push_back(gradients->data() + i * padded_);
      for (int d = 0; d < shape_.dim; ++d) {
        (*pointers)[i][d] = (random_.NextFloat() - 0.5f) * 4 / std::sqrt(static_cast<float>(shape_.dim));
        (*gradient_pointers)[i][d] = random_.NextFloat();
      }
    }
  }
  Matrix Copy(const std::vector<float*>& rows) const {
    Matrix copy;
    for (const float* row : rows) copy.emplace_back(row, row + padded_);
    return copy;
  }

  const Shape shape_;
  const int padded_;
  CounterRandom random_;
  std::vector<float> inputs_, outputs_, input_gradients_, output_gradients_;
  std::vector<float*> input_rows_, output_rows_, input_gradient_rows_, output_gradient_rows_;
  std::vector<uint32_t> masks_;
  std::vector<float> weights_, offsets_;
};

void ExpectSum(const Matrix& got, const Matrix& before, const Matrix& change, const std::string& where) {
  for (size_t i = 0; i < got.size(); ++i) {
    for (size_t d = 0; d < got[i].size(); ++d) {
      const double expected = before[i][d] + change[i][d];
      ASSERT_NEAR(got[i][d], expected, kTolerance * std::max(1.0, std::abs(expected)))
          << where << ", row " << i << ", float " << d;
    }
  }
}

std::string Describe(const Shape& shape) {
  return "dim " + std::to_string(shape.dim) + ", contexts " + std::to_string(shape.contexts) + ", centres " +
         std::to_string(shape.centres) + ", outputs " + std::to_string(shape.outputs) +
         (shape.offsets ? ", offsets" : "");
}

// Every width with a function of its own, odd ones, every number of outputs that is unrolled and some that are not,
// every number of contexts of a window of 5, and the largest window.
std::vector<Shape> Shapes() {
  std::vector<Shape> shapes;
  for (const int dim : {1, 3, 16, 37, 64, 100, 128, 200, 256, 300, 301}) {
    for (const int contexts : {0, 1, 2, 5, 10}) shapes.push_back({.dim = dim, .contexts = contexts});
  }
  for (int outputs = 1; outputs <= 18; ++outputs) {
    for (int contexts = 0; contexts <= 10; ++contexts) {
      const int centres = std::min(outputs, 1 + contexts % 4);
      shapes.push_back({.dim = 20, .contexts = contexts, .centres = centres, .outputs = outputs, .offsets = true});
    }
  }
  shapes.push_back({.dim = 100,
                    .contexts = SkipGramWindow::kMaxContexts,
                    .centres = SkipGramWindow::kMaxCentres,
                    .outputs = SkipGramWindow::kMaxOutputs});
  return shapes;
}

class SkipGramKernelTest : public ::testing::TestWithParam<SimdBackend> {
 protected:
  void SetUp() override {
    if (!CpuRuns(GetParam())) GTEST_SKIP() << "this CPU has no " << SimdBackendName(GetParam());
  }
  SkipGramKernel Kernel(int dim) const { return SkipGramKernel(dim, GetParam()); }
};

TEST_P(SkipGramKernelTest, TrainingInPlaceEqualsTheFloat64Reference) {
  for (const Shape& shape : Shapes()) {
    RandomWindow window(shape, 1);
    const Matrix inputs = window.Inputs(), outputs = window.Outputs();
    Matrix input_changes, output_changes;
    window.Changes(0.25, &input_changes, &output_changes);
    Kernel(shape.dim).Train(window.Get());
    ExpectSum(window.Inputs(), inputs, input_changes, "inputs, " + Describe(shape));
    ExpectSum(window.Outputs(), outputs, output_changes, "outputs, " + Describe(shape));
  }
}

TEST_P(SkipGramKernelTest, GradientModeAddsTheGradientOfTheLossAndLeavesTheRows) {
  for (const Shape& shape : Shapes()) {
    RandomWindow window(shape, 2);
    const Matrix inputs = window.Inputs(), outputs = window.Outputs();
    const Matrix input_gradients = window.InputGradients(), output_gradients = window.OutputGradients();
    Matrix input_changes, output_changes;
    window.Changes(-1, &input_changes, &output_changes);
    Kernel(shape.dim).AddGradients(window.Get());
    ExpectSum(window.InputGradients(), input_gradients, input_changes, "inputs, " + Describe(shape));
    ExpectSum(window.OutputGradients(), output_gradients, output_changes, "outputs, " + Describe(shape));
    EXPECT_EQ(window.Inputs(), inputs);
    EXPECT_EQ(window.Outputs(), outputs);
  }
}

TEST_P(SkipGramKernelTest, TheLossEqualsTheFloat64Reference) {
  for (const Shape& shape : Shapes()) {
    RandomWindow window(shape, 3);
    const double expected = window.Loss(window.Inputs(), window.Outputs());
    EXPECT_NEAR(Kernel(shape.dim).Loss(window.Get()), expected, kTolerance * (1 + expected)) << Describe(shape);
  }
}

// Of negative sampling, and of noise-contrastive estimation, which is the one with offsets.
TEST_P(SkipGramKernelTest, TheGradientEqualsFiniteDifferencesOfTheLoss) {
  constexpr double kStep = 1e-4;
  for (const bool offsets : {false, true}) {
    const Shape shape{.dim = 5, .contexts = 4, .centres = 2, .outputs = 7, .offsets = offsets};
    RandomWindow window(shape, 4);
    const Matrix inputs_before = window.InputGradients(), outputs_before = window.OutputGradients();
    Kernel(shape.dim).AddGradients(window.Get());
    const Matrix x = window.Inputs(), o = window.Outputs();
    for (int d = 0; d < shape.dim; ++d) {
      Matrix up = x, down = x;
      up[1][d] += kStep, down[1][d] -= kStep;
      const double input_slope = (window.Loss(up, o) - window.Loss(down, o)) / (2 * kStep);
      EXPECT_NEAR(window.InputGradients()[1][d] - inputs_before[1][d], input_slope, 1e-5);
      up = down = o;
      up[3][d] += kStep, down[3][d] -= kStep;
      const double output_slope = (window.Loss(x, up) - window.Loss(x, down)) / (2 * kStep);
      EXPECT_NEAR(window.OutputGradients()[3][d] - outputs_before[3][d], output_slope, 1e-5);
    }
  }
}

TEST_P(SkipGramKernelTest, UpdatesOfARepeatedContextAddUp) {
  for (const int outputs : {6, 20}) {
    const Shape shape{.dim = 100, .contexts = 4, .outputs = outputs};
    RandomWindow window(shape, 5);
    window.RepeatContext(/*from=*/0, /*to=*/3);
    const Matrix before = window.Inputs();
    Matrix changes, unused;
    window.Changes(0.25, &changes, &unused);
    Kernel(shape.dim).Train(window.Get());
    for (int d = 0; d < shape.dim; ++d) {
      EXPECT_NEAR(window.Inputs()[0][d], before[0][d] + changes[0][d] + changes[3][d], kTolerance);
    }
  }
}

TEST_P(SkipGramKernelTest, ALogitBeyondTheExponentialSaturates) {
  for (const float value : {50.0f, -50.0f}) {
    alignas(64) float x[16] = {value}, o[2][16] = {{10}, {10}};
    float *inputs[] = {x}, *outputs[] = {o[0], o[1]};
    const uint32_t masks[] = {1};
    const float weights[kOutputGroup] = {0, 1};
    SkipGramWindow window{.inputs = inputs, .outputs = outputs, .masks = masks, .output_weights = weights};
    window.contexts = window.centres = 1;
    window.outputs_count = 2;
    window.learning_rate = 1;
    Kernel(16).Train(window);
    EXPECT_FLOAT_EQ(x[0], value - std::copysign(10.0f, value));
  }
}

TEST_P(SkipGramKernelTest, APairWhoseLogitIsNotFiniteChangesNothingAndOthersAreTrained) {
  alignas(64) float x[2][16] = {{3e20f}, {1}}, o[2][16] = {{3e20f}, {0, 2}};
  float *inputs[] = {x[0], x[1]}, *outputs[] = {o[0], o[1]};
  const uint32_t masks[] = {1, 1};
  const float weights[kOutputGroup] = {0, 1};
  SkipGramWindow window{.inputs = inputs, .outputs = outputs, .masks = masks, .output_weights = weights};
  window.contexts = window.outputs_count = 2;
  window.centres = 1;
  window.learning_rate = 0.5;
  Kernel(16).Train(window);
  EXPECT_EQ(x[0][0], 3e20f);
  EXPECT_EQ(x[0][1], -0.5f) << "by the negative, whose logit is 0";
  EXPECT_EQ(o[1][0], -0.25f * 3e20f - 0.25f);
  for (const auto& row : {x[0], x[1], o[0], o[1]}) {
    for (int d = 0; d < 16; ++d) EXPECT_TRUE(std::isfinite(row[d]));
  }
}

TEST_P(SkipGramKernelTest, ProductsOfErrorsAreAddedToBothSides) {
  const Shape shape{.dim = 37, .contexts = 3, .outputs = 9};
  RandomWindow window(shape, 6);
  const Matrix x = window.Inputs(), o = window.Outputs();
  const Matrix inputs_before = window.InputGradients(), outputs_before = window.OutputGradients();
  const int stride = SkipGramKernel::Stride(shape.outputs);
  std::vector<float> values(shape.contexts * stride);
  Kernel(shape.dim).Logits(window.Get(), values.data());
  Kernel(shape.dim).AddProducts(window.Get(), values.data());
  Matrix input_changes(shape.contexts, std::vector<double>(x[0].size()));
  Matrix output_changes(shape.outputs, std::vector<double>(x[0].size()));
  for (int a = 0; a < shape.contexts; ++a) {
    for (int b = 0; b < shape.outputs; ++b) {
      const double logit = window.Logit(x, o, a, b);
      EXPECT_NEAR(values[a * stride + b], logit, kTolerance);
      for (int d = 0; d < shape.dim; ++d)
        input_changes[a][d] += logit * o[b][d], output_changes[b][d] += logit * x[a][d];
    }
  }
  ExpectSum(window.InputGradients(), inputs_before, input_changes, "inputs");
  ExpectSum(window.OutputGradients(), outputs_before, output_changes, "outputs");
}

INSTANTIATE_TEST_SUITE_P(BackEnds, SkipGramKernelTest, ::testing::ValuesIn(kSimdBackends),
                         [](const ::testing::TestParamInfo<SimdBackend>& info) {
                           std::string name(SimdBackendName(info.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST(LanesTest, FunctionsOfALogitKeepTheirStatedErrors) {
  for (float x = -80; x <= 80; x += 0.0371f) {
    const Lanes all = AllLanes(x);
    EXPECT_NEAR(Exp(all)[3] / std::exp(double{x}), 1, 3e-7 + 1.2e-7 * std::abs(x)) << x;
    EXPECT_NEAR(Sigmoid(all)[3], 1 / (1 + std::exp(-double{x})), 3e-7) << x;
    const double expected = std::log1p(std::exp(-double{x}));
    EXPECT_NEAR(NegativeLogSigmoid(all)[3], expected, 1e-6 * (1 + expected)) << x;
  }
}

TEST(SimdBackendTest, TheBestBackEndIsOneThatTheCpuRuns) {
  EXPECT_TRUE(CpuRuns(BestSimdBackend()));
  EXPECT_TRUE(CpuRuns(SimdBackend::kPortable));
}

}  // namespace
}  // namespace shoal
