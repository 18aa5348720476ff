#include "tests/simulator/network.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/str_format.h"
#include "common/status.h"
#include "common/transport/control.h"

namespace shoal {
namespace {

// Of a call's own work.
constexpr Scheduler::Nanos kCallTakes = 1000;
constexpr Scheduler::Nanos kLost = -1;
constexpr Scheduler::Nanos kLongestStray = 300'000'000;

constexpr size_t IndexOf(Channel channel) { return static_cast<size_t>(channel) - 1; }

}  // namespace

class Network::Port final : public Endpoint {
 public:
  Port(Network* network, int rank) : network_(*network), rank_(rank) {}
  ~Port() override { network_.End(rank_); }

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(network_.peers_.size()); }
  absl::Status Send(int to, Channel channel, Buffer payload, absl::Time deadline) override {
    return network_.Send(rank_, to, channel, std::move(payload), absl::ToUnixNanos(deadline));
  }
  absl::StatusOr<Message> Receive(Channel channel, absl::Time deadline) override {
    return network_.Receive(rank_, {&channel, 1}, absl::ToUnixNanos(deadline));
  }
  absl::StatusOr<Message> ReceiveAny(absl::Time deadline) override {
    constexpr std::array kAll = {Channel::kControl, Channel::kRowRequests, Channel::kRowResponses};
    return network_.Receive(rank_, kAll, absl::ToUnixNanos(deadline));
  }
  absl::Status Flush(absl::Time deadline) override { return network_.Flush(rank_, absl::ToUnixNanos(deadline)); }
  size_t queued_bytes() const override { return network_.peers_[rank_].queued_bytes; }

 private:
  Network& network_;
  const int rank_;
};

Network::Network(Scheduler* scheduler, int ranks, const NetworkConditions& conditions,
                 std::function<void(uint64_t)> on_message)
    : scheduler_(*scheduler), conditions_(conditions), on_message_(std::move(on_message)), peers_(ranks) {}

std::unique_ptr<Endpoint> Network::endpoint(int rank) { return std::make_unique<Port>(this, rank); }

bool Network::Wait(int rank, Nanos until, const char* what) {
  Peer& peer = peers_[rank];
  peer.waiter = scheduler_.current();
  const bool alive = scheduler_.Wait(until, what);
  peer.waiter = nullptr;
  return alive;
}

absl::Status Network::Send(int from, int to, Channel channel, Buffer payload, Nanos deadline) {
  if (to < 0 || to >= static_cast<int>(peers_.size())) return InvalidArgument("no rank ", to);
  if (!Wait(from, scheduler_.now() + kCallTakes, "its turn to send")) return Unavailable("rank ", from, " is killed");
  RETURN_IF_ERROR(AwaitRoom(from, payload.size(), deadline));
  on_message_(counts_.messages++);
  if (scheduler_.killed(from)) return Unavailable("rank ", from, " is killed");
  if (scheduler_.killed(to) && conditions_.notices_loss) return Unavailable("rank ", to, " is gone");
  if (peers_[to].ended) return absl::OkStatus();
  const Nanos delay = DelayOf(from, to, channel);
  Tell(from, to, channel, payload, delay);
  if (channel == Channel::kControl) MaybeStray(from, to, payload);
  if (delay != kLost) Deliver(from, to, channel, std::move(payload), scheduler_.now() + delay);
  return absl::OkStatus();
}

absl::Status Network::AwaitRoom(int from, size_t bytes, Nanos deadline) {
  const Peer& peer = peers_[from];
  // A message larger than the whole queue passes when it is alone.
  while (peer.queued_bytes > 0 && peer.queued_bytes + bytes > conditions_.max_queued_bytes) {
    if (scheduler_.now() >= deadline) return DeadlineExceeded("rank ", from, "'s queue is full");
    if (!Wait(from, deadline, "room to send")) return Unavailable("rank ", from, " is killed");
  }
  return absl::OkStatus();
}

Network::Nanos Network::DelayOf(int from, int to, Channel channel) {
  CounterRandom& random = scheduler_.random();
  const bool control = channel == Channel::kControl;
  Nanos delay = random.NextBelow(static_cast<uint32_t>(2 * conditions_.delay));
  if (!control && random.NextBelow(1'000'000) < conditions_.rows_lost_per_million) {
    ++counts_.lost;
    return kLost;
  }
  if (random.NextBelow(1'000'000) < conditions_.late_per_million) {
    ++counts_.late;
    const Nanos most = control ? conditions_.control_lateness : conditions_.row_lateness;
    delay += static_cast<Nanos>(random.NextFloat() * static_cast<double>(most));
  }
  const Nanos cut = std::max(peers_[from].cut_until, peers_[to].cut_until);
  return std::max(delay, cut - scheduler_.now());
}

// Along the original's way it comes after it; along another's it may come before.
void Network::MaybeStray(int from, int to, const Buffer& payload) {
  CounterRandom& random = scheduler_.random();
  if (random.NextBelow(1'000'000) >= conditions_.strays_per_million) return;
  const auto message = ParseControl(from, payload.view());
  if (!message.ok() || !message->unit_progress().done()) return;
  ++counts_.strays;
  const int ranks = static_cast<int>(peers_.size());
  const int sender = random.NextBelow(2) == 0 ? from : 1 + static_cast<int>(random.NextBelow(ranks - 1));
  Buffer copy(payload.size());
  std::memcpy(copy.data(), payload.data(), payload.size());
  const double share = random.NextFloat();
  const auto delay = static_cast<Nanos>(share * share * share * static_cast<double>(kLongestStray));
  scheduler_.Say(Cat("*** a stray copy of its report, as from rank ", sender));
  Deliver(sender, to, Channel::kControl, std::move(copy), scheduler_.now() + delay);
}

void Network::Tell(int from, int to, Channel channel, const Buffer& payload, Nanos delay) const {
  scheduler_.Trace(MixBits(from * 64 + to) + static_cast<uint64_t>(channel) + static_cast<uint64_t>(delay));
  if (!scheduler_.verbose()) return;
  std::string what = channel == Channel::kRowRequests ? "row request" : "row answer";
  if (channel == Channel::kControl) {
    const auto message = ParseControl(from, payload.view());
    what = message.ok() ? message->ShortDebugString().substr(0, 160) : "nonsense";
  }
  scheduler_.Say(
      Cat("to rank ", to, delay == kLost ? ", lost: " : absl::StrFormat(", in %.3f ms: ", 1e-6 * delay), what));
}

void Network::Deliver(int from, int to, Channel channel, Buffer payload, Nanos arrival) {
  Peer& peer = peers_[to];
  Nanos& latest = peer.latest[IndexOf(channel)][from];
  latest = std::max(latest, arrival);
  peers_[from].queued_bytes += payload.size();
  ++peers_[from].queued_messages;
  peer.arriving[IndexOf(channel)].emplace(Place{latest, delivered_++}, Message{from, channel, std::move(payload)});
  if (peer.waiter != nullptr) scheduler_.WakeBy(peer.waiter, latest);
}

absl::StatusOr<Message> Network::Receive(int rank, std::span<const Channel> channels, Nanos deadline) {
  for (bool waited = false;; waited = true) {
    if (scheduler_.killed(rank)) return Unavailable("rank ", rank, " is killed");
    const Nanos now = scheduler_.now();
    Nanos next_arrival = Scheduler::kForever;
    for (const Channel channel : channels) {
      const auto& queue = peers_[rank].arriving[IndexOf(channel)];
      if (queue.empty()) continue;
      next_arrival = std::min(next_arrival, queue.begin()->first.arrival);
      if (queue.begin()->first.arrival <= now) return Take(rank, channel);
    }
    // Who only looks gives the others their turn too.
    if (waited && now >= deadline) return DeadlineExceeded("rank ", rank, " received no message in time");
    const char* what = channels.size() > 1                          ? "any message"
                       : channels.front() == Channel::kRowResponses ? "a row answer"
                                                                    : "a control message";
    Wait(rank, std::min(std::max(deadline, now + kCallTakes), next_arrival), what);
  }
}

absl::Status Network::Flush(int rank, Nanos deadline) {
  while (peers_[rank].queued_messages > 0) {
    if (scheduler_.now() >= deadline) return DeadlineExceeded("rank ", rank, "'s messages were not taken");
    if (!Wait(rank, deadline, "its messages to be taken")) return Unavailable("rank ", rank, " is killed");
  }
  return absl::OkStatus();
}

Message Network::Take(int rank, Channel channel) {
  auto& queue = peers_[rank].arriving[IndexOf(channel)];
  Message message = std::move(queue.begin()->second);
  queue.erase(queue.begin());
  Release(message.from, message.payload.size());
  return message;
}

void Network::Release(int from, size_t bytes) {
  peers_[from].queued_bytes -= bytes;
  --peers_[from].queued_messages;
  if (peers_[from].waiter != nullptr) scheduler_.WakeBy(peers_[from].waiter, scheduler_.now());
}

// A process that ends takes what waits for it, as the library does at its end; one that was killed takes nothing.
void Network::End(int rank) {
  if (scheduler_.killed(rank) && !conditions_.notices_loss) return;
  peers_[rank].ended = true;
  for (auto& queue : peers_[rank].arriving) {
    for (auto& [place, message] : queue) Release(message.from, message.payload.size());
    queue.clear();
  }
}

}  // namespace shoal
