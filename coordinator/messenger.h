// Messenger: what the coordinator says to the members of its job, each word with a deadline.
//
// Thread rule: belongs to the endpoint's thread. Owns nothing of what it is given.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/transport/endpoint.h"
#include "coordinator/membership.h"
#include "proto/job.pb.h"
#include "proto/wire.pb.h"

namespace shoal {

class Messenger {
 public:
  Messenger(Endpoint* endpoint, Clock* clock, const job::Heartbeats& heartbeats, const Membership* members)
      : endpoint_(*endpoint),
        clock_(*clock),
        patience_(absl::Seconds(heartbeats.dead_after_seconds())),
        members_(*members) {}

  // Errors name the member that cannot be reached.
  absl::Status Say(int rank, const wire::ControlMessage& message);
  // To all of `role`.
  absl::Status SayToAll(wire::Role role, const wire::ControlMessage& message);
  // To all that have joined.
  absl::Status SendHeartbeats();

  // Last words, to every rank, whether it can be reached or not.
  void StopAll(std::string_view reason);

 private:
  Endpoint& endpoint_;
  Clock& clock_;
  const absl::Duration patience_;
  const Membership& members_;
};

}  // namespace shoal
