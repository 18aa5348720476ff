// StepLoop: a worker's days: it takes leases from the coordinator, steps its objective through them, and reports.
//
// The next lease is asked for when one begins, so that it is there when that one ends. What was done is reported about
// every 250 ms and at a unit's end. Control messages are looked at between steps, and not more than once a millisecond.
// Where no next lease is at hand, the worker has its servers apply all it sent before it calls a unit done: so when the
// last unit of the job is done, the tables hold everything.
//
// A checkpoint's Pause is heeded between two units, so that a unit is wholly in a checkpoint or wholly out of it.
//
// Of workers that train together (team.h) the leader does all this, and the followers train what it hands on.
//
// Thread rule: the worker's thread. Owns nothing of what it is given.

#pragma once

#include <deque>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/transport/coordinator_link.h"
#include "paramserver/client.h"
#include "proto/wire.pb.h"
#include "worker/objective.h"
#include "worker/step_meter.h"
#include "worker/team.h"

namespace shoal {

class StepLoop {
 public:
  static constexpr absl::Duration kReportInterval = absl::Milliseconds(250);
  static constexpr absl::Duration kLookInterval = absl::Milliseconds(1);

  StepLoop(CoordinatorLink* link, Clock* clock, const wire::Welcome& welcome, ParameterClient* client,
           Objective* objective, StepMeter* meter);

  // Until the coordinator says Stop: OK where the job is done, else Aborted with its reason. Other errors are this
  // worker's own.
  absl::Status Run();

 private:
  // Hears the coordinator: what is there while there is work to do, else what comes by the next heartbeat.
  absl::Status Listen();
  absl::Status Handle(const wire::ControlMessage& message);
  // Nothing to do but to wait for the coordinator's word.
  bool idle() const { return !current_ && (rest_ == Rest::kPaused || (AtWork() && next_.empty() && !finish_)); }
  bool AtWork() const { return rest_ == Rest::kNone; }

  absl::Status TakeLease(const wire::ControlMessage& message);
  absl::Status Ask();
  absl::Status BeginUnit();
  absl::Status Step();
  absl::Status EndUnit();
  absl::Status Report(bool done);
  absl::Status Pause();
  absl::Status AnswerPause();
  absl::Status SayPaused();
  absl::Status Finish();

  CoordinatorLink& link_;
  Clock& clock_;
  const wire::Welcome& welcome_;
  ParameterClient& client_;
  Objective& objective_;
  StepMeter& meter_;
  const Team team_;
  const absl::Duration report_interval_;

  enum class Rest { kNone, kAsked, kPaused };

  bool stop_ = false;
  bool finish_ = false;
  Rest rest_ = Rest::kNone;
  bool awaiting_lease_ = false;  // Asked, and not answered yet.
  std::deque<wire::Lease> next_;
  std::optional<wire::Lease> current_;
  absl::Time last_report_;
  absl::Time last_look_;
};

}  // namespace shoal
