// Endpoint: one rank's way to send messages to the other ranks of its job and to receive theirs.
//
// A message is bytes on a channel. Between two ranks, messages of one channel arrive in the order they were sent;
// nothing is promised across channels or senders. Control messages (proto/wire.proto) and row messages
// (paramserver/messages.h) travel on channels of their own, so that a worker that waits for rows still hears "stop".
//
// Thread rule: an endpoint belongs to one thread. Every wait has a deadline; sends make progress inside Send, Receive
// and Flush only, as Open MPI has no asynchronous progress. Implementations: MpiEndpoint (mpi_endpoint.h), InProcessHub
// (in_process.h; tests, one thread per rank).

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/buffer.h"

namespace shoal {

enum class Channel : int {
  kControl = 1,       // ControlMessage of proto/wire.proto
  kRowRequests = 2,   // worker to server
  kRowResponses = 3,  // server to worker
};
inline constexpr int kChannels = 3;

struct Message {
  int from = -1;
  Channel channel = Channel::kControl;
  Buffer payload;
};

class Endpoint {
 public:
  // Larger messages are refused by Send, and by the receiver before it allocates.
  static constexpr size_t kMaxMessageBytes = size_t{256} << 20;
  // So many bytes may wait in a rank's outgoing queue; then Send waits for the receivers.
  static constexpr size_t kMaxQueuedBytes = size_t{512} << 20;

  virtual ~Endpoint() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  // Hands `payload` over for delivery and returns, waiting only while the outgoing queue is full. InvalidArgument: no
  // such rank, or the message is too large. DeadlineExceeded names the rank that did not take its messages.
  // Unavailable: the transport knows that the rank is gone.
  virtual absl::Status Send(int to, Channel channel, Buffer payload, absl::Time deadline) = 0;

  // The next message of any sender on `channel`. DeadlineExceeded where none came; a deadline in the past polls once.
  virtual absl::StatusOr<Message> Receive(Channel channel, absl::Time deadline) = 0;

  // The next message of any sender on any channel, the control channel first.
  virtual absl::StatusOr<Message> ReceiveAny(absl::Time deadline) = 0;

  // Waits until all sent messages have left this rank's hands.
  virtual absl::Status Flush(absl::Time deadline) = 0;

  // Bytes handed over and not yet gone.
  virtual size_t queued_bytes() const = 0;
};

}  // namespace shoal
