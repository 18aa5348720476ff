#include "common/clock.h"
#include "common/files.h"
#include "common/job/job.h"
#include "common/log.h"
#include "common/status.h"
#include "evaluate/command.h"
#include "evaluate/cooccurrence/train.h"
#include "evaluate/report/report.h"

namespace shoal {
namespace {

constexpr Option kOptions[] = {
    {"job", Option::kOne, "FILE", "the job (textproto)"},
    {"output", Option::kOne, "DIR", "the folder to write into"},
    {"help", Option::kFlag, "", "this text"},
};

absl::StatusOr<job::Job> JobOf(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ASSIGN_OR_RETURN(const job::Job job, ParseJob(text, path));
  RETURN_IF_ERROR(ValidateJob(job));
  return job;
}

absl::Status Run(const Arguments& arguments) {
  for (const char* option : {"job", "output"}) {
    if (!arguments.Has(option)) return UsedWrongly(InvalidArgument("--", option, " is missing"));
  }
  const auto job = JobOf(arguments.One("job"));
  if (!job.ok()) return UsedWrongly(job.status());
  SetLogsInfo(!job->progress().quiet());
  RETURN_IF_ERROR(TrainCooccurrence(*job, arguments.One("output"), &Clock::Real()));
  return WriteReport(arguments.One("output")).status();
}

}  // namespace

const Command kCooccurrenceCommand = {
    .name = "cooccurrence",
    .verb = "train cooccurrence",
    .usage = "shoal-evaluate cooccurrence --job FILE --output DIR",
    .summary = "train word vectors by counting: windowed counts, PPMI, truncated SVD",
    .help =
        "What `shoal train cooccurrence` runs, once it has looked at the command line and the files. DIR gets\n"
        "vectors.bin, vocabulary.txt, job.textproto, log.jsonl and result.json, as from any training.\n",
    .options = kOptions,
    .operands = 0,
    .run = Run,
};

}  // namespace shoal
