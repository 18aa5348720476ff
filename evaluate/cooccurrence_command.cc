#include "common/clock.h"
#include "common/files.h"
#include "common/job/job.h"
#include "common/status.h"
#include "evaluate/command.h"
#include "evaluate/cooccurrence/train.h"
#include "evaluate/report/report.h"

namespace shoal {
namespace {

constexpr Option kOptions[] = {
    {"data", Option::kMany, "PATH...", "the corpus: files or folders"},
    {"output", Option::kOne, "DIR", "the folder to write into"},
    {"job", Option::kOne, "FILE", "a job (textproto) to begin with"},
    {"dim", Option::kOne, "N", "numbers of a vector (default 100)"},
    {"window", Option::kOne, "N", "words to each side that are contexts (default 5)"},
    {"min-count", Option::kOne, "N", "rarer words are left out (default 5)"},
    {"seed", Option::kOne, "N", "of the SVD's random projection (default 1)"},
    {"set", Option::kMany, "PATH=VALUE...", "fields of the job, as in data.corpus.normalisation=TEXT8"},
    {"quiet", Option::kFlag, "", "no progress lines"},
    {"help", Option::kFlag, "", "this text"},
};

// Options that are short for a field.
constexpr std::pair<std::string_view, std::string_view> kFields[] = {
    {"dim", "objective.cooccurrence.dim"},
    {"window", "objective.cooccurrence.window"},
    {"min-count", "data.corpus.min_count"},
    {"seed", "seed"},
};

absl::StatusOr<job::Job> JobOf(const Arguments& arguments) {
  job::Job job;
  job.set_name("cooccurrence");
  if (arguments.Has("job")) {
    ASSIGN_OR_RETURN(const std::string text, ReadFile(arguments.One("job")));
    ASSIGN_OR_RETURN(job, ParseJob(text, arguments.One("job")));
  }
  job.mutable_objective()->mutable_cooccurrence();
  for (const std::string& path : arguments.Many("data")) job.mutable_data()->mutable_corpus()->add_path(path);
  for (const auto& [option, field] : kFields) {
    if (arguments.Has(option)) {
      RETURN_IF_ERROR(SetField(&job, Cat(field, "=", arguments.One(option))));
    }
  }
  for (const std::string& assignment : arguments.Many("set")) {
    RETURN_IF_ERROR(SetField(&job, assignment));
  }
  if (arguments.Has("quiet")) job.mutable_progress()->set_quiet(true);
  RETURN_IF_ERROR(ValidateJob(job));
  return job;
}

absl::Status Run(const Arguments& arguments) {
  if (!arguments.Has("output"))
    return UsedWrongly(InvalidArgument("--output DIR is missing: the folder of the results"));
  const auto job = JobOf(arguments);
  if (!job.ok()) return UsedWrongly(job.status());
  RETURN_IF_ERROR(TrainCooccurrence(*job, arguments.One("output"), &Clock::Real()));
  return WriteReport(arguments.One("output")).status();
}

}  // namespace

const Command kCooccurrenceCommand = {
    .name = "cooccurrence",
    .verb = "train cooccurrence",
    .usage = "cooccurrence --data PATH... --output DIR [--dim N] [--window N] [--set PATH=VALUE...]",
    .summary = "train word vectors by counting: windowed counts, PPMI, truncated SVD",
    .help =
        "The baseline that trained vectors are compared with. DIR gets vectors.bin, job.textproto, log.jsonl and\n"
        "result.json, as from any training. All settings: objective.cooccurrence in docs/jobs.md.\n",
    .options = kOptions,
    .operands = 0,
    .run = Run,
};

}  // namespace shoal
