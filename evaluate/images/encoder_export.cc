#include "evaluate/images/encoder_export.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>

#include "common/files.h"
#include "common/job/encoder_size.h"
#include "common/json.h"
#include "common/status.h"
#include "data/safetensors.h"
#include "evaluate/images/encoder_folder.h"
#include "worker/models/backbone_metadata.h"

namespace shoal {
namespace {

using Paths = std::vector<std::string>;

constexpr std::string_view kSafeTensorsEnding = ".safetensors";

// The ResNets halve a picture's sides so many times, rounding up.
constexpr int64_t kShrinking = 32;

// The double of a float's own digits: 0.485, not 0.48500001430511475.
double AsWritten(float number) {
  char digits[32];
  const char* const end = std::to_chars(digits, std::end(digits), number).ptr;
  double same = number;
  std::from_chars(digits, end, same);
  return same;
}

void AppendChannels(const std::array<float, 3>& channels, JsonWriter* json) {
  json->BeginArray();
  for (const float channel : channels) json->Number(AsWritten(channel));
  json->EndArray();
}

// config.json as timm's own models on Hugging Face's hub have it. There are no classes: the net's output is its
// features.
std::string TimmConfig(const BackboneDescription& description, uint64_t features, double evaluation_crop) {
  const int64_t size = description.image_size, pool = (size + kShrinking - 1) / kShrinking;
  JsonWriter json;
  json.BeginObject().Key("architecture").String(ArchitectureName(description.architecture));
  json.Key("num_classes").Number(0).Key("num_features").Number(features);
  json.Key("global_pool").String("avg").Key("pretrained_cfg").BeginObject();
  json.Key("tag").String("shoal").Key("custom_load").Bool(false);
  json.Key("input_size").BeginArray().Number(3).Number(size).Number(size).EndArray();
  json.Key("fixed_input_size").Bool(false);
  // The augmenter's own resizing.
  json.Key("interpolation").String("bilinear").Key("crop_pct").Number(evaluation_crop);
  json.Key("crop_mode").String("center");
  AppendChannels(description.normalisation.mean, &json.Key("mean"));
  AppendChannels(description.normalisation.deviation, &json.Key("std"));
  json.Key("num_classes").Number(0).Key("pool_size").BeginArray().Number(pool).Number(pool).EndArray();
  json.Key("first_conv").String("conv1").Key("classifier").String("fc").EndObject().EndObject();
  return json.text() + "\n";
}

// Whether `form` has a net of the kind; docs/formats/encoders.md has lines of Python for those that it has not.
absl::Status CheckNet(const std::string& folder, const BackboneDescription& description, std::string_view form) {
  if (description.architecture == Architecture::kSmall) {
    return FailedPrecondition(folder, ": its net is SMALL, shoal's own, and ", form, " has none of that kind; load ",
                              kBackboneFileName, " by the lines of Python in docs/formats/encoders.md");
  }
  if (form == "timm" && description.stem == Stem::kCifar) {
    return FailedPrecondition(folder, ": its net has the stem of small pictures, CIFAR (3x3, stride 1, no max pool), ",
                              "which timm's ", ArchitectureName(description.architecture),
                              " cannot be told to have; use --to torchvision and the lines of Python in "
                              "docs/formats/encoders.md");
  }
  return absl::OkStatus();
}

absl::StatusOr<Paths> ExportTimm(const SafeTensors& content, const std::string& config, const std::string& path) {
  RETURN_IF_ERROR(MakeDirectories(path));
  const Paths paths = {Cat(path, "/model.safetensors"), Cat(path, "/config.json")};
  RETURN_IF_ERROR(WriteSafeTensors(paths[0], content));
  RETURN_IF_ERROR(WriteFileAtomically(paths[1], config));
  return paths;
}

}  // namespace

bool IsEncoderForm(std::string_view form) {
  return std::find(std::begin(kEncoderForms), std::end(kEncoderForms), form) != std::end(kEncoderForms);
}

absl::Status CheckEncoderExport(std::string_view form, const std::string& path) {
  if (form != "torchvision" || path.ends_with(kSafeTensorsEnding)) return absl::OkStatus();
  return InvalidArgument("--output is ", path, ", not a name that ends in ", kSafeTensorsEnding,
                         ", which --to torchvision writes");
}

absl::StatusOr<Paths> ExportEncoder(const std::string& folder, std::string_view form, const std::string& path) {
  RETURN_IF_ERROR(CheckEncoderExport(form, path));
  ASSIGN_OR_RETURN(
      const job::Job job,
      ReadEncodersJob(folder, "word vectors are exported --to word2vec-binary, word2vec-text, npy or projector"));
  const std::string backbone = BackbonePath(folder);
  ASSIGN_OR_RETURN(const SafeTensors content, ReadSafeTensors(backbone));
  ASSIGN_OR_RETURN(const BackboneDescription description, DescriptionOf(backbone, content));
  RETURN_IF_ERROR(CheckNet(folder, description, form));
  if (form == "timm") {
    ASSIGN_OR_RETURN(const AugmentationSettings views, ViewsOf(job, description));
    const uint64_t features = EncoderSize::Of(job.encoder()).features;
    return ExportTimm(content, TimmConfig(description, features, views.evaluation_crop), path);
  }
  RETURN_IF_ERROR(WriteSafeTensors(path, content));
  return Paths{path};
}

}  // namespace shoal
