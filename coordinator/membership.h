// Membership: the servers and workers of one job: who has joined, what each has reached, and since when it is silent.
//
// A member goes from state to state, and in each the coordinator has so much patience with its silence:
//   kExpected  its Hello is awaited                       kJoinPatience
//   kJoined    it waits, and answers heartbeats           heartbeats.dead_after_seconds
//   kWelcomed  it makes its tables or its objective       by the size of the tables
//   kReady     it works, and sends heartbeats             heartbeats.dead_after_seconds
//   kExporting it writes what users take away             by the size of the tables
// Silence is measured in time that the coordinator listened (common/transport/listening_time.h).
//
// Thread rule: belongs to the coordinator's thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/transport/listening_time.h"
#include "proto/job.pb.h"
#include "proto/wire.pb.h"

namespace shoal {

struct Member {
  enum class State { kExpected, kJoined, kWelcomed, kReady, kExporting };

  // What the other roles are told of it: rank, role, index, host, segments, metrics address.
  wire::Member description;
  State state = State::kExpected;
  absl::Duration silence;
  double cpu_seconds = 0;          // That its process has taken.
  uint64_t free_memory_bytes = 0;  // Of its host, before the tables are made. 0: not known.
};

class Membership {
 public:
  // Ranks 1..servers are servers, the next job.workers() workers.
  Membership(const job::Job& job, absl::Time now);

  int size() const { return static_cast<int>(members_.size()); }  // Without the coordinator.
  const std::vector<Member>& members() const { return members_; }
  // Nullptr: no such member.
  const Member* Find(int rank) const;
  // "worker 1 (rank 4, host alpha)", the host where it is known; "rank 9" where there is no such member.
  std::string Name(int rank) const;

  // The tables' size, once it is known: what patience with start-up and export depends on.
  void SetTableBytes(uint64_t bytes) { table_bytes_ = bytes; }

  // FailedPrecondition: it speaks another protocol, or is another role than its rank has in this job.
  absl::Status Join(int rank, const wire::Hello& hello);
  // The rank of the first worker on host `host_id`; of the first of all where that has none.
  int FirstWorker(std::string_view host_id) const;
  // A line for each member that serves metrics: ROLE INDEX RANK ADDRESS:PORT.
  std::string MetricsAddresses() const;
  // Once all have joined. ResourceExhausted: the servers of one host need more for the tables, and for a copy of them
  // where the job takes checkpoints, than it has left; to make them all the same would end in the kernel's choice of a
  // process to kill.
  absl::Status CheckTablesFit(bool with_copies, std::string_view cure) const;
  void Welcomed(int rank) { Enter(rank, Member::State::kWelcomed); }
  // FailedPrecondition where it was not welcomed.
  absl::Status Ready(int rank, const wire::Ready& ready);
  void Exporting(int rank) { Enter(rank, Member::State::kExporting); }

  // `message` of `rank` came.
  void Heard(int rank, const wire::ControlMessage& message);
  // Of all members' processes together, as they last told.
  double cpu_seconds() const;

  // Whether all members of `role` have reached `state` or a later one.
  bool All(wire::Role role, Member::State state) const;
  bool AllJoined() const {
    return All(wire::SERVER, Member::State::kJoined) && All(wire::WORKER, Member::State::kJoined);
  }

  // Passes the time up to `now`. DeadlineExceeded names the members whose silence has lasted too long, and what was
  // awaited of them: servers first, as a worker that waits for a dead server's rows is silent too.
  absl::Status Tick(absl::Time now);

 private:
  Member* FindMutable(int rank);
  void Enter(int rank, Member::State state);
  absl::Duration Patience(Member::State state) const;
  absl::Status Overdue() const;

  const absl::Duration interval_;
  const absl::Duration dead_after_;
  const absl::Duration start_patience_;  // From its Welcome until a role is ready, but for its tables.
  uint64_t table_bytes_ = 0;
  ListeningTime listening_;
  std::vector<Member> members_;  // By rank - 1.
};

}  // namespace shoal
