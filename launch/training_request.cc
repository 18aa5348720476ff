#include "launch/training_request.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/files.h"
#include "common/job/derived.h"
#include "common/job/job.h"
#include "common/job/nearest_name.h"
#include "common/status.h"
#include "launch/job_files.h"
#include "launch/output_folder.h"

namespace shoal {
namespace {

// A change that a flag asks for. Applied once the job's file is read, whatever their order on the command line.
struct Change {
  std::string flag;
  std::string path;  // Empty: `value` is a whole "path=value".
  std::string value;
};

// Stands in Change::path for the width of the objective's vectors, whichever objective it is.
constexpr char kDimOfObjective[] = "dim";
// Of the paths of the job's data, whichever data that is.
constexpr char kPathOfData[] = "data";

std::string AboutOf(const std::string& verb, const Installation& installation) {
  const std::string jobs = absl::StrJoin(installation.JobNames(), ", ");
  const std::string what = verb == "train"
                               ? "Trains JOB and writes its results to a folder: job.textproto (the job as "
                                 "run), vectors.bin (word2vec's binary\n"
                                 "form) and vocabulary.txt, or backbone.safetensors of an image encoder, checkpoints/, "
                                 "log.jsonl, units.jsonl,\n"
                                 "result.json, metrics-addresses.txt, report.html."
                               : "Shows how JOB would be run: its roles, its units of work, the memory "
                                 "that each role takes, and the mpirun line,\n"
                                 "which trains the same when run by hand. Prepares the data in the cache folder, and "
                                 "writes the job to\n"
                                 "DIR/plan.textproto, where the line finds it. Refuses what does not fit this "
                                 "machine.";
  return Cat(what, "\n\nJOB is a shipped job (", jobs, ") or a file, NAME.textproto; docs/jobs.md lists its fields.",
             "\n\nExit code: 0 done, 1 failed in the run, 2 used wrongly",
             verb == "train" ? ", 3 stopped by a signal, and the same command goes on." : ".");
}

CommandLine LineOf(const std::string& verb, const Installation& installation, TrainingRequest* request,
                   std::vector<Change>* changes) {
  const auto change = [changes](std::string flag, std::string path) {
    return [=](std::string_view value) {
      changes->push_back({flag, path, std::string(value)});
      return absl::OkStatus();
    };
  };
  const auto field = [&](std::string flag, std::string value, std::string path, std::string help) {
    return Flag{
        .name = flag, .value = std::move(value), .help = std::move(help), .take = change(flag, std::move(path))};
  };
  std::vector<Flag> flags = {
      {.name = "data",
       .value = "PATH",
       .takes_many = true,
       .help = "Text or pictures: files or folders, in place of the job's data.corpus.path or data.images.path.",
       .take = change("data", kPathOfData)},
      {.name = "output",
       .value = "DIR",
       .help = "Folder of the results, made where it is missing (default: out).",
       .take =
           [request](std::string_view value) {
             if (value.empty()) return InvalidArgument("the folder's name is empty");
             request->output = std::string(value);
             return absl::OkStatus();
           }},
      field("workers", "N", "workers", "Processes that train, one a core (default: the job's)."),
      field("servers", "N", "servers", "Processes that hold the tables (default: the job's)."),
      field("epochs", "N", "epochs", "Passes over the data (default: the job's)."),
      field("dim", "N", kDimOfObjective, "Floats of a word's vector (default: the job's)."),
      field("net", "NET", "encoder.net", "Of an image encoder: SMALL, RESNET18, RESNET34, RESNET50."),
      field("batch", "N", "encoder.batch", "Of an image encoder: pictures of a step, over all workers."),
      field("cpu-seconds", "N", "max_cpu_seconds", "CPU time of all processes together after which training ends."),
      field("seed", "N", "seed", "Of all random choices (default: the job's)."),
      field("metrics-port", "N", "metrics.port",
            "Rank r serves /metrics on port N + r; 0 takes free ports (default: the job's, 0)."),
      field("hostfile", "FILE", "placement.hostfile",
            "Hosts to run on, \"NAME slots=N\" lines, as mpirun takes it (default: this machine)."),
      field("hosts", "FILE", "placement.hostfile", "The same as --hostfile."),
      {.name = "set",
       .value = "PATH=VALUE",
       .takes_many = true,
       .help = "Any field of the job: --set objective.skip_gram.window=8. A repeated field takes one value more,\n"
               "and PATH= empties it.",
       .take = change("set", "")},
      {.name = "quiet",
       .help = "No progress; errors and warnings only.",
       .take =
           [changes](std::string_view) {
             changes->push_back({"quiet", "progress.quiet", "true"});
             return absl::OkStatus();
           }},
      {.name = "force",
       .help = verb == "train" ? "Begin anew where the output folder holds a run, finished or not, and replace it."
                               : "Plan where the output folder holds a run, too. The line goes on from a checkpoint "
                                 "that it finds there.",
       .take =
           [request](std::string_view) {
             request->force = true;
             return absl::OkStatus();
           }},
  };
  return CommandLine(Cat("shoal ", verb, " JOB [flags]"), AboutOf(verb, installation), std::move(flags));
}

// The path of JOB's file; empty after a mistake.
std::string FindJobFile(const std::string& name, const Installation& installation, std::vector<std::string>* mistakes) {
  const std::vector<std::string> shipped = installation.JobNames();
  if (std::find(shipped.begin(), shipped.end(), name) != shipped.end()) {
    return Cat(installation.jobs, "/", name, ".textproto");
  }
  if (absl::EndsWith(name, ".textproto") || absl::StrContains(name, "/")) return name;
  mistakes->push_back(
      Cat(name, ": no such job, and no job file, whose name ends with .textproto", Suggestion(name, shipped)));
  return "";
}

void ReadJobFile(const std::string& name, const Installation& installation, job::Job* job,
                 std::vector<std::string>* mistakes) {
  const std::string path = FindJobFile(name, installation, mistakes);
  if (path.empty()) return;
  const auto text = ReadFile(path);
  if (!text.ok()) {
    mistakes->emplace_back(text.status().message());
    return;
  }
  const std::vector<std::string> found = ReadJob(*text, path, job);
  mistakes->insert(mistakes->end(), found.begin(), found.end());
}

absl::StatusOr<std::string> AssignmentOf(const Change& change, const job::Job& job) {
  if (change.path.empty()) return change.value;
  if (change.path == kPathOfData) {
    return Cat(TrainsImages(job) ? "data.images.path=" : "data.corpus.path=", change.value);
  }
  if (change.path != kDimOfObjective) return Cat(change.path, "=", change.value);
  if (TrainsImages(job)) {
    return InvalidArgument(
        "word vectors have a width of their own choice; of an image encoder --net decides how many "
        "features there are, and encoder.head.dim how many floats an embedding has");
  }
  const auto& objective = job.objective();
  const auto* kind = objective.GetReflection()->GetOneofFieldDescriptor(
      objective, job::Objective::descriptor()->FindOneofByName("kind"));
  if (kind == nullptr) return InvalidArgument("the job has no objective whose vectors could have a width");
  return Cat("objective.", kind->name(), ".dim=", change.value);
}

void ClearPaths(job::Data* data) {
  if (data->has_corpus()) data->mutable_corpus()->clear_path();
  if (data->has_images()) data->mutable_images()->clear_path();
}

void ApplyChanges(const std::vector<Change>& changes, job::Job* job, std::vector<std::string>* mistakes) {
  bool data_replaced = false;
  for (const Change& change : changes) {
    if (change.flag == "data" && !std::exchange(data_replaced, true)) ClearPaths(job->mutable_data());
    const auto assignment = AssignmentOf(change, *job);
    const absl::Status status = assignment.ok() ? SetField(job, *assignment) : assignment.status();
    if (!status.ok()) mistakes->push_back(Cat("--", change.flag, ": ", ToStd(status.message())));
  }
}

}  // namespace

TrainingRequest TrainingRequest::Read(const std::string& verb, const std::vector<std::string>& arguments,
                                      const Installation& installation, std::vector<std::string>* mistakes) {
  TrainingRequest request;
  std::vector<Change> changes;
  const CommandLine line = LineOf(verb, installation, &request, &changes);
  const std::vector<std::string> names = line.Parse(arguments, mistakes);
  if (names.empty()) {
    mistakes->push_back(
        Cat("JOB is missing: shoal ", verb, " JOB; shipped jobs are ", absl::StrJoin(installation.JobNames(), ", ")));
    return request;
  }
  for (size_t i = 1; i < names.size(); ++i) {
    mistakes->push_back(Cat("'", names[i], "' is one argument too many; text to train on stands after --data"));
  }
  request.job_name = names[0];
  const size_t before = mistakes->size();
  ReadJobFile(names[0], installation, &request.job, mistakes);
  // Of a file that could not be read at all, what is missing in the job tells nothing; what the flags say still does.
  const bool unread = mistakes->size() > before && request.job.ByteSizeLong() == 0;
  if (unread) request.job.mutable_objective()->mutable_skip_gram();
  ApplyChanges(changes, &request.job, mistakes);
  const absl::Status status = ValidateJob(request.job);
  if (!status.ok() && !unread) {
    for (const absl::string_view mistake : absl::StrSplit(status.message(), '\n')) mistakes->emplace_back(mistake);
  }
  CheckFilesOf(request.job, mistakes);
  CheckFoldersApart(request.output, request.job, mistakes);
  request.goes_on_from = CheckOutputFolder(request.output, request.job, request.force, mistakes);
  MakePathsAbsolute(&request.job);
  request.output = std::filesystem::absolute(request.output).lexically_normal();
  return request;
}

std::string TrainingRequest::Help(const std::string& verb, const Installation& installation) {
  TrainingRequest request;
  std::vector<Change> changes;
  return LineOf(verb, installation, &request, &changes).Help();
}

}  // namespace shoal
