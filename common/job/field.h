// One field of a job: finding it by name, giving it a value from text, checking its range.
//
// The inner part of common/job: what is the same for a line of a job file, for --set and for ValidateJob. A path is the
// names from the job down, "objective.skip_gram.window"; the empty path is the job itself.
//
// Thread rule: pure functions; safe from any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/job.pb.h"

namespace shoal {

using FieldDescriptor = google::protobuf::FieldDescriptor;
using Message = google::protobuf::Message;

std::string JoinPath(std::string_view parent, std::string_view name);

// The names of all fields right below `message`.
std::vector<std::string> FieldNames(const google::protobuf::Descriptor& message);

// The field of `message`, which stands at `parent`. NotFound suggests the nearest name, here or elsewhere in the job.
absl::StatusOr<const FieldDescriptor*> FindField(const google::protobuf::Descriptor& message, std::string_view parent,
                                                 std::string_view name);

// InvalidArgument: `field` is one of several kinds of which another is given in `message` already.
absl::Status CheckOneof(const Message& message, const FieldDescriptor& field, std::string_view path);

// Sets the scalar `field` of `message`, or appends to it where it is repeated. InvalidArgument tells what it may be;
// nothing was changed then. FieldDescriptor::cpp_type() must not be a message.
absl::Status SetValue(Message* message, const FieldDescriptor& field, std::string_view path, std::string_view value);

// What a number may be by its declaration: "in 1..64", "at least 1", "above 0 and at most 1000".
std::string DescribeRange(const FieldDescriptor& field);

// The shortest text that reads back as `number`: "2.5e-6". Cat's six digits would show 0.9999999 as 1.
std::string ShortestDecimal(double number);

// A line for each number of `message`, and of all messages below, that is outside what its declaration allows.
std::vector<std::string> RangeMistakes(const Message& message, std::string_view path);

}  // namespace shoal
