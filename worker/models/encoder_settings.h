// EncoderSettings: which net an image encoder is, in plain types, for those who ask for one without knowing Torch.
//
// Thread rule: values.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace shoal {

// kSmall is for CPUs: a stem of 16 channels (3x3, stride 2), basic blocks of 16, 32 and 64, 64 features, 77 thousand
// parameters. The others are He et al. 2016, "Deep Residual Learning", table 1, in torchvision's form (a bottleneck's
// stride is in its 3x3 convolution).
enum class Architecture { kSmall, kResNet18, kResNet34, kResNet50 };

// Of a ResNet: 7x7 with stride 2 and a max pool, or 3x3 with stride 1 and none, for pictures of 32 pixels or so.
enum class Stem { kImageNet, kCifar };

// Whose pictures a training batch's statistics are over.
enum class BatchNormKind {
  kLocal,         // This worker's.
  kSynchronised,  // All workers'.
  kSplit,         // Each of `batch_norm_parts` equal parts of this worker's, apart, as if on so many devices.
};

enum class HeadKind {
  kNone,       // The features themselves.
  kLinear,     // linear
  kMocoMlp,    // linear, rectifier, linear: Chen et al. 2020, "Improved Baselines with Momentum Contrastive Learning".
  kSimClrMlp,  // linear, batch norm, rectifier, linear, batch norm without affine parameters: Chen et al. 2020, SimCLR.
};

struct EncoderSettings {
  Architecture architecture = Architecture::kSmall;
  Stem stem = Stem::kCifar;  // kSmall has its own.
  BatchNormKind batch_norm = BatchNormKind::kLocal;
  int batch_norm_parts = 1;  // Of kSplit.
  HeadKind head = HeadKind::kSimClrMlp;
  int64_t head_hidden = 0;     // Width between the head's layers; 0: as many as features.
  int64_t embedding_dim = 64;  // Of the head's output.
  uint64_t seed = 1;           // Of the initial parameters; the same seed gives the same bits.
};

// Names as files say them: "small", "resnet18" ...; "cifar", "imagenet".
std::string_view ArchitectureName(Architecture architecture);
std::string_view StemName(Stem stem);
// InvalidArgument lists the names that there are.
absl::StatusOr<Architecture> ArchitectureOf(std::string_view name);
absl::StatusOr<Stem> StemOf(std::string_view name);

}  // namespace shoal
