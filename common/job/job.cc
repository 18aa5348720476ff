#include "common/job/job.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/job/field.h"
#include "common/status.h"

namespace shoal {

absl::StatusOr<job::Job> ParseJob(std::string_view text, std::string_view name) {
  job::Job job;
  const std::vector<std::string> mistakes = ReadJob(text, name, &job);
  if (!mistakes.empty()) return InvalidArgument(absl::StrJoin(mistakes, "\n"));
  return job;
}

absl::Status SetField(job::Job* job, std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return InvalidArgument("'", assignment, "' is not of the form path=value, as objective.skip_gram.window=8 is");
  }
  const std::string path(assignment.substr(0, equals));
  const std::string_view value = assignment.substr(equals + 1);

  job::Job changed = *job;  // So that a mistake halfway changes nothing.
  Message* message = &changed;
  std::string parent;
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  for (size_t i = 0; i < names.size(); ++i) {
    ASSIGN_OR_RETURN(const FieldDescriptor* field, FindField(*message->GetDescriptor(), parent, names[i]));
    parent = JoinPath(parent, names[i]);
    RETURN_IF_ERROR(CheckOneof(*message, *field, parent));
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const bool is_last = i + 1 == names.size();
    if (is_message && is_last) {
      return InvalidArgument(parent, " has fields of its own; set one of ",
                             absl::StrJoin(FieldNames(*field->message_type()), ", "));
    }
    if (!is_message && !is_last) {
      return InvalidArgument(path, ": no such field; ", parent, " is a value and has no fields");
    }
    if (is_message) {
      message = message->GetReflection()->MutableMessage(message, field);
    } else if (field->is_repeated() && value.empty()) {
      message->GetReflection()->ClearField(message, field);
    } else {
      RETURN_IF_ERROR(SetValue(message, *field, parent, value));
    }
  }
  job->Swap(&changed);
  return absl::OkStatus();
}

std::string PrintJob(const job::Job& job) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);  // So that paths and words of any script stay readable.
  std::string text;
  printer.PrintToString(job, &text);
  return text;
}

}  // namespace shoal
