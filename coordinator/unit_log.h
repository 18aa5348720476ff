// UnitLog: units.jsonl in a run's output folder: which unit was trained when, by whom, and which of that is in which
// checkpoint, so that anyone can check that every unit is in the surviving history once (docs/formats/log.md).
//
// Thread rule: belongs to the coordinator's thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/run/event_log.h"
#include "coordinator/ledger.h"

namespace shoal {

inline constexpr std::string_view kUnitLogFileName = "units.jsonl";

class UnitLog {
 public:
  // Goes on with the file of `output` where the job goes on from a checkpoint, `from` > 0; begins it anew else.
  static absl::StatusOr<std::unique_ptr<UnitLog>> Create(const std::string& output, Clock* clock, uint64_t from);

  // The worker of `rank` has trained a unit.
  void Done(const Ledger::Place& place, int rank);
  // What is done is what checkpoint `number` will hold, if it comes to be.
  void Cut(uint64_t number);

 private:
  explicit UnitLog(std::unique_ptr<EventLog> log) : log_(std::move(log)) {}

  const std::unique_ptr<EventLog> log_;
};

}  // namespace shoal
