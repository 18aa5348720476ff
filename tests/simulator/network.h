// Network: the messages of a simulated job, whose delays, losses and cuts are drawn from its seed.
//
// As MPI has it, messages of one channel between two ranks arrive in order, and one counts as queued until its receiver
// takes it. Each call takes a little time, so that others get their turn.
//
// Thread rule: used by the tasks of one Scheduler, which take turns; outlives its endpoints.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "common/transport/endpoint.h"
#include "tests/simulator/scheduler.h"

namespace shoal {

struct NetworkConditions {
  Scheduler::Nanos delay = 20'000;  // Up to twice that, of most messages.
  // Of a million messages, so many are late by up to so much; of the rows' messages so many are lost besides.
  uint32_t late_per_million = 0;
  Scheduler::Nanos control_lateness = 0, row_lateness = 0;
  uint32_t rows_lost_per_million = 0;
  // Of a million reports that a unit is done, so many come once more, later or from another worker: as from a process
  // that should be gone. Who receives one must not believe it.
  uint32_t strays_per_million = 0;
  size_t max_queued_bytes = size_t{1} << 20;
  // Sends to a rank that was killed fail; else they are taken, and nothing comes of them.
  bool notices_loss = true;
};

struct NetworkCounts {
  uint64_t messages = 0, late = 0, lost = 0, strays = 0;
};

class Network {
 public:
  // `on_message` is told the number of each message that is sent.
  Network(Scheduler* scheduler, int ranks, const NetworkConditions& conditions,
          std::function<void(uint64_t)> on_message);

  // Rank r's, for process r of the scheduler.
  std::unique_ptr<Endpoint> endpoint(int rank);

  // What is sent by or to `rank` before `until` arrives after it.
  void Cut(int rank, Scheduler::Nanos until) { peers_[rank].cut_until = until; }

  const NetworkCounts& counts() const { return counts_; }

 private:
  class Port;
  using Nanos = Scheduler::Nanos;
  struct Place {
    Nanos arrival;
    uint64_t number;
    auto operator<=>(const Place&) const = default;
  };
  struct Peer {
    std::array<std::map<Place, Message>, kChannels> arriving;
    std::array<std::map<int, Nanos>, kChannels> latest;  // Arrivals, by sender.
    size_t queued_bytes = 0;                             // Of its own sends.
    size_t queued_messages = 0;
    Scheduler::Task* waiter = nullptr;
    Nanos cut_until = 0;
    bool ended = false;
  };

  absl::Status Send(int from, int to, Channel channel, Buffer payload, Nanos deadline);
  absl::StatusOr<Message> Receive(int rank, std::span<const Channel> channels, Nanos deadline);
  absl::Status Flush(int rank, Nanos deadline);
  absl::Status AwaitRoom(int from, size_t bytes, Nanos deadline);
  void Deliver(int from, int to, Channel channel, Buffer payload, Nanos arrival);
  Message Take(int rank, Channel channel);
  void Release(int from, size_t bytes);
  void End(int rank);
  // False: the rank is killed.
  bool Wait(int rank, Nanos until, const char* what);
  Nanos DelayOf(int from, int to, Channel channel);
  void MaybeStray(int from, int to, const Buffer& payload);
  void Tell(int from, int to, Channel channel, const Buffer& payload, Nanos delay) const;

  Scheduler& scheduler_;
  const NetworkConditions conditions_;
  const std::function<void(uint64_t)> on_message_;
  std::vector<Peer> peers_;
  NetworkCounts counts_;
  uint64_t delivered_ = 0;
};

}  // namespace shoal
