// StatusBoard: shows the coordinator's books as metrics.
//
// Thread rule: belongs to the coordinator's thread; scrapes may run meanwhile.

#pragma once

#include <string_view>
#include <vector>

#include "common/metrics/coordinator_metrics.h"
#include "coordinator/checkpoint_driver.h"
#include "coordinator/ledger.h"
#include "coordinator/membership.h"
#include "coordinator/progress.h"
#include "prometheus/registry.h"

namespace shoal {

class StatusBoard {
 public:
  // `work` is what the job counts: WorkName of common/job/derived.h.
  StatusBoard(prometheus::Registry& registry, const Membership& members, std::string_view work);

  void ShowMembers(const Membership& members);
  void ShowUnits(const Ledger::Counts& units);
  void ShowReport(const wire::UnitProgress& report);
  void ShowProgress(const ProgressSnapshot& progress);
  void ShowCheckpoint(const CheckpointOutcome& outcome);
  void CountNonfinite() { metrics_.nonfinite_reports.Increment(); }
  void CountRefusal() { metrics_.refused_messages.Increment(); }

 private:
  CoordinatorMetrics metrics_;
  prometheus::Gauge& servers_;
  prometheus::Gauge& workers_;
  std::vector<prometheus::Gauge*> heartbeat_ages_;  // By rank - 1.
};

}  // namespace shoal
