#include "common/job/field.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "common/job/nearest_name.h"
#include "common/status.h"

namespace shoal {
namespace {

using google::protobuf::Descriptor;

// What a number may be, by its declaration and its type.
struct Range {
  double low;
  bool low_allowed;
  double high;
  bool whole;

  bool Contains(double value) const {
    // Written so that NaN is outside of every range.
    return (low_allowed ? value >= low : value > low) && value <= high;
  }

  std::string Describe() const {
    const bool bounded = high < static_cast<double>(std::numeric_limits<uint64_t>::max());
    if (!low_allowed)
      return Cat("above ", ShortestDecimal(low), bounded ? Cat(" and at most ", ShortestDecimal(high)) : "");
    if (!bounded) return Cat("at least ", ShortestDecimal(low));
    if (whole) return Cat("in ", static_cast<uint64_t>(low), "..", static_cast<uint64_t>(high));
    return Cat("in ", ShortestDecimal(low), "..", ShortestDecimal(high));
  }
};

Range RangeOf(const FieldDescriptor& field) {
  const auto& options = field.options();
  const bool whole = field.cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE;
  Range range{.low = -std::numeric_limits<double>::max(),
              .low_allowed = !options.HasExtension(job::above),
              .high = std::numeric_limits<double>::max(),
              .whole = whole};
  if (whole) range.low = 0;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) range.high = std::numeric_limits<uint32_t>::max();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) range.high = std::numeric_limits<uint64_t>::max();
  if (options.HasExtension(job::at_least)) range.low = options.GetExtension(job::at_least);
  if (options.HasExtension(job::above)) range.low = options.GetExtension(job::above);
  if (options.HasExtension(job::at_most)) range.high = options.GetExtension(job::at_most);
  return range;
}

absl::Status OutOfRange(std::string_view path, std::string_view value, const Range& range) {
  return InvalidArgument(path, " is ", value, ", not ", range.Describe());
}

absl::Status SetWhole(Message* message, const FieldDescriptor& field, std::string_view path, std::string_view value) {
  const Range range = RangeOf(field);
  uint64_t number = 0;
  if (int64_t negative = 0; absl::SimpleAtoi(ForAbsl(value), &negative) && negative < 0) {
    return OutOfRange(path, value, range);
  }
  if (!absl::SimpleAtoi(ForAbsl(value), &number)) {
    const bool digits = !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
    if (digits) return InvalidArgument(path, " is ", value, ", above ", std::numeric_limits<uint64_t>::max());
    return InvalidArgument(path, " is ", value.empty() ? "empty" : value, ", not a whole number ", range.Describe());
  }
  if (!range.Contains(static_cast<double>(number))) return OutOfRange(path, value, range);
  const auto* reflection = message->GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    reflection->SetUInt32(message, &field, static_cast<uint32_t>(number));
  } else {
    reflection->SetUInt64(message, &field, number);
  }
  return absl::OkStatus();
}

absl::Status SetDouble(Message* message, const FieldDescriptor& field, std::string_view path, std::string_view value) {
  const Range range = RangeOf(field);
  double number = 0;
  if (!absl::SimpleAtod(ForAbsl(value), &number)) {
    return InvalidArgument(path, " is ", value.empty() ? "empty" : value, ", not a number ", range.Describe());
  }
  if (!range.Contains(number)) return OutOfRange(path, value, range);
  if (field.is_repeated()) {
    message->GetReflection()->AddDouble(message, &field, number);
  } else {
    message->GetReflection()->SetDouble(message, &field, number);
  }
  return absl::OkStatus();
}

absl::Status SetBool(Message* message, const FieldDescriptor& field, std::string_view path, std::string_view value) {
  const bool yes = value == "true" || value == "1";
  if (!yes && value != "false" && value != "0") {
    return InvalidArgument(path, " is ", value.empty() ? "empty" : value, ", not true or false");
  }
  message->GetReflection()->SetBool(message, &field, yes);
  return absl::OkStatus();
}

absl::Status SetEnum(Message* message, const FieldDescriptor& field, std::string_view path, std::string_view value) {
  const auto* chosen = field.enum_type()->FindValueByName(std::string(value));
  if (chosen == nullptr) {
    std::vector<std::string> names;
    for (int i = 0; i < field.enum_type()->value_count(); ++i) names.push_back(field.enum_type()->value(i)->name());
    return InvalidArgument(path, " is ", value.empty() ? "empty" : value, Suggestion(value, names));
  }
  message->GetReflection()->SetEnum(message, &field, chosen);
  return absl::OkStatus();
}

// The path of the first field called `name` at or below `message`; empty where there is none.
std::string FindElsewhere(const Descriptor& message, std::string_view parent, std::string_view name) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string path = JoinPath(parent, field.name());
    if (field.name() == name) return path;
    if (field.message_type() == nullptr) continue;
    if (std::string below = FindElsewhere(*field.message_type(), path, name); !below.empty()) return below;
  }
  return "";
}

std::optional<double> NumberOf(const Message& message, const FieldDescriptor& field) {
  const auto* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<double>(reflection->GetUInt64(message, &field));
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string JoinPath(std::string_view parent, std::string_view name) {
  return parent.empty() ? std::string(name) : Cat(parent, ".", name);
}

std::vector<std::string> FieldNames(const Descriptor& message) {
  std::vector<std::string> names;
  for (int i = 0; i < message.field_count(); ++i) names.push_back(message.field(i)->name());
  return names;
}

absl::StatusOr<const FieldDescriptor*> FindField(const Descriptor& message, std::string_view parent,
                                                 std::string_view name) {
  const FieldDescriptor* field = message.FindFieldByName(std::string(name));
  if (field != nullptr) return field;
  const std::vector<std::string> names = FieldNames(message);
  std::string meant = NearestName(name, names);
  meant = meant.empty() ? FindElsewhere(*job::Job::descriptor(), "", name) : JoinPath(parent, meant);
  const std::string hint = meant.empty() ? Suggestion(name, names) : Cat("; did you mean ", meant, "?");
  return NotFound(JoinPath(parent, name), ": no such field", hint);
}

absl::Status CheckOneof(const Message& message, const FieldDescriptor& field, std::string_view path) {
  const auto* choice = field.containing_oneof();
  if (choice == nullptr) return absl::OkStatus();
  const FieldDescriptor* given = message.GetReflection()->GetOneofFieldDescriptor(message, choice);
  if (given == nullptr || given == &field) return absl::OkStatus();
  return InvalidArgument(path, ": ", given->name(), " is given already, and there can be one only; leave one out");
}

absl::Status SetValue(Message* message, const FieldDescriptor& field, std::string_view path, std::string_view value) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetWhole(message, field, path, value);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return SetDouble(message, field, path, value);
    case FieldDescriptor::CPPTYPE_BOOL:
      return SetBool(message, field, path, value);
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(message, field, path, value);
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.is_repeated()) {
        message->GetReflection()->AddString(message, &field, std::string(value));
      } else {
        message->GetReflection()->SetString(message, &field, std::string(value));
      }
      return absl::OkStatus();
    default:
      return Internal(path, ": job.proto has a field of type ", field.cpp_type_name(), ", which common/job cannot set");
  }
}

std::string DescribeRange(const FieldDescriptor& field) { return RangeOf(field).Describe(); }

std::string ShortestDecimal(double number) {
  // Where the shortest is "1e+6", people write it out.
  constexpr double kWrittenOut = 1e15;
  if (number == std::floor(number) && std::abs(number) < kWrittenOut) return Cat(static_cast<int64_t>(number));
  char text[32];
  const size_t length = std::to_chars(text, text + sizeof(text), number).ptr - text;
  // C++ writes two digits of an exponent at least; people write one.
  return absl::StrReplaceAll(std::string(text, length), {{"e-0", "e-"}});
}

std::vector<std::string> RangeMistakes(const Message& message, std::string_view path) {
  std::vector<std::string> mistakes;
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated()) continue;  // Strings have no range, and numbers are checked as they are added.
    const std::string field_path = JoinPath(path, field->name());
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const auto below = RangeMistakes(message.GetReflection()->GetMessage(message, field), field_path);
      mistakes.insert(mistakes.end(), below.begin(), below.end());
      continue;
    }
    const std::optional<double> number = NumberOf(message, *field);
    if (!number.has_value()) continue;
    const Range range = RangeOf(*field);
    if (!range.Contains(*number)) {
      mistakes.emplace_back(OutOfRange(field_path, ShortestDecimal(*number), range).message());
    }
  }
  return mistakes;
}

}  // namespace shoal
