// JsonObject: one JSON object, read by protobuf's Struct: what the launcher reads of result.json and log.jsonl.
//
// What is missing, or of another type, reads as empty or 0: the files are other programs', of other versions too.
//
// Thread rule: immutable after Parse; safe from any thread.

#pragma once

#include <google/protobuf/struct.pb.h>

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace shoal {

class JsonObject {
 public:
  // InvalidArgument: not a JSON object.
  static absl::StatusOr<JsonObject> Parse(std::string_view text);

  double Number(const std::string& key) const;
  std::string Text(const std::string& key) const;
  std::map<std::string, double> Numbers(const std::string& key) const;

 private:
  const google::protobuf::Value& At(const std::string& key) const;
  google::protobuf::Struct object_;
};

}  // namespace shoal
