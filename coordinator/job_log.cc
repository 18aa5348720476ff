#include "coordinator/job_log.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "common/format.h"
#include "common/job/derived.h"
#include "common/log.h"
#include "common/status.h"
#include "common/version.h"

namespace shoal {

std::string ProgressLine(const ProgressSnapshot& p) {
  return absl::StrFormat("epoch %d/%d  %5.1f %%  %s %s/s%s  learning rate %.6f  %s left", p.epoch, p.epochs,
                         100 * p.fraction, FormatScaled(p.words_per_second), p.work,
                         p.loss ? absl::StrFormat("  loss %.4f", *p.loss) : "", p.learning_rate,
                         FormatClock(p.eta_seconds));
}

absl::StatusOr<std::unique_ptr<JobLog>> JobLog::Create(const std::string& directory, Clock* clock, bool print,
                                                       bool go_on) {
  ASSIGN_OR_RETURN(auto log, EventLog::Create(directory, clock, {.print = print, .go_on = go_on}));
  return std::unique_ptr<JobLog>(new JobLog(std::move(log)));
}

void JobLog::Start(const job::Job& job) {
  JsonWriter event = log_->Event("start");
  event.Key("time").String(absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone()));
  event.Key("name").String(job.name()).Key("version").String(Version()).Key("workers").Number(job.workers());
  event.Key("servers").Number(job.servers()).Key("epochs").Number(job.epochs()).Key("seed").Number(job.seed());
  log_->Write(std::move(event));
}

void JobLog::GoesOn(const checkpoint::Manifest& from) {
  JsonWriter event = log_->Event("goes_on");
  event.Key("checkpoint").Number(from.number()).Key(WorkName(from.job())).Number(from.progress().words());
  log_->Write(std::move(event));
  log_->Print(Cat("goes on from checkpoint ", from.number(), ", after ",
                  FormatScaled(static_cast<double>(from.progress().words())), " ", WorkName(from.job())));
}

void JobLog::Preparing(std::string_view what) { log_->Print(Cat("preparing the data: ", what)); }

void JobLog::Prepared(const PreparedData& data) {
  JsonWriter event = log_->Event("prepared");
  event.Key("data_file").String(data.file).Key("reused").Bool(data.reused);
  event.Key("why_rebuilt").String(data.why_rebuilt).Key("data").String(data.description);
  event.Key("items").Number(data.items).Key("units_per_epoch").Number(data.units.size());
  log_->Write(std::move(event));
  if (!data.why_rebuilt.empty()) log_->Print(Cat("the data was prepared again: ", data.why_rebuilt));
  log_->Print(Cat("data: ", data.description, data.reused ? " (prepared by an earlier run)" : ""));
}

void JobLog::Training() { log_->Write(log_->Event("training")); }

void JobLog::Progressed(const ProgressSnapshot& p) {
  JsonWriter event = log_->Event("progress");
  event.Key("epoch").Number(p.epoch).Key("epochs").Number(p.epochs).Key("fraction").Number(p.fraction);
  event.Key("work").String(p.work).Key(p.work).Number(p.words);
  event.Key(Cat(p.work, "_per_second")).Number(p.words_per_second);
  if (p.loss) event.Key("loss").Number(*p.loss);
  event.Key("learning_rate").Number(p.learning_rate).Key("eta_seconds").Number(p.eta_seconds);
  if (p.embeddings) {
    event.Key("accuracy").Number(p.embeddings->accuracy()).Key("alignment").Number(p.embeddings->alignment());
    event.Key("uniformity").Number(p.embeddings->uniformity()).Key("spread").Number(p.embeddings->spread());
  }
  log_->Write(std::move(event));
  log_->Print(ProgressLine(p));
}

void JobLog::Measured(const wire::KnnFigure& knn, uint64_t pictures) {
  JsonWriter event = log_->Event("measured");
  event.Key("epochs").Number(knn.epochs()).Key("pictures").Number(pictures).Key("knn").Number(100 * knn.accuracy());
  event.Key("chance").Number(100 * knn.chance()).Key("seconds").Number(knn.seconds());
  log_->Write(std::move(event));
  log_->Print(
      absl::StrFormat("after %d epochs: %.2f %% of the held-out pictures by their nearest neighbours (chance "
                      "%.1f %%), measured in %.1f s",
                      knn.epochs(), 100 * knn.accuracy(), 100 * knn.chance(), knn.seconds()));
}

void JobLog::TookCheckpoint(const CheckpointOutcome& outcome) {
  JsonWriter event = log_->Event("checkpoint");
  event.Key("number").Number(outcome.number).Key("written").Bool(outcome.status.ok());
  if (!outcome.status.ok()) event.Key("reason").String(ToStd(outcome.status.message()));
  event.Key("bytes").Number(outcome.bytes).Key("pause_seconds").Number(outcome.pause_seconds);
  event.Key("total_seconds").Number(outcome.total_seconds);
  log_->Write(std::move(event));
  if (!outcome.status.ok()) {
    LogWarning("a checkpoint could not be written: ", ToStd(outcome.status.message()));
  }
}

void JobLog::Ended(const RunResult& result, uint64_t pairs) {
  JsonWriter event = log_->Event(result.done ? "done" : "failed");
  if (!result.done) event.Key("reason").String(result.reason);
  event.Key(result.work).Number(result.words).Key("seconds").Number(result.seconds);
  event.Key(Cat(result.work, "_per_second")).Number(result.words_per_second);
  if (result.loss) event.Key("loss").Number(*result.loss);
  log_->Write(std::move(event));
  if (!result.done) return;
  log_->Print(absl::StrFormat("done: %s %s in %.1f s, %s %s/s%s", FormatScaled(static_cast<double>(result.words)),
                              result.work, result.seconds, FormatScaled(result.words_per_second), result.work,
                              result.loss ? absl::StrFormat(", loss %.4f in the last epoch", *result.loss) : ""));
  if (pairs == 0 && result.work == "words") {
    LogWarning("no pair of words was trained; is objective.skip_gram.subsample too low, or are sentences of one word?");
  }
  for (const std::string& line : result.Table()) log_->Print(line);
  for (const std::string& file : result.files) log_->Print(Cat("wrote ", file));
}

}  // namespace shoal
