// ReadJob: textproto, read by protobuf's own tokenizer, so that every mistake is found with its line and its path.
//
// TextFormat::Parser stops at the first value it cannot take and names a field by its message type, not by its path.

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <limits>

#include "common/byte_order_mark.h"
#include "common/job/field.h"
#include "common/job/job.h"
#include "common/status.h"

namespace shoal {
namespace {

using google::protobuf::io::Tokenizer;

// A file with more is not a job that someone mistyped.
constexpr size_t kMaxMistakes = 100;

class JobReader final : public google::protobuf::io::ErrorCollector {
 public:
  JobReader(std::string_view text, std::string_view name)
      : name_(name), stream_(text.data(), static_cast<int>(text.size())), tokens_(&stream_, this) {
    tokens_.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokens_.set_allow_f_after_float(true);
    tokens_.set_require_space_after_number(false);
    tokens_.Next();
  }

  std::vector<std::string> Read(job::Job* job) {
    ReadFields(job, "", "", 0);
    return std::move(mistakes_);
  }

 private:
  const Tokenizer::Token& token() { return tokens_.current(); }
  bool AtEnd() { return token().type == Tokenizer::TYPE_END || mistakes_.size() >= kMaxMistakes; }
  bool At(std::string_view text) { return token().text == text; }

  bool Take(std::string_view text) {
    if (!At(text)) return false;
    tokens_.Next();
    return true;
  }

  // `line` counts from 0, as the tokenizer does.
  void AddMistake(int line, std::string_view what) {
    if (mistakes_.size() < kMaxMistakes) mistakes_.push_back(Cat(name_, ":", line + 1, ": ", what));
  }
  void AddMistake(std::string_view what) { AddMistake(token().line, what); }
  void AddError(int line, int /*column*/, const std::string& message) override { AddMistake(line, message); }

  std::string Found() { return token().type == Tokenizer::TYPE_END ? "the file's end" : Cat("'", token().text, "'"); }

  // Fields up to the bracket `closing`, opened in line `opened_at`; or up to the end where it is empty.
  void ReadFields(Message* message, std::string_view path, std::string_view closing, int opened_at) {
    while (!AtEnd()) {
      if (!closing.empty() && Take(closing)) return;
      if (token().type != Tokenizer::TYPE_IDENTIFIER) {
        AddMistake(Cat("expected a field's name", path.empty() ? "" : Cat(" of ", path), ", found ", Found()));
        tokens_.Next();
        continue;
      }
      ReadField(message, path);
      if (!Take(",")) Take(";");
    }
    if (!closing.empty()) AddMistake(Cat(path, ", opened in line ", opened_at + 1, ", has no closing ", closing));
  }

  void ReadField(Message* message, std::string_view parent) {
    const std::string path = JoinPath(parent, token().text);
    const auto found = FindField(*message->GetDescriptor(), parent, token().text);
    if (!found.ok()) {
      AddMistake(ToStd(found.status().message()));
      tokens_.Next();
      SkipValue();
      return;
    }
    const FieldDescriptor& field = **found;
    if (const absl::Status conflict = CheckOneof(*message, field, path); !conflict.ok()) {
      AddMistake(ToStd(conflict.message()));
      tokens_.Next();
      SkipValue();
      return;
    }
    if (!field.is_repeated() && message->GetReflection()->HasField(*message, &field)) {
      AddMistake(Cat(path, " is given twice; leave one out"));
    }
    tokens_.Next();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ReadSubmessage(message->GetReflection()->MutableMessage(message, &field), path);
    } else {
      ReadValues(message, field, path);
    }
  }

  void ReadSubmessage(Message* message, const std::string& path) {
    Take(":");
    const int line = token().line;
    if (Take("{")) return ReadFields(message, path, "}", line);
    if (Take("<")) return ReadFields(message, path, ">", line);
    AddMistake(Cat(path, " has fields of its own; write ", message->GetDescriptor()->name(), "'s between { and }"));
    SkipValue();
  }

  void ReadValues(Message* message, const FieldDescriptor& field, const std::string& path) {
    if (!Take(":")) {
      AddMistake(Cat("expected ':' and a value after ", path, ", found ", Found()));
      SkipValue();
      return;
    }
    const int line = token().line;
    if (!field.is_repeated() || !Take("[")) return ReadValue(message, field, path);
    while (!Take("]")) {
      if (AtEnd() || AtFields()) return AddMistake(Cat(path, ", opened in line ", line + 1, ", has no closing ]"));
      ReadValue(message, field, path);
      if (!Take(",") && !At("]") && !AtEnd() && !AtFields()) {
        AddMistake(Cat("expected ',' or ']' in ", path, ", found ", Found()));
      }
    }
  }

  void ReadValue(Message* message, const FieldDescriptor& field, const std::string& path) {
    const int line = token().line;
    const bool is_string = token().type == Tokenizer::TYPE_STRING;
    const bool wants_string = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (is_string != wants_string) {
      AddMistake(Cat(path, " is ", Found(), wants_string ? ", not a text in quotes" : "; write it without quotes"));
      SkipValue();
      return;
    }
    const absl::Status status = SetValue(message, field, path, is_string ? TakeString() : TakeScalar(field));
    if (!status.ok()) AddMistake(line, ToStd(status.message()));
  }

  // Strings that follow each other are one, as in C.
  std::string TakeString() {
    std::string value;
    for (; token().type == Tokenizer::TYPE_STRING; tokens_.Next()) Tokenizer::ParseStringAppend(token().text, &value);
    return value;
  }

  // A number, or a word such as true or SGD, as it stands but for C's hexadecimal and octal numbers.
  std::string TakeScalar(const FieldDescriptor& field) {
    const std::string sign = Take("-") ? "-" : "";
    std::string text = token().text;
    uint64_t number = 0;
    if (token().type == Tokenizer::TYPE_INTEGER && field.cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE &&
        Tokenizer::ParseInteger(text, std::numeric_limits<uint64_t>::max(), &number)) {
      text = Cat(number);
    }
    if (token().type == Tokenizer::TYPE_FLOAT && (text.back() == 'f' || text.back() == 'F')) text.pop_back();
    if (At("[")) {
      SkipBrackets();
    } else if (!AtBracket()) {
      tokens_.Next();
    }
    return Cat(sign, text);
  }

  // Where a message's fields begin or end.
  bool AtFields() { return At("{") || At("}") || At("<") || At(">"); }
  bool AtBracket() { return AtFields() || At("[") || At("]"); }

  // Passes over what follows a field's name that cannot be read: to the end of its line, brackets and all.
  void SkipValue() {
    Take(":");
    Take("-");
    if (At("{") || At("<") || At("[")) return SkipBrackets();
    if (token().type == Tokenizer::TYPE_STRING) {
      TakeString();
    } else if (!AtEnd() && !AtBracket()) {
      tokens_.Next();
    }
  }

  void SkipBrackets() {
    uint64_t depth = 0;
    do {
      if (At("{") || At("<") || At("[")) ++depth;
      if (At("}") || At(">") || At("]")) --depth;
      tokens_.Next();
    } while (depth > 0 && !AtEnd());
  }

  const std::string name_;
  google::protobuf::io::ArrayInputStream stream_;
  std::vector<std::string> mistakes_;
  Tokenizer tokens_;
};

}  // namespace

std::vector<std::string> ReadJob(std::string_view text, std::string_view name, job::Job* job) {
  job->Clear();
  if (text.size() > kMaxJobBytes) {
    return {Cat(name, ": ", text.size(), " bytes are too many for a job (at most ", kMaxJobBytes, ")")};
  }
  return JobReader(WithoutByteOrderMark(text), name).Read(job);
}

}  // namespace shoal
