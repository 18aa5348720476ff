#include "common/checkpoint/what_matters.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/str_join.h"
#include "common/job/derived.h"
#include "common/status.h"

namespace shoal {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What may differ, taken out.
job::Job WhatMatters(job::Job job) {
  for (const char* field : {"name", "epochs", "workers", "servers", "parameter_server", "heartbeats", "metrics",
                            "progress", "evaluation", "placement", "checkpoint", "max_restarts",
                            "restart_window_seconds", "stop_grace_seconds", "max_nonfinite", "max_cpu_seconds"}) {
    const FieldDescriptor* descriptor = job::Job::descriptor()->FindFieldByName(field);
    job.GetReflection()->ClearField(&job, descriptor);
  }
  if (!TrainsInRounds(job)) job.clear_units_per_round();
  if (job.has_encoder()) {
    job.mutable_encoder()->clear_threads();
    job.mutable_encoder()->clear_reader_threads();
    job.mutable_encoder()->clear_evaluate_every();
    job.mutable_encoder()->clear_evaluate_path();
  }
  if (job.data().has_corpus()) {
    job::Corpus* corpus = job.mutable_data()->mutable_corpus();
    for (auto clear : {&job::Corpus::clear_path, &job::Corpus::clear_vocabulary_file,
                       &job::Corpus::clear_cache_directory, &job::Corpus::clear_threads}) {
      (corpus->*clear)();
    }
  }
  if (job.data().has_images()) {
    // Which pictures these are is told by the fingerprint.
    job::Images* images = job.mutable_data()->mutable_images();
    for (auto clear :
         {&job::Images::clear_path, &job::Images::clear_layout, &job::Images::clear_max_broken_fraction,
          &job::Images::clear_decode_limit_bytes, &job::Images::clear_cache_directory, &job::Images::clear_threads}) {
      (images->*clear)();
    }
  }
  return job;
}

std::string ValueOf(const Message& message, const FieldDescriptor* field) {
  std::string text;
  if (!field->is_repeated()) {
    google::protobuf::TextFormat::PrintFieldValueToString(message, field, -1, &text);
    return text;
  }
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    std::string value;
    google::protobuf::TextFormat::PrintFieldValueToString(message, field, i, &value);
    text += (i > 0 ? ", " : "") + value;
  }
  return Cat("[", text, "]");
}

// Compares field by field, where a field that is not set counts as its default: a difference is told by its path.
void AddDifferences(const Message& job, const Message& saved, const std::string& path,
                    std::vector<std::string>* lines) {
  for (int i = 0; i < job.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = job.GetDescriptor()->field(i);
    const std::string name = path.empty() ? field->name() : Cat(path, ".", field->name());
    if (!field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const bool here = job.GetReflection()->HasField(job, field),
                 there = saved.GetReflection()->HasField(saved, field);
      // Of a choice, one side's has no counterpart: that it is another is all there is to say.
      if (field->containing_oneof() != nullptr && here != there) {
        lines->push_back(here ? Cat("the job has ", name, ", and the checkpoint has not")
                              : Cat("the checkpoint has ", name, ", and the job has not"));
      } else if (here || there) {
        AddDifferences(job.GetReflection()->GetMessage(job, field), saved.GetReflection()->GetMessage(saved, field),
                       name, lines);
      }
    } else if (const std::string mine = ValueOf(job, field), theirs = ValueOf(saved, field); mine != theirs) {
      lines->push_back(Cat(name, " is ", mine, ", and the checkpoint's is ", theirs));
    }
  }
}

}  // namespace

std::vector<std::string> DifferencesThatMatter(const job::Job& job, const job::Job& saved) {
  std::vector<std::string> lines;
  AddDifferences(WhatMatters(job), WhatMatters(saved), "", &lines);
  if (job.epochs() < saved.epochs()) {
    lines.push_back(Cat("epochs is ", job.epochs(), ", fewer than the checkpoint's ", saved.epochs()));
  }
  return lines;
}

absl::Status CheckMayGoOn(const job::Job& job, const job::Job& saved) {
  const std::vector<std::string> differences = DifferencesThatMatter(job, saved);
  if (differences.empty()) return absl::OkStatus();
  return FailedPrecondition("this job cannot go on from it:\n", absl::StrJoin(differences, "\n"),
                            "\ngive the job its old settings, another output folder, or --force to begin anew");
}

}  // namespace shoal
