// CoordinatorLink: a worker's end of the talk with its coordinator: heartbeats out, messages in, silence noticed.
//
// Silence is measured in time that this worker listened: each look adds one heartbeat interval at most, so that a
// worker that was paused, or long at a step, does not take the coordinator for dead before it has looked at what came
// meanwhile.
//
// Thread rule: belongs to the worker's thread, as its endpoint does.

#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/transport/endpoint.h"
#include "proto/wire.pb.h"

namespace shoal {

class CoordinatorLink {
 public:
  CoordinatorLink(Endpoint* endpoint, Clock* clock, const wire::Welcome& welcome);

  // Any message to the coordinator counts as a heartbeat.
  absl::Status Send(const wire::ControlMessage& message);

  // The coordinator's next word other than a heartbeat; nothing where none came by `deadline` or the next heartbeat is
  // due. A deadline in the past looks once. Aborted: it stopped the job, for the reason given. DeadlineExceeded: it has
  // been silent for heartbeats.dead_after_seconds.
  absl::StatusOr<std::optional<wire::ControlMessage>> Receive(absl::Time deadline);

  absl::Duration heartbeat_interval() const { return interval_; }

 private:
  absl::StatusOr<std::optional<wire::ControlMessage>> Take(const Message& message);
  // Sends a heartbeat where one is due, and passes the time.
  absl::Status KeepInTouch();

  Endpoint* const endpoint_;
  Clock* const clock_;
  const std::string name_;  // "worker 1 (rank 4)"
  const absl::Duration interval_;
  const absl::Duration dead_after_;
  absl::Time heartbeat_due_;
  absl::Time last_look_;
  absl::Duration silence_;
};

}  // namespace shoal
