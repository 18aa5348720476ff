#include "worker/models/backbone_metadata.h"

#include <array>
#include <charconv>
#include <span>
#include <system_error>

#include "common/status.h"
#include "common/version.h"

namespace shoal {
namespace {

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

}  // namespace

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

std::map<std::string, std::string> MetadataOf(const BackboneDescription& description) {
  // "pt" is how those who load the file know that its tensors have PyTorch's order.
  return {{"format", "pt"},
          {"net", std::string(ArchitectureName(description.architecture))},
          {"stem", std::string(StemName(description.stem))},
          {"image_size", Cat(description.image_size)},
          {"mean", TextOf(description.normalisation.mean)},
          {"std", TextOf(description.normalisation.deviation)},
          {"shoal", std::string(Version())}};
}

}  // namespace shoal
