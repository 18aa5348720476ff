#include "worker/models/encoder_settings.h"

#include <string>
#include <utility>

#include "common/status.h"

namespace shoal {
namespace {

constexpr std::pair<Architecture, std::string_view> kArchitectures[] = {{Architecture::kSmall, "small"},
                                                                        {Architecture::kResNet18, "resnet18"},
                                                                        {Architecture::kResNet34, "resnet34"},
                                                                        {Architecture::kResNet50, "resnet50"}};
constexpr std::pair<Stem, std::string_view> kStems[] = {{Stem::kImageNet, "imagenet"}, {Stem::kCifar, "cifar"}};

template <typename Table, typename Kind>
std::string_view NameIn(const Table& table, Kind kind) {
  for (const auto& [known, name] : table) {
    if (known == kind) return name;
  }
  return "unknown";
}

template <typename Kind, typename Table>
absl::StatusOr<Kind> KindIn(const Table& table, std::string_view what, std::string_view name) {
  std::string names;
  for (const auto& [kind, known] : table) {
    if (known == name) return kind;
    names += Cat(names.empty() ? "" : ", ", known);
  }
  return InvalidArgument("no ", what, " '", name, "' (there are: ", names, ")");
}

}  // namespace

std::string_view ArchitectureName(Architecture architecture) { return NameIn(kArchitectures, architecture); }
std::string_view StemName(Stem stem) { return NameIn(kStems, stem); }

absl::StatusOr<Architecture> ArchitectureOf(std::string_view name) {
  return KindIn<Architecture>(kArchitectures, "net", name);
}
absl::StatusOr<Stem> StemOf(std::string_view name) { return KindIn<Stem>(kStems, "stem", name); }

}  // namespace shoal
