// Control messages over an endpoint, and how a server or worker joins its job.
//
// Thread rule: as the endpoint's.

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/host.h"
#include "common/transport/endpoint.h"
#include "proto/wire.pb.h"

namespace shoal {

inline constexpr int kCoordinatorRank = 0;
inline constexpr uint32_t kProtocolVersion = 3;
// The unit that a worker trains and those it trains next: some milliseconds of work where units are smallest.
inline constexpr uint32_t kMaxLeasesPerWorker = 8;
// The largest is a Welcome with every member of a job: some hundred bytes each.
inline constexpr size_t kMaxControlBytes = size_t{16} << 20;
// How long members and coordinator wait for each other's first sign of life; mpirun starts all ranks within seconds.
inline constexpr absl::Duration kJoinPatience = absl::Seconds(60);

// InvalidArgument: the message is larger than kMaxControlBytes. Else as Endpoint::Send.
absl::Status SendControl(Endpoint* endpoint, int to, const wire::ControlMessage& message, absl::Time deadline);

// The next control message and its sender. DeadlineExceeded where none came; DataLoss as ParseControl.
absl::StatusOr<std::pair<int, wire::ControlMessage>> ReceiveControl(Endpoint* endpoint, absl::Time deadline);

// What rank `from` sent on the control channel. DataLoss names the sender of bytes that are too many, do not parse, or
// hold no kind of message that this build knows.
absl::StatusOr<wire::ControlMessage> ParseControl(int from, std::string_view bytes);

// "lease_request", as wire.proto names the kind; "nothing" where none is set. For messages about messages.
std::string KindName(const wire::ControlMessage& message);

// "server", for messages.
std::string RoleName(wire::Role role);

// Says Hello to the coordinator and waits for its Welcome. The coordinator may prepare data for a long time: the wait
// goes on while its heartbeats come, each of which is answered by one, and ends with DeadlineExceeded after `silence`
// (kJoinPatience but in tests) without one. Aborted: the coordinator said Stop, with its reason. FailedPrecondition: it
// speaks another protocol version, or says something else before Welcome.
absl::StatusOr<wire::Welcome> JoinJob(Endpoint* endpoint, Clock* clock, wire::Role role, absl::Duration silence);

// Whether `failure` says that another rank was silent or gone, so that to start the job again may well help.
inline bool IsPeerLost(const absl::Status& failure) {
  return absl::IsDeadlineExceeded(failure) || absl::IsUnavailable(failure);
}

// Tells the coordinator why this rank cannot go on, and waits a little for its Stop: a process that ended at once would
// have mpirun kill the coordinator before it could say why. Errors of the attempt are dropped: `failure` is the news.
// `failed` may say more than the reason, which is filled in.
void ReportFailure(Endpoint* endpoint, Clock* clock, const absl::Status& failure, wire::Failed failed = {});

}  // namespace shoal
