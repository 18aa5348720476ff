#include "evaluate/cooccurrence/counting_log.h"

#include "absl/strings/str_format.h"
#include "common/status.h"
#include "common/version.h"

namespace shoal {
namespace {

constexpr absl::Duration kProgressInterval = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::unique_ptr<CountingLog>> CountingLog::Create(const std::string& directory, Clock* clock,
                                                                 bool print) {
  ASSIGN_OR_RETURN(auto log, EventLog::Create(directory, clock, {.print = print}));
  return std::unique_ptr<CountingLog>(new CountingLog(std::move(log), clock));
}

CountingLog::CountingLog(std::unique_ptr<EventLog> log, Clock* clock)
    : log_(std::move(log)), clock_(clock), next_progress_(clock->Now() + kProgressInterval) {}

void CountingLog::Start(const job::Job& job) {
  JsonWriter event = log_->Event("start");
  event.Key("time").String(absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone()));
  event.Key("name").String(job.name()).Key("version").String(Version()).Key("workers").Number(1);
  event.Key("servers").Number(0).Key("epochs").Number(1).Key("seed").Number(job.seed());
  log_->Write(std::move(event));
}

void CountingLog::Prepared(const PreparedCorpus& corpus, const TokenFile& tokens) {
  JsonWriter event = log_->Event("prepared");
  event.Key("data_file").String(corpus.path).Key("reused").Bool(corpus.reused);
  event.Key("why_rebuilt").String(corpus.why_rebuilt).Key("data").String(tokens.Describe());
  event.Key("items").Number(tokens.words());
  log_->Write(std::move(event));
  Print(Cat("data: ", tokens.Describe(), corpus.reused ? " (prepared by an earlier run)" : ""));
}

void CountingLog::Progressed(std::string_view phase, double fraction) {
  if (clock_->Now() < next_progress_) return;
  next_progress_ = clock_->Now() + kProgressInterval;
  JsonWriter event = log_->Event("progress");
  event.Key("phase").String(phase).Key("fraction").Number(fraction);
  log_->Write(std::move(event));
  Print(absl::StrFormat("%s  %.0f %%", std::string(phase), 100 * fraction));
}

void CountingLog::Ended(const RunResult& result) {
  JsonWriter event = log_->Event(result.done ? "done" : "failed");
  event.Key("reason").String(result.reason).Key("words").Number(result.words);
  event.Key("seconds").Number(result.seconds).Key("words_per_second").Number(result.words_per_second);
  log_->Write(std::move(event));
}

}  // namespace shoal
