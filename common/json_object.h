// JsonObject: one JSON object, read: result.json, an event of log.jsonl, evaluation.json. JsonWriter (common/json.h)
// writes them.
//
// What is missing, or of another type, reads as empty or 0: the files are other programs', of other versions too.
//
// Thread rule: immutable; safe from any thread.

#pragma once

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

class JsonObject {
 public:
  JsonObject() = default;

  // InvalidArgument: "not a JSON object: why".
  static absl::StatusOr<JsonObject> Parse(std::string_view text);
  // The whole file. DataLoss names the file that is none; others as ReadFile's.
  static absl::StatusOr<JsonObject> Load(const std::string& path);

  // Whether it is there and not null.
  bool Has(const std::string& key) const;
  double Number(const std::string& key) const;
  // Negative numbers read as 0.
  uint64_t Count(const std::string& key) const;
  bool Flag(const std::string& key) const;
  std::string Text(const std::string& key) const;
  JsonObject Object(const std::string& key) const;
  // Of a list.
  std::vector<JsonObject> Objects(const std::string& key) const;
  std::vector<std::string> Texts(const std::string& key) const;
  // Negative numbers read as 0.
  std::vector<uint64_t> Counts(const std::string& key) const;
  // Of this object, in alphabetical order.
  std::vector<std::string> Names() const;
  // Of an object: each of its names with its number.
  std::map<std::string, double> Numbers(const std::string& key) const;

 private:
  explicit JsonObject(google::protobuf::Struct object) : object_(std::move(object)) {}
  const google::protobuf::Value& At(const std::string& key) const;

  google::protobuf::Struct object_;
};

}  // namespace shoal
