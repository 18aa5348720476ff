#include "worker/models/residual_net.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>

#include "common/random.h"
#include "common/text.h"
#include "gmock/gmock.h"
#include "tests/unit/models/thread_group.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int64_t kBatch = 4;

struct Net {
  explicit Net(const EncoderSettings& settings, GroupExchange* exchange = nullptr)
      : mode{.kind = settings.batch_norm, .parts = settings.batch_norm_parts, .exchange = exchange, .training = true},
        net(settings, &mode, &tensors) {
    // As workers have it; some convolutions take another way where there are more.
    at::set_num_threads(1);
    tensors.Allocate(settings.seed, /*learns=*/true);
  }

  BatchNormMode mode;
  ModelTensors tensors;
  ResidualNet net;
};

at::Tensor Pictures(int64_t batch, int64_t size, uint64_t key = 1) {
  const at::Tensor pictures = at::zeros({batch, 3, size, size}, at::kFloat);
  CounterRandom random(key);
  for (int64_t i = 0; i < pictures.numel(); ++i) pictures.mutable_data_ptr<float>()[i] = 2 * random.NextFloat() - 1;
  return pictures.contiguous(at::MemoryFormat::ChannelsLast);
}

// The same net by Torch's plain operators, in double and in the default order of memory, on copies of the parameters by
// their names: what a reader of torchvision would write.
class PlainNet {
 public:
  explicit PlainNet(const ModelTensors& tensors) {
    for (const ModelTensor& parameter : tensors.parameters()) {
      at::Tensor copy = parameter.tensor.detach().to(at::kDouble).contiguous();
      tensors_[parameter.name] = copy.set_requires_grad(true);
    }
    for (const ModelTensor& buffer : tensors.buffers()) tensors_[buffer.name] = buffer.tensor.to(at::kDouble);
  }

  at::Tensor Norm(const at::Tensor& x, const std::string& name) {
    return at::batch_norm(x, At(name + ".weight"), At(name + ".bias"), At(name + ".running_mean"),
                          At(name + ".running_var"), /*training=*/true, 0.1, 1e-5, /*cudnn_enabled=*/false);
  }
  at::Tensor Convolve(const at::Tensor& x, const std::string& name, int64_t stride) {
    const at::Tensor weight = At(name + ".weight");
    return at::conv2d(x, weight, {}, {stride, stride}, {weight.size(2) / 2, weight.size(2) / 2});
  }
  at::Tensor Shortcut(const at::Tensor& x, const std::string& name, int64_t stride) {
    if (!tensors_.contains(name + ".downsample.0.weight")) return x;
    return Norm(Convolve(x, name + ".downsample.0", stride), name + ".downsample.1");
  }
  at::Tensor BasicBlock(const at::Tensor& x, const std::string& name, int64_t stride) {
    const at::Tensor y = at::relu(Norm(Convolve(x, name + ".conv1", stride), name + ".bn1"));
    return at::relu(Norm(Convolve(y, name + ".conv2", 1), name + ".bn2") + Shortcut(x, name, stride));
  }
  at::Tensor Bottleneck(const at::Tensor& x, const std::string& name, int64_t stride) {
    at::Tensor y = at::relu(Norm(Convolve(x, name + ".conv1", 1), name + ".bn1"));
    y = at::relu(Norm(Convolve(y, name + ".conv2", stride), name + ".bn2"));
    return at::relu(Norm(Convolve(y, name + ".conv3", 1), name + ".bn3") + Shortcut(x, name, stride));
  }
  at::Tensor& At(const std::string& name) {
    EXPECT_TRUE(tensors_.contains(name)) << name;
    return tensors_[name];
  }

 private:
  std::map<std::string, at::Tensor> tensors_;
};

at::Tensor PlainSmall(PlainNet& net, at::Tensor x) {
  x = at::relu(net.Norm(net.Convolve(x, "conv1", 2), "bn1"));
  for (int64_t layer = 1; layer <= 3; ++layer) x = net.BasicBlock(x, Cat("layer", layer, ".0"), layer == 1 ? 1 : 2);
  return x.mean({2, 3});
}

at::Tensor PlainResNet50(PlainNet& net, at::Tensor x) {
  x = at::relu(net.Norm(net.Convolve(x, "conv1", 2), "bn1"));
  x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
  constexpr int64_t kBlocks[] = {3, 4, 6, 3};
  for (int64_t layer = 1; layer <= 4; ++layer) {
    for (int64_t block = 0; block < kBlocks[layer - 1]; ++block) {
      x = net.Bottleneck(x, Cat("layer", layer, ".", block), layer > 1 && block == 0 ? 2 : 1);
    }
  }
  return x.mean({2, 3});
}

double RelativeDistance(const at::Tensor& got, const at::Tensor& expected) {
  const at::Tensor distance = (got.to(at::kDouble) - expected).norm();
  return (distance / expected.norm().clamp_min(1e-12)).item<double>();
}

// A scalar that depends on every feature in its own way.
at::Tensor Mixed(const at::Tensor& features) { return (features * features).sum() + features.select(1, 0).sum(); }

void ExpectEqualToPlain(Net& net, PlainNet& plain, const at::Tensor& features, const at::Tensor& plain_features,
                        double tolerance) {
  EXPECT_LT(RelativeDistance(features, plain_features), tolerance);
  Mixed(features).backward();
  Mixed(plain_features).backward();
  for (const ModelTensor& parameter : net.tensors.parameters()) {
    EXPECT_LT(RelativeDistance(parameter.tensor.grad(), plain.At(parameter.name).grad()), tolerance) << parameter.name;
  }
  for (const ModelTensor& buffer : net.tensors.buffers()) {
    EXPECT_LT(RelativeDistance(buffer.tensor, plain.At(buffer.name)), tolerance) << buffer.name;
  }
}

TEST(ResidualNetTest, TheSmallNetItsGradientAndItsStatisticsEqualThoseOfPlainOperatorsInDouble) {
  Net net({});
  PlainNet plain(net.tensors);
  const at::Tensor pictures = Pictures(kBatch, 32);
  ExpectEqualToPlain(net, plain, net.net.Forward(pictures), PlainSmall(plain, pictures.to(at::kDouble)), 1e-5);
}

TEST(ResidualNetTest, ResNet50ItsGradientAndItsStatisticsEqualThoseOfPlainOperatorsInDouble) {
  Net net({.architecture = Architecture::kResNet50, .stem = Stem::kImageNet});
  PlainNet plain(net.tensors);
  const at::Tensor pictures = Pictures(2 * kBatch, 64);
  // Rounding grows through fifty layers, each with rectifiers that it turns on or off.
  ExpectEqualToPlain(net, plain, net.net.Forward(pictures), PlainResNet50(plain, pictures.to(at::kDouble)), 6e-2);
}

size_t Parameters(const EncoderSettings& settings) { return Net(settings).tensors.parameter_count(); }

TEST(ResidualNetTest, NetsHaveTheParametersOfTheirPapersWithoutTheLastLayer) {
  EXPECT_EQ(Parameters({.architecture = Architecture::kResNet18, .stem = Stem::kImageNet}), 11'689'512 - 513'000);
  EXPECT_EQ(Parameters({.architecture = Architecture::kResNet34, .stem = Stem::kImageNet}), 21'797'672 - 513'000);
  EXPECT_EQ(Parameters({.architecture = Architecture::kResNet50, .stem = Stem::kImageNet}), 25'557'032 - 2'049'000);
  // 7 x 7 became 3 x 3.
  EXPECT_EQ(Parameters({.architecture = Architecture::kResNet18, .stem = Stem::kCifar}),
            11'689'512 - 513'000 - 40 * 3 * 64);
  EXPECT_EQ(Parameters({}), 77'392);
}

TEST(ResidualNetTest, ParametersStandInTorchvisionsOrderWithItsNames) {
  const std::string layout = Net({.architecture = Architecture::kResNet18}).tensors.Layout();
  EXPECT_THAT(layout,
              StartsWith("conv1.weight 64x3x3x3\nbn1.weight 64\nbn1.bias 64\nlayer1.0.conv1.weight 64x64x3x3\n"));
  EXPECT_THAT(layout, HasSubstr("layer2.0.bn2.bias 128\nlayer2.0.downsample.0.weight 128x64x1x1\n"
                                "layer2.0.downsample.1.weight 128\nlayer2.0.downsample.1.bias 128\nlayer2.1.conv1"));
  EXPECT_THAT(layout, Not(HasSubstr("layer1.0.downsample")));
  EXPECT_THAT(layout, HasSubstr("layer4.1.bn2.running_var 512\n"));
}

TEST(ResidualNetTest, ConvolutionsBeginWithTheDeviationThatKeepsGradients) {
  const Net net({.architecture = Architecture::kResNet18});
  for (const ModelTensor& parameter : net.tensors.parameters()) {
    if (parameter.name != "layer4.0.conv1.weight") continue;
    EXPECT_NEAR(parameter.tensor.std().item<double>(), std::sqrt(2.0 / (512 * 9)), 1e-4);
    EXPECT_NEAR(parameter.tensor.mean().item<double>(), 0, 1e-4);
  }
}

TEST(BatchNormTest, PartsAreNormalisedAsIfEachWereABatch) {
  Net whole({.batch_norm = BatchNormKind::kSplit, .batch_norm_parts = 2}), first({}), second({});
  const at::Tensor pictures = Pictures(2 * kBatch, 16);
  const at::Tensor features = whole.net.Forward(pictures);
  const at::Tensor of_first = first.net.Forward(pictures.narrow(0, 0, kBatch));
  const at::Tensor of_second = second.net.Forward(pictures.narrow(0, kBatch, kBatch));
  EXPECT_LT(RelativeDistance(features.narrow(0, 0, kBatch), of_first.to(at::kDouble)), 1e-5);
  EXPECT_LT(RelativeDistance(features.narrow(0, kBatch, kBatch), of_second.to(at::kDouble)), 1e-5);
  (Mixed(of_first) + Mixed(of_second)).backward();
  Mixed(features).backward();
  const auto& apart = first.tensors.parameters();
  for (size_t i = 0; i < apart.size(); ++i) {
    const at::Tensor sum = apart[i].tensor.grad() + second.tensors.parameters()[i].tensor.grad();
    EXPECT_LT(RelativeDistance(whole.tensors.parameters()[i].tensor.grad(), sum.to(at::kDouble)), 1e-4)
        << apart[i].name;
  }
  for (size_t i = 0; i < whole.tensors.buffers().size(); ++i) {
    const at::Tensor mean = (first.tensors.buffers()[i].tensor + second.tensors.buffers()[i].tensor) / 2;
    EXPECT_LT(RelativeDistance(whole.tensors.buffers()[i].tensor, mean.to(at::kDouble)), 1e-4);
  }
}

TEST(BatchNormTest, SynchronisedStatisticsAndGradientsAreThoseOfTheWholeBatch) {
  Net whole({});
  const at::Tensor pictures = Pictures(2 * kBatch, 16);
  const at::Tensor expected = whole.net.Forward(pictures);
  Mixed(expected).backward();
  ThreadGroup group(2);
  std::unique_ptr<Net> halves[2];
  group.Run([&](const WorkerGroup& of) {
    GroupExchange exchange(of);
    auto& half = halves[of.rank];
    half = std::make_unique<Net>(EncoderSettings{.batch_norm = BatchNormKind::kSynchronised}, &exchange);
    const at::Tensor features = half->net.Forward(pictures.narrow(0, of.rank * kBatch, kBatch));
    EXPECT_LT(RelativeDistance(features, expected.detach().narrow(0, of.rank * kBatch, kBatch).to(at::kDouble)), 1e-4);
    Mixed(features).backward();
  });
  for (size_t i = 0; i < whole.tensors.parameters().size(); ++i) {
    const ModelTensor& parameter = whole.tensors.parameters()[i];
    const at::Tensor sum =
        halves[0]->tensors.parameters()[i].tensor.grad() + halves[1]->tensors.parameters()[i].tensor.grad();
    EXPECT_LT(RelativeDistance(sum, parameter.tensor.grad().to(at::kDouble)), 1e-3) << parameter.name;
  }
  for (size_t i = 0; i < whole.tensors.buffers().size(); ++i) {
    const ModelTensor& buffer = whole.tensors.buffers()[i];
    for (const auto& half : halves) {
      EXPECT_LT(RelativeDistance(half->tensors.buffers()[i].tensor, buffer.tensor.to(at::kDouble)), 1e-4)
          << buffer.name;
    }
  }
}

TEST(BatchNormTest, WithoutTrainingTheRunningStatisticsAreUsedAndTheirGradientIsThatOfConstants) {
  Net net({});
  net.mode.training = false;
  const at::Tensor pictures = Pictures(kBatch, 16);
  const at::Tensor features = net.net.Forward(pictures);
  // A picture's features do not depend on the others then.
  EXPECT_LT(RelativeDistance(features.narrow(0, 0, 1), net.net.Forward(pictures.narrow(0, 0, 1)).to(at::kDouble)),
            1e-5);
  const at::NoGradGuard no_gradient;
  EXPECT_LT(RelativeDistance(net.net.Forward(pictures), features.to(at::kDouble)), 1e-6);
}

}  // namespace
}  // namespace shoal
