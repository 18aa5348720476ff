// Trained encoders in the forms that other tools load. Grammars: docs/formats/encoders.md.
//
// Numbers keep every bit. Each file appears whole or not at all.
//
// Thread rule: safe from any thread, for different paths.
// Source: timm 1.0, models/_hub.py, load_model_config_from_path: what its folders of a model hold.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoal {

// What --to takes for encoders.
inline constexpr std::string_view kEncoderForms[] = {"torchvision", "timm"};
bool IsEncoderForm(std::string_view form);

// InvalidArgument: `path` is no name for what `form` writes.
absl::Status CheckEncoderExport(std::string_view form, const std::string& path);

// Writes the encoder of the run in `folder` as `form`, one of kEncoderForms, and returns the paths written:
//   torchvision  `path`, a state dict of torchvision.models' net of the same name, without `fc`, as safetensors
//   timm         `path`/model.safetensors and `path`/config.json, a folder for timm.create_model("local-dir:...")
// FailedPrecondition: the run trained no encoder, or a net that `form` has none of, with what to do instead. Else as
// ReadEncodersJob, ReadSafeTensors and AtomicFile::Create.
absl::StatusOr<std::vector<std::string>> ExportEncoder(const std::string& folder, std::string_view form,
                                                       const std::string& path);

}  // namespace shoal
