#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/files.h"
#include "common/job/field.h"
#include "common/job/job.h"
#include "common/text.h"

namespace shoal {
namespace {

using google::protobuf::TextFormat;

std::string Read(const std::string& path_in_tree) {
  const auto text = ReadFile(Cat(SHOAL_SOURCE_DIR, "/", path_in_tree));
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

// Calls visit(path, field) for every field below `message` that has a value.
template <typename Visit>
void ForEachValue(const google::protobuf::Descriptor& message, const std::string& parent, const Visit& visit) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string path = JoinPath(parent, field.name());
    if (field.message_type() != nullptr) {
      ForEachValue(*field.message_type(), path, visit);
    } else {
      visit(path, field);
    }
  }
}

std::string DefaultOf(const FieldDescriptor& field) {
  if (field.is_repeated()) return "none";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return field.default_value_bool() ? "`true`" : "`false`";
    case FieldDescriptor::CPPTYPE_ENUM:
      return Cat("`", field.default_value_enum()->name(), "`");
    case FieldDescriptor::CPPTYPE_STRING:
      return Cat("`\"", field.default_value_string(), "\"`");
    case FieldDescriptor::CPPTYPE_UINT32:
      return Cat("`", field.default_value_uint32(), "`");
    case FieldDescriptor::CPPTYPE_UINT64:
      return Cat("`", field.default_value_uint64(), "`");
    default:
      return Cat("`", ShortestDecimal(field.default_value_double()), "`");
  }
}

std::string AllowedOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true, false";
    case FieldDescriptor::CPPTYPE_STRING:
      return field.is_repeated() ? "texts" : "text";
    case FieldDescriptor::CPPTYPE_ENUM: {
      std::vector<std::string> names;
      for (int i = 0; i < field.enum_type()->value_count(); ++i) names.push_back(field.enum_type()->value(i)->name());
      return absl::StrJoin(names, ", ");
    }
    default:
      return std::string(absl::StripPrefix(DescribeRange(field), "in "));
  }
}

// That every value set in `message` is its field's default; the job's name apart.
void ExpectDefaults(const Message& message, const std::string& parent) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  const std::unique_ptr<Message> unset(message.New());
  for (const FieldDescriptor* field : fields) {
    const std::string path = JoinPath(parent, field->name());
    if (field->message_type() != nullptr) {
      ExpectDefaults(message.GetReflection()->GetMessage(message, field), path);
    } else if (path != "name") {
      std::string value, default_value;
      TextFormat::PrintFieldValueToString(message, field, -1, &value);
      TextFormat::PrintFieldValueToString(*unset, field, -1, &default_value);
      EXPECT_EQ(value, default_value) << path;
    }
  }
}

TEST(JobsPageTest, EveryFieldStandsOnThePageWithItsDefaultAndRange) {
  const std::string page = Read("docs/jobs.md");
  ForEachValue(*job::Job::descriptor(), "", [&](const std::string& path, const FieldDescriptor& field) {
    const std::string row = Cat("| `", path, "` | ", DefaultOf(field), " | ", AllowedOf(field), " | ");
    EXPECT_TRUE(absl::StrContains(page, row)) << "docs/jobs.md lacks a row that begins with\n" << row;
  });
}

TEST(JobsPageTest, ThePageNamesNoFieldThatIsNotThere) {
  std::set<std::string> paths;
  ForEachValue(*job::Job::descriptor(), "",
               [&](const std::string& path, const FieldDescriptor&) { paths.insert(path); });
  const std::string page = Read("docs/jobs.md");
  for (size_t at = 0; (at = page.find("\n| `", at)) != std::string::npos;) {
    at += 4;
    const std::string path = page.substr(at, page.find('`', at) - at);
    EXPECT_EQ(paths.count(path), 1u) << path;
  }
}

TEST(JobsPageTest, TheShippedJobShowsEveryFieldOfWordVectorsWithItsDefault) {
  const std::string text = Read("launch/jobs/words.textproto");
  const auto job = ParseJob(text, "words.textproto");
  ASSERT_TRUE(job.ok()) << job.status();
  job::Job defaults;
  defaults.set_name("words");
  ForEachValue(*job::Job::descriptor(), "", [&](const std::string& path, const FieldDescriptor& field) {
    if (absl::StartsWith(path, "objective.") && !absl::StartsWith(path, "objective.skip_gram.")) return;
    if (absl::StartsWith(path, "encoder.")) return;
    if (absl::StartsWith(path, "data.") && !absl::StartsWith(path, "data.corpus.")) return;
    const std::string line = field.is_repeated() ? Cat("# ", field.name(), ":") : Cat(field.name(), ":");
    EXPECT_TRUE(absl::StrContains(text, Cat(" ", line)) || absl::StrContains(text, Cat("\n", line))) << path;
  });
  ExpectDefaults(*job, "");
}

TEST(JobsPageTest, EveryShippedJobIsRightOnceItHasData) {
  int jobs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(Cat(SHOAL_SOURCE_DIR, "/launch/jobs"))) {
    const std::string name = entry.path().filename();
    auto job = ParseJob(Read("launch/jobs/" + name), name);
    ASSERT_TRUE(job.ok()) << job.status();
    const bool images = job->data().has_images();
    ASSERT_TRUE(SetField(&*job, images ? "data.images.path=pictures" : "data.corpus.path=text.txt").ok());
    EXPECT_TRUE(ValidateJob(*job).ok()) << name << ": " << ValidateJob(*job);
    EXPECT_EQ(job->name() + ".textproto", name);
    ++jobs;
  }
  EXPECT_GE(jobs, 7);
}

}  // namespace
}  // namespace shoal
