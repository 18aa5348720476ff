// Control messages over an endpoint, and how a server or worker joins its job.
//
// Thread rule: as the endpoint's.

#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/transport/endpoint.h"
#include "proto/wire.pb.h"

namespace shoal {

inline constexpr int kCoordinatorRank = 0;
inline constexpr uint32_t kProtocolVersion = 1;

absl::Status SendControl(Endpoint* endpoint, int to, const wire::ControlMessage& message, absl::Time deadline);

// The next control message and its sender. DeadlineExceeded where none came; DataLoss names a sender whose bytes do not
// parse.
absl::StatusOr<std::pair<int, wire::ControlMessage>> ReceiveControl(Endpoint* endpoint, absl::Time deadline);

// Says Hello to the coordinator and waits for its Welcome. The coordinator may prepare data for a long time: the wait goes
// on while its heartbeats come, and ends with DeadlineExceeded after `silence` without one. Aborted: the coordinator said
// Stop, with its reason. FailedPrecondition: it speaks another protocol version.
absl::StatusOr<wire::Welcome> JoinJob(Endpoint* endpoint, Clock* clock, wire::Role role, absl::Duration silence);

// What tells this machine and boot from others.
std::string HostId();
std::string HostName();

}  // namespace shoal
