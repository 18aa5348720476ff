#include "coordinator/ledger.h"

#include <algorithm>
#include <utility>

#include "common/status.h"

namespace shoal {

std::optional<wire::Lease> Ledger::Grant(int worker) {
  if (next_ == plan_.size()) return std::nullopt;
  const PlannedUnit planned = plan_.At(next_++);
  const Entry entry{.planned = planned, .cursor = planned.range.begin, .worker = worker};
  wire::Lease lease;
  lease.set_id(next_lease_++);
  lease.set_epoch(planned.epoch);
  lease.set_unit(planned.unit);
  lease.set_begin(planned.range.begin);
  lease.set_end(planned.range.end);
  lease.set_cursor(entry.cursor);
  lease.set_words_before(planned.work_before);
  lease.set_words_total(plan_.work_total());
  leases_.emplace(lease.id(), entry);
  ++held_[worker];
  return lease;
}

absl::Status Ledger::Report(int worker, const wire::UnitProgress& report) {
  const auto lease = leases_.find(report.lease());
  if (lease == leases_.end()) {
    return FailedPrecondition("rank ", worker, " reports on lease ", report.lease(), ", which nobody holds");
  }
  Entry& entry = lease->second;
  if (entry.worker != worker) {
    return FailedPrecondition("rank ", worker, " reports on lease ", report.lease(), ", which rank ", entry.worker,
                              " holds");
  }
  if (report.cursor() < entry.cursor || report.cursor() > entry.planned.range.end) {
    return InvalidArgument("rank ", worker, " reports cursor ", report.cursor(), " of lease ", report.lease(),
                           ", not in ", entry.cursor, "..", entry.planned.range.end);
  }
  if (report.done() && report.cursor() != entry.planned.range.end) {
    return InvalidArgument("rank ", worker, " calls lease ", report.lease(), " done at ", report.cursor(),
                           ", before its end ", entry.planned.range.end);
  }
  entry.cursor = report.cursor();
  if (report.done()) {
    leases_.erase(lease);
    --held_[worker];
  }
  return absl::OkStatus();
}

Ledger::Counts Ledger::counts() const {
  return {.waiting = waiting(), .leased = leases_.size(), .done = next_ - leases_.size()};
}

Ledger::Counts Ledger::counts(uint32_t epoch) const {
  const uint64_t units = plan_.units_per_epoch();
  const uint64_t handed_out = std::clamp(next_, epoch * units, (epoch + 1) * units) - epoch * units;
  const auto in_epoch = [epoch](const auto& entry) { return entry.second.planned.epoch == epoch; };
  const uint64_t leased = std::count_if(leases_.begin(), leases_.end(), in_epoch);
  return {.waiting = units - handed_out, .leased = leased, .done = handed_out - leased};
}

uint64_t Ledger::held_by(int worker) const {
  const auto held = held_.find(worker);
  return held == held_.end() ? 0 : held->second;
}

std::optional<uint32_t> Ledger::EpochOf(uint64_t lease) const {
  const auto found = leases_.find(lease);
  if (found == leases_.end()) return std::nullopt;
  return found->second.planned.epoch;
}

}  // namespace shoal
