#include "coordinator/membership.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/format.h"
#include "common/job/derived.h"
#include "common/status.h"
#include "common/transport/control.h"

namespace shoal {
namespace {

// What a role gets beyond its share for the tables' size, and the slowest pace that is still taken for life.
constexpr absl::Duration kLargeWorkPatience = absl::Seconds(60);
// To load CUDA, and to join NCCL's communicator, which has a deadline of two minutes and better words for it.
constexpr absl::Duration kGpuStartPatience = absl::Minutes(3);
constexpr double kStartBytesPerSecond = 100e6;
constexpr double kExportBytesPerSecond = 10e6;

const char* Awaited(Member::State state) {
  switch (state) {
    case Member::State::kExpected:
      return "its first message";
    case Member::State::kWelcomed:
      return "word that it is ready";
    case Member::State::kJoined:
    case Member::State::kReady:
      return "a heartbeat";
    case Member::State::kExporting:
      return "the end of its export";
  }
  return "";
}

}  // namespace

Membership::Membership(const job::Job& job, absl::Time now)
    : interval_(absl::Seconds(job.heartbeats().interval_seconds())),
      dead_after_(absl::Seconds(job.heartbeats().dead_after_seconds())),
      start_patience_(TrainsImages(job) && job.encoder().device() != job::ImageEncoder::CPU ? kGpuStartPatience
                                                                                            : kLargeWorkPatience),
      listening_(interval_, now) {
  for (uint32_t i = 0; i < job.servers() + job.workers(); ++i) {
    const bool server = i < job.servers();
    Member& member = members_.emplace_back();
    member.description.set_rank(static_cast<int32_t>(i) + 1);
    member.description.set_role(server ? wire::SERVER : wire::WORKER);
    member.description.set_index(server ? i : i - job.servers());
  }
}

const Member* Membership::Find(int rank) const { return rank >= 1 && rank <= size() ? &members_[rank - 1] : nullptr; }

Member* Membership::FindMutable(int rank) { return const_cast<Member*>(Find(rank)); }

std::string Membership::Name(int rank) const {
  const Member* member = Find(rank);
  if (member == nullptr) return Cat("rank ", rank);
  const wire::Member& d = member->description;
  const std::string host = d.has_host_name() ? Cat(", host ", d.host_name()) : "";
  return Cat(RoleName(d.role()), " ", d.index(), " (rank ", rank, host, ")");
}

absl::Status Membership::Join(int rank, const wire::Hello& hello) {
  Member* member = FindMutable(rank);
  if (member == nullptr) return FailedPrecondition("rank ", rank, " says hello, but this job has no such member");
  if (hello.protocol_version() != kProtocolVersion) {
    return FailedPrecondition(Name(rank), " speaks protocol ", hello.protocol_version(), " (build ", hello.build(),
                              "), the coordinator ", kProtocolVersion, ": install the same build on every host");
  }
  if (hello.role() != member->description.role()) {
    return FailedPrecondition("rank ", rank, " is a ", RoleName(hello.role()), ", but this job wants a ",
                              RoleName(member->description.role()), " there");
  }
  if (member->state != Member::State::kExpected) return FailedPrecondition(Name(rank), " says hello twice");
  member->description.set_host_id(hello.host_id());
  member->description.set_host_name(hello.host_name());
  member->description.set_pid(hello.pid());
  member->free_memory_bytes = hello.free_memory_bytes();
  Enter(rank, Member::State::kJoined);
  return absl::OkStatus();
}

std::string Membership::MetricsAddresses() const {
  std::string text;
  for (const Member& member : members_) {
    const wire::Member& d = member.description;
    if (d.metrics_address().empty()) continue;
    absl::StrAppend(&text, d.role() == wire::SERVER ? "server " : "worker ", d.index(), " ", d.rank(), " ",
                    d.metrics_address(), "\n");
  }
  return text;
}

absl::Status Membership::CheckTablesFit(bool with_copies, std::string_view cure) const {
  const auto is_server = [](const Member& m) { return m.description.role() == wire::SERVER; };
  const auto servers = static_cast<uint64_t>(std::count_if(members_.begin(), members_.end(), is_server));
  for (const Member& member : members_) {
    const auto shares_host = [&](const Member& other) {
      return is_server(other) && other.description.host_id() == member.description.host_id();
    };
    const auto here = static_cast<uint64_t>(std::count_if(members_.begin(), members_.end(), shares_host));
    const uint64_t needed = table_bytes_ / servers * here * (with_copies ? 2 : 1);
    if (member.free_memory_bytes == 0 || needed <= member.free_memory_bytes) continue;
    return ResourceExhausted("the tables of the servers on host ", member.description.host_name(),
                             with_copies ? ", with a copy for checkpoints," : "", " take ", FormatBytes(needed),
                             ", and it has ", FormatBytes(member.free_memory_bytes), " of memory left; ", cure);
  }
  return absl::OkStatus();
}

int Membership::FirstWorker(std::string_view host_id) const {
  int first = 0;
  for (const Member& member : members_) {
    if (member.description.role() != wire::WORKER) continue;
    if (member.description.host_id() == host_id) return member.description.rank();
    if (first == 0) first = member.description.rank();
  }
  return first;
}

absl::Status Membership::Ready(int rank, const wire::Ready& ready) {
  Member* member = FindMutable(rank);
  if (member == nullptr || member->state != Member::State::kWelcomed) {
    return FailedPrecondition(Name(rank), " says that it is ready, but was not welcomed");
  }
  *member->description.mutable_segment() = ready.segment();
  member->description.set_metrics_address(ready.metrics_address());
  Enter(rank, Member::State::kReady);
  return absl::OkStatus();
}

void Membership::Heard(int rank, const wire::ControlMessage& message) {
  Member* member = FindMutable(rank);
  if (member == nullptr) return;
  member->silence = absl::ZeroDuration();
  // One of the two, or neither: 0.
  const double cpu = std::max(message.heartbeat().cpu_seconds(), message.unit_progress().cpu_seconds());
  member->cpu_seconds = std::max(member->cpu_seconds, cpu);
}

void Membership::Enter(int rank, Member::State state) {
  Member* member = FindMutable(rank);
  if (member == nullptr) return;
  member->state = state;
  member->silence = absl::ZeroDuration();
}

double Membership::cpu_seconds() const {
  double sum = 0;
  for (const Member& member : members_) sum += member.cpu_seconds;
  return sum;
}

bool Membership::All(wire::Role role, Member::State state) const {
  return std::all_of(members_.begin(), members_.end(),
                     [&](const Member& member) { return member.description.role() != role || member.state >= state; });
}

absl::Duration Membership::Patience(Member::State state) const {
  switch (state) {
    case Member::State::kExpected:
      return kJoinPatience;
    case Member::State::kWelcomed:
      return start_patience_ + absl::Seconds(table_bytes_ / kStartBytesPerSecond);
    case Member::State::kJoined:
    case Member::State::kReady:
      return dead_after_;
    case Member::State::kExporting:
      return kLargeWorkPatience + absl::Seconds(table_bytes_ / kExportBytesPerSecond);
  }
  return absl::ZeroDuration();
}

absl::Status Membership::Tick(absl::Time now) {
  const absl::Duration passed = listening_.Look(now);
  for (Member& member : members_) member.silence += passed;
  return Overdue();
}

absl::Status Membership::Overdue() const {
  const auto late = [this](const Member& member, absl::Duration slack) {
    return member.silence + slack > Patience(member.state);
  };
  const bool any = std::any_of(members_.begin(), members_.end(), [&](const Member& m) { return late(m, {}); });
  if (!any) return absl::OkStatus();
  // A worker that waits for a dead server may have fallen silent a little before it; with that slack both are named,
  // the server first as it comes first by rank.
  std::string names;
  for (const Member& member : members_) {
    if (!late(member, 2 * interval_)) continue;
    absl::StrAppend(&names, names.empty() ? "" : "; ", Name(member.description.rank()),
                    absl::StrFormat(" has been silent for %.1f s, where %s was awaited",
                                    absl::ToDoubleSeconds(member.silence), Awaited(member.state)));
  }
  return DeadlineExceeded(names);
}

}  // namespace shoal
