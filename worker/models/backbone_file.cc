#include "worker/models/backbone_file.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/status.h"
#include "worker/models/backbone_metadata.h"

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
  content.metadata = MetadataOf(description);
  AddAll(tensors.parameters(), &content);
  AddAll(tensors.buffers(), &content);
  return WriteSafeTensors(path, content);
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
