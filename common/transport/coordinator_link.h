// CoordinatorLink: a server's or worker's end of the talk with its coordinator: heartbeats out, its word in, its
// silence noticed.
//
// A worker hears the coordinator through Receive. A server waits for row requests as well and receives for itself: it
// hands what came on the control channel to Take, and calls KeepInTouch between messages, however many come.
//
// Of workers that train together, one hands the coordinator's leases on to the others, which Hear it too.
//
// Thread rule: belongs to the thread of the endpoint.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/transport/endpoint.h"
#include "common/transport/listening_time.h"
#include "proto/wire.pb.h"

namespace shoal {

class CoordinatorLink {
 public:
  // `welcome` is what JoinJob returned. Endpoint and clock outlive the link.
  CoordinatorLink(Endpoint* endpoint, Clock* clock, wire::Role role, const wire::Welcome& welcome);

  // Any message to the coordinator counts as a heartbeat.
  absl::Status Send(const wire::ControlMessage& message);

  // The same to another rank, which hears this one.
  absl::Status SendTo(int rank, const wire::ControlMessage& message);
  // What `rank` says is heard as if the coordinator said it.
  void Hear(int rank) { also_heard_ = rank; }

  // The coordinator's next word other than a heartbeat; nothing where none came by `deadline` or the next heartbeat is
  // due. A deadline in the past looks once. Errors as those of Take and KeepInTouch.
  absl::StatusOr<std::optional<wire::ControlMessage>> Receive(absl::Time deadline);

  // The same for a message of the control channel that the caller received. Aborted: the coordinator stopped the job,
  // for the reason given. DataLoss: its bytes do not parse; another build is speaking. What other ranks say is dropped.
  absl::StatusOr<std::optional<wire::ControlMessage>> Take(const Message& message);

  // Sends a heartbeat where one is due, and returns whether one was. DeadlineExceeded: the coordinator has been silent
  // for heartbeats.dead_after_seconds.
  absl::StatusOr<bool> KeepInTouch();

  // The caller was at work of its own and looked but now and then: the silence until now proves nothing.
  void ForgiveSilence();

  absl::Time heartbeat_due() const { return heartbeat_due_; }
  absl::Duration heartbeat_interval() const { return interval_; }

 private:
  Endpoint* const endpoint_;
  Clock* const clock_;
  const std::string name_;  // "worker 1 (rank 4)"
  const absl::Duration interval_;
  const absl::Duration dead_after_;
  absl::Time heartbeat_due_;
  ListeningTime listening_;
  absl::Duration silence_;
  int also_heard_ = -1;
  uint64_t dropped_ = 0;
};

}  // namespace shoal
