#include "coordinator/unit_log.h"

#include <utility>

#include "common/status.h"

namespace shoal {

absl::StatusOr<std::unique_ptr<UnitLog>> UnitLog::Create(const std::string& output, Clock* clock, uint64_t from) {
  ASSIGN_OR_RETURN(auto log, EventLog::Create(output, clock, {.go_on = from > 0, .file_name = kUnitLogFileName}));
  JsonWriter event = log->Event("life");
  event.Key("checkpoint").Number(from);
  log->Write(std::move(event));
  return std::unique_ptr<UnitLog>(new UnitLog(std::move(log)));
}

void UnitLog::Done(const Ledger::Place& place, int rank) {
  JsonWriter event = log_->Event("unit");
  event.Key("place").Number(place.number).Key("epoch").Number(place.planned.epoch + 1);
  event.Key("unit").Number(place.planned.unit).Key("begin").Number(place.planned.range.begin);
  event.Key("end").Number(place.planned.range.end).Key("rank").Number(rank);
  log_->Write(std::move(event));
}

void UnitLog::Cut(uint64_t number) {
  JsonWriter event = log_->Event("cut");
  event.Key("checkpoint").Number(number);
  log_->Write(std::move(event));
}

}  // namespace shoal
