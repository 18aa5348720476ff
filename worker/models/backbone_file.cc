#include "worker/models/backbone_file.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "common/status.h"
#include "common/version.h"

namespace shoal {
namespace {

std::vector<uint64_t> ShapeOf(const ModelTensor& tensor) { return {tensor.shape.begin(), tensor.shape.end()}; }

void AddAll(const std::deque<ModelTensor>& tensors, SafeTensors* content) {
  for (const ModelTensor& tensor : tensors) {
    if (tensor.name.starts_with(kHeadPrefix)) continue;
    const at::Tensor plain = tensor.tensor.detach().cpu().contiguous();
    const float* const floats = plain.const_data_ptr<float>();
    content->tensors.push_back({tensor.name, ShapeOf(tensor), {floats, floats + tensor.size}});
  }
}

std::string TextOf(const std::array<float, 3>& numbers) { return Cat(numbers[0], " ", numbers[1], " ", numbers[2]); }

class Metadata {
 public:
  Metadata(const std::string& path, const SafeTensors& content) : path_(path), content_(content) {}

  absl::StatusOr<std::string> Text(const std::string& name) const {
    const auto found = content_.metadata.find(name);
    if (found != content_.metadata.end()) return found->second;
    return DataLoss(path_, ": __metadata__ has no \"", name, "\"; is it a backbone that shoal exported?");
  }

  // `numbers` that stand between blanks.
  template <typename Number>
  absl::Status Numbers(const std::string& name, std::span<Number> numbers) const {
    ASSIGN_OR_RETURN(const std::string text, Text(name));
    const char *at = text.data(), *const end = at + text.size();
    for (Number& number : numbers) {
      while (at != end && *at == ' ') ++at;
      const auto [next, error] = std::from_chars(at, end, number);
      if (error != std::errc()) {
        return DataLoss(path_, ": __metadata__: ", name, " is \"", text, "\", expected ", numbers.size(), " numbers");
      }
      at = next;
    }
    return absl::OkStatus();
  }

 private:
  const std::string& path_;
  const SafeTensors& content_;
};

absl::Status CheckTensor(const std::string& path, const SafeTensors& content, const ModelTensor& tensor) {
  const NamedTensor* const stored = content.Find(tensor.name);
  if (stored == nullptr) return DataLoss(path, ": tensor ", tensor.name, " is missing");
  if (stored->shape == ShapeOf(tensor)) return absl::OkStatus();
  return DataLoss(path, ": tensor ", tensor.name, " has ", stored->values.size(),
                  " values in another shape than the net's ", tensor.size);
}

}  // namespace

absl::Status WriteBackbone(const std::string& path, const BackboneDescription& description,
                           const ModelTensors& tensors) {
  SafeTensors content;
  // "pt" is how those who load the file know that its tensors have PyTorch's order.
  content.metadata = {{"format", "pt"},
                      {"net", std::string(ArchitectureName(description.architecture))},
                      {"stem", std::string(StemName(description.stem))},
                      {"image_size", Cat(description.image_size)},
                      {"mean", TextOf(description.normalisation.mean)},
                      {"std", TextOf(description.normalisation.deviation)},
                      {"shoal", std::string(Version())}};
  AddAll(tensors.parameters(), &content);
  AddAll(tensors.buffers(), &content);
  return WriteSafeTensors(path, content);
}

absl::StatusOr<BackboneDescription> DescriptionOf(const std::string& path, const SafeTensors& content) {
  const Metadata metadata(path, content);
  BackboneDescription description;
  ASSIGN_OR_RETURN(const std::string net, metadata.Text("net"));
  ASSIGN_OR_RETURN(const std::string stem, metadata.Text("stem"));
  const auto architecture = ArchitectureOf(net);
  const auto stem_kind = StemOf(stem);
  if (!architecture.ok()) return DataLoss(path, ": __metadata__: ", ToStd(architecture.status().message()));
  if (!stem_kind.ok()) return DataLoss(path, ": __metadata__: ", ToStd(stem_kind.status().message()));
  description.architecture = *architecture;
  description.stem = *stem_kind;
  RETURN_IF_ERROR(metadata.Numbers("image_size", std::span<int64_t>(&description.image_size, 1)));
  RETURN_IF_ERROR(metadata.Numbers("mean", std::span<float>(description.normalisation.mean)));
  RETURN_IF_ERROR(metadata.Numbers("std", std::span<float>(description.normalisation.deviation)));
  return description;
}

absl::Status CopyBackbone(const std::string& path, const SafeTensors& content, ModelTensors* tensors) {
  const size_t expected = tensors->parameters().size() + tensors->buffers().size();
  for (const auto* all : {&tensors->parameters(), &tensors->buffers()}) {
    for (const ModelTensor& tensor : *all) RETURN_IF_ERROR(CheckTensor(path, content, tensor));
  }
  if (content.tensors.size() != expected) {
    return DataLoss(path, ": ", content.tensors.size(), " tensors, but the net has ", expected);
  }
  const at::NoGradGuard no_gradient;
  for (const auto* all : {&tensors->parameters(), &tensors->buffers()}) {
    for (const ModelTensor& tensor : *all) {
      const NamedTensor& stored = *content.Find(tensor.name);
      at::Tensor(tensor.tensor)
          .copy_(at::from_blob(const_cast<float*>(stored.values.data()), tensor.shape, at::kFloat));
    }
  }
  return absl::OkStatus();
}

}  // namespace shoal
