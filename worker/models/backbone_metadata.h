// What a backbone's file says of itself in its metadata, as a BackboneDescription. Apart from what reads the tensors
// into a net, as it needs no Torch.
//
// Grammar: docs/formats/encoders.md.
//
// Thread rule: functions are safe from any thread.

#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "data/safetensors.h"
#include "worker/models/backbone_description.h"

namespace shoal {

// DataLoss names the file at `path` and the entry that is missing or is none of its kind.
absl::StatusOr<BackboneDescription> DescriptionOf(const std::string& path, const SafeTensors& content);

// The metadata of a file of such a backbone.
std::map<std::string, std::string> MetadataOf(const BackboneDescription& description);

}  // namespace shoal
