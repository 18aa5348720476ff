#include "coordinator/ledger.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "common/status.h"

namespace shoal {

checkpoint::Ledger Ledger::Save() const {
  std::vector<uint64_t> undone(undone_.begin(), undone_.end());
  for (const auto& [lease, entry] : leases_) undone.push_back(entry.place.number);
  std::sort(undone.begin(), undone.end());
  checkpoint::Ledger saved;
  saved.set_units_per_epoch(plan_.units_per_epoch());
  saved.set_words_per_epoch(plan_.work_of_an_epoch());
  saved.set_next(next_);
  saved.mutable_undone()->Assign(undone.begin(), undone.end());
  return saved;
}

absl::Status Ledger::Restore(const checkpoint::Ledger& saved) {
  if (saved.units_per_epoch() != plan_.units_per_epoch() || saved.words_per_epoch() != plan_.work_of_an_epoch()) {
    return FailedPrecondition("the checkpoint is of a plan of ", saved.units_per_epoch(), " units of ",
                              saved.words_per_epoch(), " words an epoch, and this one has ", plan_.units_per_epoch(),
                              " of ", plan_.work_of_an_epoch(), ": another build cut the data otherwise");
  }
  const auto& undone = saved.undone();
  const bool rising = std::adjacent_find(undone.begin(), undone.end(), std::greater_equal<>()) == undone.end();
  if (saved.next() > plan_.size() || !rising || (!undone.empty() && *undone.rbegin() >= saved.next())) {
    return DataLoss("the checkpoint's ledger, with ", saved.next(), " places handed out and ", undone.size(),
                    " of them undone, does not fit a plan of ", plan_.size());
  }
  next_ = saved.next();
  undone_.assign(undone.begin(), undone.end());
  if (per_round_ == 0) return absl::OkStatus();
  if (!between_rounds() || !undone.empty()) {
    return DataLoss("the checkpoint's ledger, with ", saved.next(), " places handed out and ", undone.size(),
                    " of them undone, is within a round of ", per_round_, " units, which is never saved");
  }
  first_round_ = RoundOf(next_);
  return absl::OkStatus();
}

uint64_t Ledger::RoundOf(uint64_t place) const {
  const uint64_t units = plan_.units_per_epoch(), rounds_per_epoch = (units + per_round_ - 1) / per_round_;
  return place / units * rounds_per_epoch + place % units / per_round_;
}

wire::Turn Ledger::TurnOf(uint64_t place) const {
  const uint64_t number = PlaceInRound(place), begin = place % plan_.units_per_epoch() - number;
  wire::Turn turn;
  turn.set_round(1 + RoundOf(place) - first_round_);
  turn.set_number(static_cast<uint32_t>(number));
  turn.set_turns(static_cast<uint32_t>(std::min<uint64_t>(per_round_, plan_.units_per_epoch() - begin)));
  return turn;
}

std::optional<wire::Lease> Ledger::Grant(int worker) {
  if (waiting() == 0) return std::nullopt;
  const uint64_t number = undone_.empty() ? next_++ : undone_.front();
  if (!undone_.empty()) undone_.pop_front();
  const PlannedUnit planned = plan_.At(number);
  const Entry entry{.place = {number, planned}, .worker = worker};
  wire::Lease lease;
  lease.set_id(next_lease_++);
  lease.set_epoch(planned.epoch);
  lease.set_unit(planned.unit);
  lease.set_begin(planned.range.begin);
  lease.set_end(planned.range.end);
  lease.set_words_before(planned.work_before);
  lease.set_words_total(plan_.work_total());
  if (per_round_ > 0) *lease.mutable_turn() = TurnOf(number);
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
  const uint64_t words = entry.words + report.words(), work = entry.place.planned.range.work;
  if (words > work || words < entry.words) {
    return InvalidArgument("rank ", worker, " reports ", words, " words of lease ", report.lease(), ", which has ",
                           work);
  }
  if (report.done() && words != work) {
    return InvalidArgument("rank ", worker, " calls lease ", report.lease(), " done after ", words, " of its ", work,
                           " words");
  }
  entry.words = words;
  if (report.done()) {
    leases_.erase(lease);
    --held_[worker];
  }
  return absl::OkStatus();
}

void Ledger::EndPlan() { ended_ = true; }

Ledger::Counts Ledger::counts() const {
  return {.waiting = waiting(), .leased = leases_.size(), .done = next_ - undone_.size() - leases_.size()};
}

Ledger::Counts Ledger::counts(uint32_t epoch) const {
  const uint64_t units = plan_.units_per_epoch();
  const uint64_t handed_out = std::clamp(next_, epoch * units, (epoch + 1) * units) - epoch * units;
  const auto in_epoch = [epoch](const auto& entry) { return entry.second.place.planned.epoch == epoch; };
  const uint64_t leased = std::count_if(leases_.begin(), leases_.end(), in_epoch);
  const uint64_t undone =
      std::count_if(undone_.begin(), undone_.end(), [&](uint64_t place) { return place / units == epoch; });
  return {.waiting = units - handed_out + undone, .leased = leased, .done = handed_out - undone - leased};
}

uint64_t Ledger::held_by(int worker) const {
  const auto held = held_.find(worker);
  return held == held_.end() ? 0 : held->second;
}

std::string Ledger::UnitAtHand(int worker) const {
  const std::pair<const uint64_t, Entry>* first = nullptr;
  for (const auto& lease : leases_) {
    if (lease.second.worker == worker && (first == nullptr || lease.first < first->first)) first = &lease;
  }
  if (first == nullptr) return "";
  const PlannedUnit& planned = first->second.place.planned;
  return Cat("unit ", planned.unit, " (items ", planned.range.begin, " to ", planned.range.end, ") of epoch ",
             planned.epoch + 1);
}

std::optional<Ledger::Place> Ledger::PlaceOf(uint64_t lease) const {
  const auto found = leases_.find(lease);
  if (found == leases_.end()) return std::nullopt;
  return found->second.place;
}

}  // namespace shoal
