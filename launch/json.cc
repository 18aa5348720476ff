#include "launch/json.h"

#include <google/protobuf/util/json_util.h>

#include "common/status.h"

namespace shoal {

absl::StatusOr<JsonObject> JsonObject::Parse(std::string_view text) {
  JsonObject parsed;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(text.data(), text.size()), &parsed.object_);
  if (!status.ok()) return InvalidArgument("not a JSON object: ", status.message().ToString());
  return parsed;
}

const google::protobuf::Value& JsonObject::At(const std::string& key) const {
  const auto found = object_.fields().find(key);
  return found == object_.fields().end() ? google::protobuf::Value::default_instance() : found->second;
}

double JsonObject::Number(const std::string& key) const { return At(key).number_value(); }

std::string JsonObject::Text(const std::string& key) const { return At(key).string_value(); }

std::map<std::string, double> JsonObject::Numbers(const std::string& key) const {
  std::map<std::string, double> numbers;
  for (const auto& [name, value] : At(key).struct_value().fields()) numbers[name] = value.number_value();
  return numbers;
}

}  // namespace shoal
