// JsonWriter: JSON text, built in order. For result.json, log.jsonl and the like; JsonObject (common/json_object.h)
// reads them.
//
//   JsonWriter json;
//   json.BeginObject().Key("words").Number(uint64_t{5}).Key("files").BeginArray().String("a").EndArray().EndObject();
//   json.text();  // {"words":5,"files":["a"]}
//
// The caller keeps begins and ends in pairs. Thread rule: a value; one owner at a time.
// Source: RFC 8259. Numbers that JSON cannot say (NaN, infinities) become null; bytes that are not UTF-8 become U+FFFD.

#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace shoal {

class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }

  JsonWriter& Key(std::string_view key);
  JsonWriter& String(std::string_view value);
  JsonWriter& Bool(bool value) { return Literal(value ? "true" : "false"); }
  JsonWriter& Null() { return Literal("null"); }
  // Floating numbers by the fewest digits that read back the same; integers exactly, beyond 2^53 too.
  JsonWriter& Number(double value);
  template <std::integral Integer>
  JsonWriter& Number(Integer value) {
    return Literal(std::to_string(value));
  }

  const std::string& text() const { return text_; }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  JsonWriter& Literal(std::string_view literal);
  void Separate();
  void AppendQuoted(std::string_view value);

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace shoal
