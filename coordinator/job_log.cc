#include "coordinator/job_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "common/format.h"
#include "common/log.h"
#include "common/status.h"
#include "common/version.h"

namespace shoal {

std::string ProgressLine(const ProgressSnapshot& p) {
  return absl::StrFormat("epoch %d/%d  %5.1f %%  %s words/s  loss %.4f  learning rate %.6f  %s left", p.epoch, p.epochs,
                         100 * p.fraction, FormatScaled(p.words_per_second), p.loss, p.learning_rate,
                         FormatClock(p.eta_seconds));
}

absl::StatusOr<std::unique_ptr<JobLog>> JobLog::Create(const std::string& directory, Clock* clock, bool print) {
  std::string path = Cat(directory, "/log.jsonl");
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return ErrnoError(errno, Cat("cannot create ", path));
  return std::unique_ptr<JobLog>(new JobLog(fd, std::move(path), clock, print));
}

JobLog::JobLog(int fd, std::string path, Clock* clock, bool print)
    : fd_(fd), path_(std::move(path)), clock_(clock), print_(print), start_(clock->Now()) {}

JobLog::~JobLog() { ::close(fd_); }

double JobLog::elapsed_seconds() const { return absl::ToDoubleSeconds(clock_->Now() - start_); }

JsonWriter JobLog::Event(std::string_view name) const {
  JsonWriter json;
  json.BeginObject().Key("event").String(name).Key("elapsed_seconds").Number(elapsed_seconds());
  return json;
}

void JobLog::Write(JsonWriter event) {
  const std::string line = event.EndObject().text() + "\n";
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size()) || complained_) return;
  complained_ = true;
  // A line that was written in part filled what room there was.
  LogWarning("cannot write to ", path_, ": ", ::strerror(written < 0 ? errno : ENOSPC),
             "; training goes on without its log");
}

void JobLog::Print(std::string_view line) const {
  if (print_) LogInfo(line);
}

void JobLog::Start(const job::Job& job) {
  JsonWriter event = Event("start");
  event.Key("time").String(absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone()));
  event.Key("name").String(job.name()).Key("version").String(Version()).Key("workers").Number(job.workers());
  event.Key("servers").Number(job.servers()).Key("epochs").Number(job.epochs()).Key("seed").Number(job.seed());
  Write(std::move(event));
}

void JobLog::Preparing(std::string_view what) { Print(Cat("preparing the data: ", what)); }

void JobLog::Prepared(const PreparedData& data) {
  JsonWriter event = Event("prepared");
  event.Key("token_file").String(data.token_file).Key("reused").Bool(data.reused);
  event.Key("why_rebuilt").String(data.why_rebuilt).Key("data").String(data.description);
  event.Key("vocabulary_words").Number(data.vocabulary_words).Key("units_per_epoch").Number(data.units.size());
  Write(std::move(event));
  if (!data.why_rebuilt.empty()) Print(Cat("the data was prepared again: ", data.why_rebuilt));
  Print(Cat("data: ", data.description, data.reused ? " (prepared by an earlier run)" : ""));
}

void JobLog::Training() { Write(Event("training")); }

void JobLog::Progressed(const ProgressSnapshot& p) {
  JsonWriter event = Event("progress");
  event.Key("epoch").Number(p.epoch).Key("epochs").Number(p.epochs).Key("fraction").Number(p.fraction);
  event.Key("words").Number(p.words).Key("words_per_second").Number(p.words_per_second).Key("loss").Number(p.loss);
  event.Key("learning_rate").Number(p.learning_rate).Key("eta_seconds").Number(p.eta_seconds);
  Write(std::move(event));
  Print(ProgressLine(p));
}

void JobLog::Ended(const RunResult& result) {
  JsonWriter event = Event(result.done ? "done" : "failed");
  if (!result.done) event.Key("reason").String(result.reason);
  event.Key("words").Number(result.words).Key("seconds").Number(result.seconds);
  event.Key("words_per_second").Number(result.words_per_second).Key("loss").Number(result.loss.value_or(0));
  Write(std::move(event));
  if (!result.done) return;
  Print(absl::StrFormat("done: %s words in %.1f s, %s words/s, loss %.4f in the last epoch",
                        FormatScaled(static_cast<double>(result.words)), result.seconds,
                        FormatScaled(result.words_per_second), result.loss.value_or(0)));
  for (const std::string& line : result.Table()) Print(line);
  for (const std::string& file : result.files) Print(Cat("wrote ", file));
}

}  // namespace shoal
