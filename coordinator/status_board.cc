#include "coordinator/status_board.h"

#include <algorithm>

namespace shoal {
namespace {

double Joined(const Membership& members, wire::Role role) {
  return static_cast<double>(std::count_if(members.members().begin(), members.members().end(), [&](const Member& m) {
    return m.description.role() == role && m.state != Member::State::kExpected;
  }));
}

}  // namespace

StatusBoard::StatusBoard(prometheus::Registry& registry, const Membership& members, std::string_view work)
    : metrics_(registry, work), servers_(metrics_.Members("server")), workers_(metrics_.Members("worker")) {
  for (const Member& member : members.members()) {
    const char* role = member.description.role() == wire::SERVER ? "server" : "worker";
    heartbeat_ages_.push_back(&metrics_.HeartbeatAge(role, member.description.rank()));
  }
}

void StatusBoard::ShowMembers(const Membership& members) {
  servers_.Set(Joined(members, wire::SERVER));
  workers_.Set(Joined(members, wire::WORKER));
  for (size_t i = 0; i < heartbeat_ages_.size(); ++i) {
    heartbeat_ages_[i]->Set(absl::ToDoubleSeconds(members.members()[i].silence));
  }
}

void StatusBoard::ShowUnits(const Ledger::Counts& units) {
  metrics_.waiting_units.Set(static_cast<double>(units.waiting));
  metrics_.leased_units.Set(static_cast<double>(units.leased));
  metrics_.done_units.Set(static_cast<double>(units.done));
}

void StatusBoard::ShowReport(const wire::UnitProgress& report) {
  metrics_.work.Increment(static_cast<double>(report.words()));
  metrics_.pairs.Increment(static_cast<double>(report.pairs()));
  if (report.has_knn()) metrics_.knn_accuracy.Set(report.knn().accuracy());
}

void StatusBoard::ShowCheckpoint(const CheckpointOutcome& outcome) {
  (outcome.status.ok() ? metrics_.checkpoints_written : metrics_.checkpoints_failed).Increment();
  if (!outcome.status.ok()) return;
  metrics_.checkpoint_bytes.Set(static_cast<double>(outcome.bytes));
  metrics_.checkpoint_pause_seconds.Set(outcome.pause_seconds);
  metrics_.checkpoint_seconds.Set(outcome.total_seconds);
  metrics_.checkpoint_time.SetToCurrentTime();
}

void StatusBoard::ShowProgress(const ProgressSnapshot& progress) {
  metrics_.work_per_second.Set(progress.words_per_second);
  if (progress.loss) metrics_.loss.Set(*progress.loss);
  metrics_.learning_rate.Set(progress.learning_rate);
  metrics_.epoch.Set(progress.epoch);
  metrics_.progress.Set(progress.fraction);
  metrics_.eta_seconds.Set(progress.eta_seconds);
  if (!progress.embeddings) return;
  metrics_.alignment.Set(progress.embeddings->alignment());
  metrics_.uniformity.Set(progress.embeddings->uniformity());
  metrics_.spread.Set(progress.embeddings->spread());
}

}  // namespace shoal
