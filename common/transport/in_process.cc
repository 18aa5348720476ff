#include "common/transport/in_process.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "common/status.h"

namespace shoal {
namespace {

// The condition variable knows real time only: a test's clock may jump past a deadline while it sleeps.
constexpr absl::Duration kClockPoll = absl::Milliseconds(1);

constexpr size_t IndexOf(Channel channel) { return static_cast<size_t>(channel) - 1; }

}  // namespace

class InProcessHub::State {
 public:
  State(int ranks, Clock* clock, InProcessOptions options)
      : clock_(clock), options_(std::move(options)), peers_(ranks), latest_arrival_(size_t(ranks) * ranks) {}

  int size() const { return static_cast<int>(peers_.size()); }

  absl::Status Send(int from, int to, Channel channel, Buffer payload, absl::Time deadline) {
    if (to < 0 || to >= size()) return InvalidArgument("no rank ", to, " among ", size());
    if (payload.size() > Endpoint::kMaxMessageBytes) {
      return InvalidArgument("a message of ", payload.size(), " bytes for rank ", to, " is over the limit of ",
                             Endpoint::kMaxMessageBytes);
    }
    absl::Duration delay = options_.delay;
    if (options_.extra_delay) delay += options_.extra_delay(from, to, channel, payload.view());

    std::unique_lock lock(mutex_);
    RETURN_IF_ERROR(AwaitRoom(lock, from, to, payload.size(), deadline));
    if (peers_[to].gone) return Unavailable("rank ", to, " is gone");
    if (delay < absl::InfiniteDuration()) Deliver(from, to, channel, std::move(payload), clock_->Now() + delay);
    return absl::OkStatus();
  }

  // The next message on any of `channels`, the first of them first.
  absl::StatusOr<Message> Receive(int rank, std::span<const Channel> channels, absl::Time deadline) {
    std::unique_lock lock(mutex_);
    while (true) {
      if (peers_[rank].gone) return Unavailable("rank ", rank, " is disconnected");
      const absl::Time now = clock_->Now();
      absl::Time next_arrival = absl::InfiniteFuture();
      for (const Channel channel : channels) {
        const auto& queue = peers_[rank].arriving[IndexOf(channel)];
        if (queue.empty()) continue;
        if (queue.begin()->first.arrival <= now) return Take(rank, channel);
        next_arrival = std::min(next_arrival, queue.begin()->first.arrival);
      }
      if (now >= deadline) return DeadlineExceeded("rank ", rank, " received no message in time");
      Wait(lock, rank, std::min(deadline, next_arrival) - now);
    }
  }

  absl::Status Flush(int rank, absl::Time deadline) {
    std::unique_lock lock(mutex_);
    while (peers_[rank].queued_messages > 0) {
      if (peers_[rank].gone) return Unavailable("rank ", rank, " is disconnected");
      const absl::Time now = clock_->Now();
      if (now >= deadline) {
        return DeadlineExceeded("rank ", OldestReceiver(rank), " did not take ", peers_[rank].queued_messages,
                                " messages (", peers_[rank].queued_bytes, " bytes) of rank ", rank);
      }
      Wait(lock, rank, deadline - now);
    }
    return absl::OkStatus();
  }

  size_t queued_bytes(int rank) const {
    std::lock_guard lock(mutex_);
    return peers_[rank].queued_bytes;
  }

  void Disconnect(int rank) {
    std::lock_guard lock(mutex_);
    peers_[rank].gone = true;
    for (auto& queue : peers_[rank].arriving) {
      for (auto& [place, message] : queue) Release(message.from, message.payload.size());
      queue.clear();
    }
    for (Peer& peer : peers_) peer.changed.notify_all();
  }

 private:
  // Arrival first; the number keeps the order of sending among equals.
  struct Place {
    absl::Time arrival;
    uint64_t number;
    auto operator<=>(const Place& other) const {
      return std::pair(absl::ToUnixNanos(arrival), number) <=>
             std::pair(absl::ToUnixNanos(other.arrival), other.number);
    }
  };

  struct Peer {
    std::array<std::map<Place, Message>, kChannels> arriving;
    size_t queued_bytes = 0;  // Of this rank's own sends.
    size_t queued_messages = 0;
    bool gone = false;
    std::condition_variable changed;
  };

  absl::Status AwaitRoom(std::unique_lock<std::mutex>& lock, int from, int to, size_t bytes, absl::Time deadline) {
    // A message larger than the whole queue passes when it is alone.
    while (peers_[from].queued_bytes > 0 && peers_[from].queued_bytes + bytes > options_.max_queued_bytes) {
      if (peers_[from].gone || peers_[to].gone) break;
      const absl::Time now = clock_->Now();
      if (now >= deadline) {
        return DeadlineExceeded("rank ", OldestReceiver(from), " did not take ", peers_[from].queued_bytes,
                                " bytes of rank ", from, ", whose queue is full");
      }
      Wait(lock, from, deadline - now);
    }
    if (peers_[from].gone) return Unavailable("rank ", from, " is disconnected");
    return absl::OkStatus();
  }

  void Deliver(int from, int to, Channel channel, Buffer payload, absl::Time arrival) {
    auto& latest = latest_arrival_[size_t(from) * size() + to][IndexOf(channel)];
    latest = std::max(latest, arrival);
    peers_[from].queued_bytes += payload.size();
    ++peers_[from].queued_messages;
    peers_[to].arriving[IndexOf(channel)].emplace(Place{latest, next_number_++},
                                                  Message{from, channel, std::move(payload)});
    peers_[to].changed.notify_all();
  }

  Message Take(int rank, Channel channel) {
    auto& queue = peers_[rank].arriving[IndexOf(channel)];
    Message message = std::move(queue.begin()->second);
    queue.erase(queue.begin());
    Release(message.from, message.payload.size());
    return message;
  }

  void Release(int from, size_t bytes) {
    peers_[from].queued_bytes -= bytes;
    --peers_[from].queued_messages;
    peers_[from].changed.notify_all();
  }

  // To whom the oldest message of `from` is on its way.
  int OldestReceiver(int from) const {
    std::pair<uint64_t, int> oldest(UINT64_MAX, -1);
    for (int to = 0; to < size(); ++to) {
      for (const auto& queue : peers_[to].arriving) {
        for (const auto& [place, message] : queue) {
          if (message.from == from) oldest = std::min(oldest, {place.number, to});
        }
      }
    }
    return oldest.second;
  }

  void Wait(std::unique_lock<std::mutex>& lock, int rank, absl::Duration at_most) {
    peers_[rank].changed.wait_for(lock, absl::ToChronoNanoseconds(std::min(at_most, kClockPoll)));
  }

  Clock* const clock_;
  const InProcessOptions options_;
  mutable std::mutex mutex_;
  std::vector<Peer> peers_;
  // By sender, receiver and channel: no message overtakes an earlier one.
  std::vector<std::array<absl::Time, kChannels>> latest_arrival_;
  uint64_t next_number_ = 0;
};

class InProcessHub::HubEndpoint final : public Endpoint {
 public:
  HubEndpoint(State* state, int rank) : state_(state), rank_(rank) {}
  ~HubEndpoint() override { state_->Disconnect(rank_); }

  int rank() const override { return rank_; }
  int size() const override { return state_->size(); }

  absl::Status Send(int to, Channel channel, Buffer payload, absl::Time deadline) override {
    return state_->Send(rank_, to, channel, std::move(payload), deadline);
  }
  absl::StatusOr<Message> Receive(Channel channel, absl::Time deadline) override {
    return state_->Receive(rank_, {&channel, 1}, deadline);
  }
  absl::StatusOr<Message> ReceiveAny(absl::Time deadline) override {
    return state_->Receive(rank_, kAllChannels, deadline);
  }
  absl::Status Flush(absl::Time deadline) override { return state_->Flush(rank_, deadline); }
  size_t queued_bytes() const override { return state_->queued_bytes(rank_); }

 private:
  static constexpr std::array kAllChannels = {Channel::kControl, Channel::kRowRequests, Channel::kRowResponses};

  State* const state_;
  const int rank_;
};

InProcessHub::InProcessHub(int ranks, Clock* clock, InProcessOptions options)
    : state_(std::make_unique<State>(ranks, clock, std::move(options))) {}

InProcessHub::~InProcessHub() = default;

std::unique_ptr<Endpoint> InProcessHub::endpoint(int rank) { return std::make_unique<HubEndpoint>(state_.get(), rank); }

void InProcessHub::Disconnect(int rank) { state_->Disconnect(rank); }

}  // namespace shoal
