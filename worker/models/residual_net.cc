#include "worker/models/residual_net.h"

#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/mean.h>

#include <array>

#include "common/text.h"

namespace shoal {
namespace {

struct Stage {
  int64_t width, blocks, stride;
};

struct Plan {
  std::vector<Stage> stages;
  int64_t stem_width = 64, stem_kernel = 7, stem_stride = 2;
  bool pools = true;
  // A bottleneck's output is so many times its width; 1: basic blocks.
  int64_t expansion = 1;
};

Plan ResNetPlan(const std::array<int64_t, 4>& blocks, int64_t expansion, Stem stem) {
  Plan plan{.expansion = expansion};
  for (int64_t i = 0; i < 4; ++i) plan.stages.push_back({int64_t{64} << i, blocks[i], i == 0 ? 1 : 2});
  if (stem == Stem::kCifar) {
    plan.stem_kernel = 3;
    plan.stem_stride = 1;
    plan.pools = false;
  }
  return plan;
}

Plan PlanOf(const EncoderSettings& settings) {
  switch (settings.architecture) {
    case Architecture::kResNet18:
      return ResNetPlan({2, 2, 2, 2}, 1, settings.stem);
    case Architecture::kResNet34:
      return ResNetPlan({3, 4, 6, 3}, 1, settings.stem);
    case Architecture::kResNet50:
      return ResNetPlan({3, 4, 6, 3}, 4, settings.stem);
    case Architecture::kSmall:
      break;
  }
  return {.stages = {{16, 1, 1}, {32, 1, 2}, {64, 1, 2}}, .stem_width = 16, .stem_kernel = 3, .pools = false};
}

}  // namespace

struct ResidualNet::Builder {
  const EncoderSettings& settings;
  const BatchNormMode* mode;
  ModelTensors* tensors;

  void Add(const std::string& convolution, const std::string& norm, int64_t in, int64_t out, int64_t kernel,
           int64_t stride, std::vector<Convolution>* convolutions, std::vector<BatchNorm>* norms) const {
    convolutions->emplace_back(convolution, in, out, kernel, stride, tensors);
    norms->emplace_back(norm, out, /*affine=*/true, mode, tensors);
  }

  // In torchvision's order, with torchvision's names.
  Block MakeBlock(const std::string& name, int64_t in, int64_t width, int64_t stride, int64_t expansion) const {
    struct Layer {
      int64_t out, kernel, stride;
    };
    const std::vector<Layer> layers =
        expansion == 1 ? std::vector<Layer>{{width, 3, stride}, {width, 3, 1}}
                       : std::vector<Layer>{{width, 1, 1}, {width, 3, stride}, {width * expansion, 1, 1}};
    Block block;
    int64_t from = in;
    for (size_t i = 0; i < layers.size(); ++i) {
      Add(Cat(name, ".conv", i + 1), Cat(name, ".bn", i + 1), from, layers[i].out, layers[i].kernel, layers[i].stride,
          &block.convolutions, &block.norms);
      from = layers[i].out;
    }
    if (stride != 1 || in != from) {
      Add(name + ".downsample.0", name + ".downsample.1", in, from, 1, stride, &block.downsample,
          &block.downsample_norm);
    }
    return block;
  }
};

ResidualNet::ResidualNet(const EncoderSettings& settings, const BatchNormMode* mode, ModelTensors* tensors) {
  const Plan plan = PlanOf(settings);
  const Builder builder{settings, mode, tensors};
  pools_ = plan.pools;
  builder.Add("conv1", "bn1", 3, plan.stem_width, plan.stem_kernel, plan.stem_stride, &stem_, &stem_norm_);
  int64_t in = plan.stem_width;
  for (size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    for (int64_t block = 0; block < stage.blocks; ++block) {
      blocks_.push_back(builder.MakeBlock(Cat("layer", i + 1, ".", block), in, stage.width,
                                          block == 0 ? stage.stride : 1, plan.expansion));
      in = stage.width * plan.expansion;
    }
  }
  features_ = in;
}

at::Tensor ResidualNet::Block::Forward(const at::Tensor& x) const {
  at::Tensor shortcut = x;
  if (!downsample.empty()) {
    shortcut = downsample_norm[0].Apply(downsample[0].Forward(x), /*shortcut=*/{}, /*rectify=*/false);
  }
  at::Tensor y = x;
  for (size_t i = 0; i + 1 < convolutions.size(); ++i) {
    y = norms[i].Apply(convolutions[i].Forward(y), /*shortcut=*/{}, /*rectify=*/true);
  }
  return norms.back().Apply(convolutions.back().Forward(y), shortcut, /*rectify=*/true);
}

at::Tensor ResidualNet::Forward(const at::Tensor& pictures) const {
  at::Tensor x = stem_norm_[0].Apply(stem_[0].Forward(pictures), /*shortcut=*/{}, /*rectify=*/true);
  if (pools_) x = at::max_pool2d(x, /*kernel_size=*/{3, 3}, /*stride=*/{2, 2}, /*padding=*/{1, 1});
  for (const Block& block : blocks_) x = block.Forward(x);
  return x.mean({2, 3}, /*keepdim=*/false, at::kFloat);
}

}  // namespace shoal
