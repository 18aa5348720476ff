#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/files.h"
#include "common/format.h"
#include "common/job/derived.h"
#include "common/job/job.h"
#include "common/machine.h"
#include "common/run/run_result.h"
#include "common/status.h"
#include "launch/commands.h"
#include "launch/image_worker.h"
#include "launch/job_outcome.h"
#include "launch/launch_plan.h"
#include "launch/mpirun_command.h"
#include "launch/output_folder.h"
#include "launch/processes.h"
#include "launch/program.h"
#include "launch/restart_policy.h"
#include "launch/runtime_folder.h"
#include "launch/supervisor.h"
#include "launch/training_request.h"

namespace shoal {
namespace {

// Open MPI's shared-memory segment of one rank, and what its session needs besides.
constexpr uint64_t kSegmentBytes = uint64_t{5} << 20, kSessionBytes = uint64_t{16} << 20;
constexpr absl::Duration kLookForLeftovers = absl::Milliseconds(200);

// What is known before the data is read. Of text that is not prepared yet that is not even the tables' size; of
// pictures all but the size of a bank for each of them and of views that are as large as the pictures.
absl::Status CheckMemory(const TrainingRequest& request, const Machine& machine, const Installation& installation) {
  const job::Job& job = request.job;
  const std::optional<uint64_t> items =
      TrainsImages(job) ? std::optional<uint64_t>(job.encoder().batch()) : PreparedVocabulary(request);
  if (!items.has_value()) return absl::OkStatus();
  return PlanMemory(job, *items, /*picture_side=*/0, machine, installation, Clock::Real()).status();
}

std::string JobFile(const TrainingRequest& request) { return Cat(request.output, "/job.textproto"); }

absl::Status WriteJob(const TrainingRequest& request) {
  RETURN_IF_ERROR(MakeDirectories(request.output)) << "--output";
  RETURN_IF_ERROR(LockOutputFolder(request.output));
  std::vector<std::string> mistakes;
  const auto goes_on_from = CheckOutputFolder(request.output, request.job, request.force, &mistakes);
  if (!mistakes.empty() || goes_on_from != request.goes_on_from) {
    return Aborted("--output: a run into ", request.output, " has ended since; look at it, and give the command again");
  }
  RETURN_IF_ERROR(RemoveOldResults(request.output, request.goes_on_from.has_value()));
  return WriteFileAtomically(JobFile(request), PrintJob(request.job));
}

// Where mpirun is to put its files, and what not to print. By its environment, because the printed line must not need a
// folder that only a supervisor makes and removes.
std::vector<std::pair<std::string, std::string>> EnvironmentOf(const job::Job& job, const RuntimeFolder& folder) {
  // Of this host only: another one has no such folder, and Open MPI's own variable for that, orte_local_tmpdir_base, is
  // refused by the ranks that run here.
  // Where /sys is missing, as in some containers, each rank would complain of it.
  const std::pair<std::string, std::string> quiet = {"HWLOC_HIDE_ERRORS", "2"};
  if (!job.placement().hostfile().empty()) return {quiet, {"TMPDIR", folder.path()}};
  return {quiet, {"OMPI_MCA_orte_tmpdir_base", folder.path()}, {"OMPI_MCA_btl_vader_backing_directory", folder.path()}};
}

absl::StatusOr<SupervisedRun> RunJob(const TrainingRequest& request, MpirunCommand command, bool draw_bar,
                                     StopSignals& signals, const Offspring& offspring) {
  const job::Job& job = request.job;
  if (draw_bar || job.progress().quiet()) command.contexts[0].push_back("--no_progress_lines");
  const uint64_t ranks = uint64_t{1} + job.servers() + job.workers();
  ASSIGN_OR_RETURN(const auto folder,
                   RuntimeFolder::Create({"/dev/shm", "/tmp"}, ranks * kSegmentBytes + kSessionBytes));
  return Supervise(SupervisorOptions{.arguments = command.Arguments(),
                                     .environment = EnvironmentOf(job, *folder),
                                     .log_path = Cat(request.output, "/log.jsonl"),
                                     .result_path = Cat(request.output, "/", kResultFileName),
                                     .draw_bar = draw_bar,
                                     .checkpoint_grace = absl::Seconds(job.stop_grace_seconds())},
                   signals, offspring, Clock::Real());
}

// A process that no signal ends waits in the kernel, as while a disk or a network file system does not answer, and
// might yet write into the output folder: another life has to wait for its end. The signal that ended the wait; 0:
// none.
int AwaitEndOf(const std::vector<std::string>& left, const Offspring& offspring, StopSignals& signals) {
  if (left.empty()) return 0;
  TellFailure(Cat("the job has ended but for ", absl::StrJoin(left, " and "),
                  ", held by the kernel, as while a disk or a network file system does not answer; waits for that"));
  Clock& clock = Clock::Real();
  while (!offspring.Kill(clock, clock.Now())) {
    if (const int signal = signals.Wait(kLookForLeftovers, clock); signal != 0) return signal;
  }
  return 0;
}

void TellRestart(const JobOutcome& outcome, uint64_t checkpoint, const RestartPolicy& policy) {
  const std::string from = checkpoint == 0 ? "from the beginning" : Cat("from checkpoint ", checkpoint);
  TellFailure(Cat(outcome.reason, "; it starts again ", from, " (restart ", policy.restarts(), " of at most ",
                  policy.most(), ")"));
}

struct JobEnd {
  JobOutcome outcome;
  absl::StatusOr<RunResult> result;
  bool stopped = false;  // By a signal, with a checkpoint to go on from.
};

// Runs the job, and again when it loses a process, to its end.
absl::StatusOr<JobEnd> RunJobToItsEnd(const TrainingRequest& request, const MpirunCommand& command, bool draw_bar) {
  RestartPolicy policy(request.job);
  StopSignals signals;
  const Offspring offspring;
  while (true) {
    RunResult::Remove(request.output);
    ASSIGN_OR_RETURN(SupervisedRun run, RunJob(request, command, draw_bar, signals, offspring));
    if (run.stop_signal == 0) run.stop_signal = AwaitEndOf(run.left, offspring, signals);
    const uint64_t checkpoint = NewestCheckpoint(request.output).value_or(0);
    JobEnd end{.result = RunResult::Read(request.output)};
    end.outcome = JobOutcome::Of(run, end.result, request.job, checkpoint);
    end.stopped = run.stop_signal != 0 && checkpoint > 0;
    for (const std::string& line : end.outcome.details) std::fprintf(stderr, "%s\n", line.c_str());
    if (end.outcome.done || run.stop_signal != 0) return end;
    const std::string failed = Cat("the job failed: ", end.outcome.reason);
    // mpirun did start it before: a host fell away, which may come back.
    const bool host_awaited = policy.restarts() > 0 && !end.result.ok() && !request.job.placement().hostfile().empty();
    if (!end.outcome.restartable && !host_awaited) {
      end.outcome.reason = failed;
      return end;
    }
    const auto wait = policy.After(Clock::Real().Now(), end.outcome.place, checkpoint);
    if (!wait.ok()) {
      end.outcome.reason = Cat(failed, "; ", ToStd(wait.status().message()));
      return end;
    }
    TellRestart(end.outcome, checkpoint, policy);
    if (const int signal = signals.Wait(*wait, Clock::Real()); signal != 0) {
      end.outcome =
          JobOutcome::Of({.stop_signal = signal}, NotFound("it was not started again"), request.job, checkpoint);
      end.stopped = checkpoint > 0;
      return end;
    }
  }
}

// The coordinator prints the same where it prints progress: this is for those who saw a bar instead.
void PrintFigures(const RunResult& result) {
  const std::string loss = result.loss ? absl::StrFormat(", loss %.4f in the last epoch", *result.loss) : "";
  std::printf("%s %s in %s, %s %s/s%s\n\n", FormatScaled(static_cast<double>(result.words)).c_str(),
              result.work.c_str(), FormatClock(result.seconds).c_str(), FormatScaled(result.words_per_second).c_str(),
              result.work.c_str(), loss.c_str());
  for (const std::string& line : result.Table()) std::printf("%s\n", line.c_str());
  std::printf("\n");
}

void PrintPlaces(const TrainingRequest& request) {
  const std::string& output = request.output;
  const bool images = TrainsImages(request.job);
  const std::string report = Cat(output, "/report.html");
  std::string places =
      Cat(images ? "encoder   " : "vectors   ", output, images ? "/backbone.safetensors" : "/vectors.bin");
  if (::access(report.c_str(), F_OK) == 0) places += Cat("\nreport    ", report);
  places += Cat("\nlog       ", output, "/log.jsonl\nmeasure   shoal evaluate ", images ? "images " : "words ",
                QuotedForShell(output), images ? " --data SET" : " --neighbours WORD");
  std::printf("%s\n", places.c_str());
}

// What job.evaluation asks for, as arguments of shoal-evaluate; empty where it asks for nothing.
std::vector<std::string> EvaluationArguments(const TrainingRequest& request) {
  const job::Evaluation& evaluation = request.job.evaluation();
  std::vector<std::string> arguments;
  const auto add = [&](const char* flag, const auto& values) {
    if (values.empty()) return;
    arguments.push_back(flag);
    arguments.insert(arguments.end(), values.begin(), values.end());
  };
  add("--similarity", evaluation.similarity());
  add("--analogies", evaluation.analogies());
  add("--synonyms", evaluation.synonyms());
  add("--neighbours", evaluation.neighbours());
  if (arguments.empty()) return arguments;
  arguments.insert(arguments.begin(), {"words", request.output, "--save"});
  arguments.insert(arguments.end(), {"--analogy-words", Cat(evaluation.analogy_words())});
  return arguments;
}

absl::Status RunEvaluate(std::vector<std::string> arguments, const Installation& installation) {
  ASSIGN_OR_RETURN(const std::string program, installation.Program("shoal-evaluate"));
  arguments.insert(arguments.begin(), program);
  ASSIGN_OR_RETURN(const int code, RunProgram(arguments));
  if (code == kDone) return absl::OkStatus();
  return Aborted("shoal-evaluate ", arguments[1], " failed with exit code ", code);
}

// What it prints, the page's path, stands among the places that are told at the end.
absl::Status DrawReport(const std::string& output, const Installation& installation) {
  ASSIGN_OR_RETURN(const std::string program, installation.Program("shoal-evaluate"));
  const absl::Time deadline = Clock::Real().Now() + absl::Minutes(10);
  ASSIGN_OR_RETURN(const ProgramOutput drawn, RunProgramQuietly({program, "report", output}, Clock::Real(), deadline));
  if (drawn.exit_code == kDone) return absl::OkStatus();
  // Its lines begin with "shoal: ", as this program's do.
  std::string why = absl::StrReplaceAll(drawn.text, {{"shoal: ", ""}});
  absl::StripTrailingAsciiWhitespace(&why);
  return Aborted("the report could not be drawn: ", why);
}

absl::Status MeasureAndReport(const TrainingRequest& request, const Installation& installation) {
  absl::Status measured;
  if (const std::vector<std::string> arguments = EvaluationArguments(request); !arguments.empty()) {
    measured = RunEvaluate(arguments, installation);
    std::printf("\n");
  }
  const absl::Status drawn = DrawReport(request.output, installation);
  return measured.ok() ? drawn : measured;
}

// The baseline has neither servers nor workers: no mpirun.
int CountInOneProcess(const TrainingRequest& request, const Installation& installation) {
  if (const absl::Status status = WriteJob(request); !status.ok()) return TellFailure(ToStd(status.message()));
  return EvaluateProgram({"cooccurrence", "--job", JobFile(request), "--output", request.output}, installation);
}

}  // namespace

int TrainCommand(const std::vector<std::string>& arguments, const Installation& installation) {
  if (CommandLine::WantsHelp(arguments)) {
    std::fputs(TrainingRequest::Help("train", installation).c_str(), stdout);
    return kDone;
  }
  ::signal(SIGPIPE, SIG_IGN);  // Where nobody reads any more what it prints, the job goes on.
  std::vector<std::string> mistakes;
  const TrainingRequest request = TrainingRequest::Read("train", arguments, installation, &mistakes);
  if (!mistakes.empty()) return TellMistakes("train", mistakes);

  if (request.job.objective().has_cooccurrence()) return CountInOneProcess(request, installation);
  const Machine machine = Machine::Inspect();
  const auto command = MpirunCommand::Of(request.job, JobFile(request), request.output, installation, machine);
  if (!command.ok()) return TellFailure(ToStd(command.status().message()));
  if (const absl::Status status = CheckEncoderDevice(request.job, installation, Clock::Real()); !status.ok()) {
    return TellFailure(ToStd(status.message()));
  }
  if (const absl::Status status = CheckMemory(request, machine, installation); !status.ok()) {
    return TellFailure(ToStd(status.message()));
  }
  if (const absl::Status status = WriteJob(request); !status.ok()) return TellFailure(ToStd(status.message()));
  const bool quiet = request.job.progress().quiet();
  const bool draw_bar = !quiet && ::isatty(STDERR_FILENO);
  const auto end = RunJobToItsEnd(request, *command, draw_bar);
  if (!end.ok()) return TellFailure(ToStd(end.status().message()));
  if (!end->outcome.done) return TellFailure(end->outcome.reason, end->stopped ? kStopped : kFailed);

  if (draw_bar) PrintFigures(*end->result);
  std::fflush(stdout);
  const absl::Status measured = MeasureAndReport(request, installation);
  if (!quiet) PrintPlaces(request);
  return measured.ok() ? kDone : TellFailure(ToStd(measured.message()));
}

}  // namespace shoal
