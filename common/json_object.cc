#include "common/json_object.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "common/files.h"
#include "common/status.h"

namespace shoal {
namespace {

uint64_t AsCount(double number) {
  constexpr double kMost = 0x1p63;  // Keeps the cast defined.
  return static_cast<uint64_t>(std::clamp(number, 0.0, kMost));
}

}  // namespace

absl::StatusOr<JsonObject> JsonObject::Parse(std::string_view text) {
  google::protobuf::Struct object;
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &object);
  if (status.ok()) return JsonObject(std::move(object));
  // What follows the first line is the text, with a mark below it.
  const std::string why = status.message().ToString();
  return InvalidArgument("not a JSON object: ", why.substr(0, why.find('\n')));
}

absl::StatusOr<JsonObject> JsonObject::Load(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  auto parsed = Parse(text);
  if (!parsed.ok()) return DataLoss(path, " is ", ToStd(parsed.status().message()));
  return parsed;
}

const google::protobuf::Value& JsonObject::At(const std::string& key) const {
  const auto found = object_.fields().find(key);
  return found == object_.fields().end() ? google::protobuf::Value::default_instance() : found->second;
}

bool JsonObject::Has(const std::string& key) const {
  const auto kind = At(key).kind_case();
  return kind != google::protobuf::Value::kNullValue && kind != google::protobuf::Value::KIND_NOT_SET;
}

double JsonObject::Number(const std::string& key) const { return At(key).number_value(); }

uint64_t JsonObject::Count(const std::string& key) const { return AsCount(Number(key)); }

bool JsonObject::Flag(const std::string& key) const { return At(key).bool_value(); }

std::string JsonObject::Text(const std::string& key) const { return At(key).string_value(); }

JsonObject JsonObject::Object(const std::string& key) const { return JsonObject(At(key).struct_value()); }

std::vector<JsonObject> JsonObject::Objects(const std::string& key) const {
  std::vector<JsonObject> objects;
  for (const auto& value : At(key).list_value().values()) objects.push_back(JsonObject(value.struct_value()));
  return objects;
}

std::vector<std::string> JsonObject::Texts(const std::string& key) const {
  std::vector<std::string> texts;
  for (const auto& value : At(key).list_value().values()) texts.push_back(value.string_value());
  return texts;
}

std::vector<uint64_t> JsonObject::Counts(const std::string& key) const {
  std::vector<uint64_t> counts;
  for (const auto& value : At(key).list_value().values()) counts.push_back(AsCount(value.number_value()));
  return counts;
}

std::vector<std::string> JsonObject::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : object_.fields()) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

std::map<std::string, double> JsonObject::Numbers(const std::string& key) const {
  std::map<std::string, double> numbers;
  for (const auto& [name, value] : At(key).struct_value().fields()) numbers[name] = value.number_value();
  return numbers;
}

}  // namespace shoal
