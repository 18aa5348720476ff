// Backbone files (`backbone.safetensors`): a trained backbone under torchvision's names, without its head.
//
// Grammar: docs/formats/encoders.md.
//
// Thread rule: as the ModelTensors'.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "data/safetensors.h"
#include "worker/models/backbone_description.h"
#include "worker/models/model_tensors.h"

namespace shoal {

// Of the names of a head's tensors.
inline constexpr std::string_view kHeadPrefix = "head.";

// All of `tensors` but the head's. The file appears whole or not at all.
absl::Status WriteBackbone(const std::string& path, const BackboneDescription& description,
                           const ModelTensors& tensors);

// Into `tensors`, which have no head. DataLoss names the file and the tensor that is missing, left over or of another
// shape; nothing is copied then.
absl::Status CopyBackbone(const std::string& path, const SafeTensors& content, ModelTensors* tensors);

}  // namespace shoal
