#include "common/transport/mpi_endpoint.h"

#include <mpi.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "common/status.h"
#include "common/transport/backoff.h"

namespace shoal {
namespace {

constexpr size_t kMaxPendingSends = size_t{1} << 16;
constexpr absl::Duration kFlushAtEnd = absl::Seconds(5);
constexpr std::chrono::seconds kFinalizeWithin{30};

constexpr std::array kAllChannels = {Channel::kControl, Channel::kRowRequests, Channel::kRowResponses};

constexpr int TagOf(Channel channel) { return static_cast<int>(channel); }
constexpr size_t IndexOf(Channel channel) { return static_cast<size_t>(channel) - 1; }

// OK where `code` is MPI_SUCCESS; else "rank 3: MPI_Isend to rank 1: what MPI says".
template <typename... What>
absl::Status FromMpi(int code, int rank, const What&... what) {
  if (code == MPI_SUCCESS) return absl::OkStatus();
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  return Internal("rank ", rank, ": ", what..., ": ", std::string_view(text, length));
}

// Ends the process where MPI_Finalize, which has no deadline, does not return in time.
void FinalizeWithinDeadline(int rank) {
  std::mutex mutex;
  std::condition_variable changed;
  bool finalized = false;
  std::thread watchdog([&] {
    std::unique_lock lock(mutex);
    if (changed.wait_for(lock, kFinalizeWithin, [&] { return finalized; })) return;
    LogError("rank ", rank, ": MPI_Finalize waited ", kFinalizeWithin.count(), " s for the other ranks; giving up");
    ::_exit(1);
  });
  MPI_Finalize();
  {
    std::lock_guard lock(mutex);
    finalized = true;
  }
  changed.notify_all();
  watchdog.join();
}

}  // namespace

// MPI's side of the endpoint: what is on its way out and in.
class MpiEndpoint::Connection {
 public:
  Connection(MPI_Comm communicator, int rank, int size, Backoff::Expecting expecting)
      : communicator_(communicator), rank_(rank), size_(size), backoff_(expecting) {}

  int rank() const { return rank_; }
  int size() const { return size_; }
  size_t queued_bytes() const { return queued_bytes_; }

  absl::Status Send(int to, Channel channel, Buffer payload, absl::Time deadline) {
    if (to < 0 || to >= size_) return InvalidArgument("rank ", rank_, ": no rank ", to, " among ", size_);
    if (payload.size() > kMaxMessageBytes) {
      return InvalidArgument("rank ", rank_, ": a message of ", payload.size(), " bytes for rank ", to,
                             " is over the limit of ", kMaxMessageBytes);
    }
    const auto full = [&] {
      return requests_.size() >= kMaxPendingSends ||
             (queued_bytes_ > 0 && queued_bytes_ + payload.size() > kMaxQueuedBytes);
    };
    RETURN_IF_ERROR(AwaitSends(deadline, [&] { return !full(); }));
    return Start(to, channel, std::move(payload));
  }

  // The next message of the first of `channels` that has one.
  absl::StatusOr<Message> Receive(std::span<const Channel> channels, absl::Time deadline) {
    absl::Time last = Clock::Real().Now();
    while (true) {
      // Before looking for more work: a rank that is never without it would keep the memory of all that it has sent.
      RETURN_IF_ERROR(ProgressSends());
      ASSIGN_OR_RETURN(const bool worth_polling, MayFind(channels));
      for (const Channel channel : worth_polling ? channels : std::span<const Channel>()) {
        ASSIGN_OR_RETURN(std::optional<Message> message, Poll(channel));
        if (!message.has_value()) continue;
        backoff_.Reset();
        return *std::move(message);
      }
      if (!PauseBefore(deadline, &last)) return DeadlineExceeded("rank ", rank_, " received no message in time");
    }
  }

  absl::Status Flush(absl::Time deadline) {
    return AwaitSends(deadline, [this] { return requests_.empty(); });
  }

  // Before MPI_Finalize, where Flush did not succeed: MPI may still touch the memory of what did not leave or arrive,
  // so the requests are dropped and their buffers stay allocated for good.
  void LeakWhatIsPending() {
    for (MPI_Request& request : requests_) MPI_Request_free(&request);
    new std::vector<Outgoing>(std::exchange(outgoing_, {}));
    requests_.clear();
    for (auto& incoming : incoming_) {
      if (!incoming.has_value()) continue;
      MPI_Request_free(&incoming->request);
      new Buffer(std::move(incoming->message.payload));
      incoming.reset();
    }
  }

 private:
  struct Outgoing {
    int to;
    Buffer payload;
  };
  struct Incoming {
    MPI_Request request;
    Message message;
  };

  absl::Status Start(int to, Channel channel, Buffer payload) {
    MPI_Request request;
    RETURN_IF_ERROR(FromMpi(MPI_Isend(payload.data(), static_cast<int>(payload.size()), MPI_BYTE, to, TagOf(channel),
                                      communicator_, &request),
                            rank_, "MPI_Isend of ", payload.size(), " bytes to rank ", to));
    int done = 0;
    RETURN_IF_ERROR(FromMpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), rank_, "send to rank ", to));
    backoff_.Reset();
    if (done) return absl::OkStatus();
    queued_bytes_ += payload.size();
    requests_.push_back(request);
    outgoing_.push_back({to, std::move(payload)});
    return absl::OkStatus();
  }

  // Frees the sends that are done, keeping the others in order.
  absl::Status ProgressSends() {
    if (requests_.empty()) return absl::OkStatus();
    completed_.resize(requests_.size());
    int count = 0;
    RETURN_IF_ERROR(FromMpi(MPI_Testsome(static_cast<int>(requests_.size()), requests_.data(), &count,
                                         completed_.data(), MPI_STATUSES_IGNORE),
                            rank_, "MPI_Testsome of ", requests_.size(), " sends, the oldest to rank ",
                            outgoing_.front().to));
    if (count <= 0) return absl::OkStatus();
    backoff_.Reset();
    size_t kept = 0;
    for (size_t i = 0; i < requests_.size(); ++i) {
      if (requests_[i] == MPI_REQUEST_NULL) {
        queued_bytes_ -= outgoing_[i].payload.size();
        continue;
      }
      if (kept != i) {
        requests_[kept] = requests_[i];
        outgoing_[kept] = std::move(outgoing_[i]);
      }
      ++kept;
    }
    requests_.resize(kept);
    outgoing_.resize(kept);
    return absl::OkStatus();
  }

  // Whether a poll of `channels`, one by one, may find a message. A look at all of them at once costs an idle role a
  // third: each look that finds nothing makes MPI progress, and yield the processor.
  absl::StatusOr<bool> MayFind(std::span<const Channel> channels) {
    if (channels.size() == 1 || Receiving()) return true;
    int found = 0;
    RETURN_IF_ERROR(FromMpi(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, communicator_, &found, MPI_STATUS_IGNORE), rank_,
                            "MPI_Iprobe"));
    return found != 0;
  }

  // A message of `channel` that has arrived whole, if there is one. At most one a channel is on its way in: so messages
  // of one sender stay in order, and a sender that stalls in the middle of one holds up no other channel.
  absl::StatusOr<std::optional<Message>> Poll(Channel channel) {
    std::optional<Incoming>& incoming = incoming_[IndexOf(channel)];
    if (!incoming.has_value()) {
      RETURN_IF_ERROR(BeginReceive(channel));
    }
    if (!incoming.has_value()) return std::nullopt;
    int done = 0;
    RETURN_IF_ERROR(FromMpi(MPI_Test(&incoming->request, &done, MPI_STATUS_IGNORE), rank_, "receive from rank ",
                            incoming->message.from));
    if (!done) return std::nullopt;
    Message message = std::move(incoming->message);
    incoming.reset();
    return std::optional(std::move(message));
  }

  absl::Status BeginReceive(Channel channel) {
    int found = 0;
    MPI_Message handle;
    MPI_Status status;
    RETURN_IF_ERROR(FromMpi(MPI_Improbe(MPI_ANY_SOURCE, TagOf(channel), communicator_, &found, &handle, &status), rank_,
                            "MPI_Improbe"));
    if (!found) return absl::OkStatus();
    MPI_Count bytes = 0;
    MPI_Get_elements_x(&status, MPI_BYTE, &bytes);
    const int from = status.MPI_SOURCE;
    if (bytes < 0 || static_cast<uint64_t>(bytes) > kMaxMessageBytes) return Refuse(&handle, from, bytes);
    Incoming incoming{MPI_REQUEST_NULL, {from, channel, Buffer(static_cast<size_t>(bytes))}};
    Buffer& payload = incoming.message.payload;
    RETURN_IF_ERROR(FromMpi(MPI_Imrecv(payload.data(), static_cast<int>(bytes), MPI_BYTE, &handle, &incoming.request),
                            rank_, "MPI_Imrecv of ", bytes, " bytes from rank ", from));
    incoming_[IndexOf(channel)] = std::move(incoming);
    return absl::OkStatus();
  }

  // Takes the message off the wire into no memory at all, which MPI reports as a truncation.
  absl::Status Refuse(MPI_Message* handle, int from, MPI_Count bytes) {
    MPI_Mrecv(nullptr, 0, MPI_BYTE, handle, MPI_STATUS_IGNORE);
    return DataLoss("rank ", from, " sent a message of ", bytes, " bytes to rank ", rank_, ", over the limit of ",
                    kMaxMessageBytes);
  }

  // Waits until `enough` of what is queued has left.
  template <typename Enough>
  absl::Status AwaitSends(absl::Time deadline, const Enough& enough) {
    absl::Time last = Clock::Real().Now();
    while (!enough()) {
      RETURN_IF_ERROR(ProgressSends());
      if (enough()) break;
      if (!PauseBefore(deadline, &last)) {
        return DeadlineExceeded("rank ", outgoing_.front().to, " did not take ", requests_.size(), " messages (",
                                queued_bytes_, " bytes) of rank ", rank_, " in time");
      }
    }
    return absl::OkStatus();
  }

  // Pauses between two looks. False: the deadline is over. `last` is when the wait began, or the last pause did.
  bool PauseBefore(absl::Time deadline, absl::Time* last) {
    const absl::Time now = Clock::Real().Now();
    if (now >= deadline) return false;
    backoff_.Waited(now - std::exchange(*last, now));
    Backoff::Pause(backoff_.NextPause(deadline - now, Watching()));
    return true;
  }

  Backoff::Watching Watching() const {
    if (Receiving()) return Backoff::Watching::kReceive;
    return requests_.empty() ? Backoff::Watching::kArrivals : Backoff::Watching::kSends;
  }

  bool Receiving() const {
    return std::any_of(incoming_.begin(), incoming_.end(), [](const auto& incoming) { return incoming.has_value(); });
  }

  const MPI_Comm communicator_;
  const int rank_, size_;
  // Element i of both is one send, the oldest first.
  std::vector<MPI_Request> requests_;
  std::vector<Outgoing> outgoing_;
  std::vector<int> completed_;  // MPI_Testsome's scratch.
  size_t queued_bytes_ = 0;
  std::array<std::optional<Incoming>, kChannels> incoming_;
  Backoff backoff_;
};

absl::StatusOr<std::unique_ptr<MpiEndpoint>> MpiEndpoint::Create(int* argc, char*** argv, Backoff::Expecting expecting,
                                                                 Threads threads) {
  int initialized = 0;
  MPI_Initialized(&initialized);
  if (initialized) return FailedPrecondition("MPI is initialised already; a process has one MPI endpoint");
  // A TCP peer that dies would kill this process before it can say what happened.
  ::signal(SIGPIPE, SIG_IGN);
  int provided = MPI_THREAD_SINGLE;
  const int wanted = threads == Threads::kOne ? MPI_THREAD_FUNNELED : MPI_THREAD_MULTIPLE;
  RETURN_IF_ERROR(FromMpi(MPI_Init_thread(argc, argv, wanted, &provided), -1, "MPI_Init_thread"));
  int rank = -1, size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (provided < wanted) {
    return FailedPrecondition(
        "rank ", rank, ": this MPI does not support ",
        threads == Threads::kOne ? "threads (MPI_THREAD_FUNNELED)" : "calls of several threads (MPI_THREAD_MULTIPLE)");
  }
  // Errors become values here; a communicator inherits its parent's handler.
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm communicator = MPI_COMM_NULL;
  RETURN_IF_ERROR(FromMpi(MPI_Comm_dup(MPI_COMM_WORLD, &communicator), rank, "MPI_Comm_dup"));
  return std::unique_ptr<MpiEndpoint>(
      new MpiEndpoint(std::make_unique<Connection>(communicator, rank, size, expecting)));
}

MpiEndpoint::MpiEndpoint(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

MpiEndpoint::~MpiEndpoint() {
  const absl::Status flushed = connection_->Flush(Clock::Real().Now() + kFlushAtEnd);
  if (!flushed.ok()) LogWarning("at the end of the job: ", flushed.message());
  connection_->LeakWhatIsPending();
  FinalizeWithinDeadline(rank());
}

int MpiEndpoint::rank() const { return connection_->rank(); }
int MpiEndpoint::size() const { return connection_->size(); }

absl::Status MpiEndpoint::Send(int to, Channel channel, Buffer payload, absl::Time deadline) {
  return connection_->Send(to, channel, std::move(payload), deadline);
}

absl::StatusOr<Message> MpiEndpoint::Receive(Channel channel, absl::Time deadline) {
  return connection_->Receive({&channel, 1}, deadline);
}

absl::StatusOr<Message> MpiEndpoint::ReceiveAny(absl::Time deadline) {
  return connection_->Receive(kAllChannels, deadline);
}

absl::Status MpiEndpoint::Flush(absl::Time deadline) { return connection_->Flush(deadline); }

size_t MpiEndpoint::queued_bytes() const { return connection_->queued_bytes(); }

void MpiEndpoint::Abort(int code) {
  MPI_Abort(MPI_COMM_WORLD, code);
  ::_exit(code);  // MPI_Abort returned: there is nothing left to ask it for.
}

}  // namespace shoal

// Asked by LeakSanitizer, where a build has it, in processes of mpirun: what Open MPI keeps until their end was
// allocated by plugins that it has unloaded by then, so no suppression can name them. The roles' own leaks are looked
// for in tests that run them as threads.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() { return 1; }
