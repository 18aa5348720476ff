// InProcessHub: the ranks of a whole job as threads of one process, for tests: an Endpoint for each, and ways to break
// the network between them: delay, loss of messages, loss of a rank.
//
// What MPI promises holds here too: messages of one channel between two ranks arrive in order whatever their delays.
// A message counts as queued until its receiver takes it, as a large one does over MPI.
//
// Thread rule: the hub is safe from any thread and outlives its endpoints; an endpoint belongs to one thread.

#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "common/clock.h"
#include "common/transport/endpoint.h"

namespace shoal {

struct InProcessOptions {
  // From Send until the receiver can take the message, by the hub's clock.
  absl::Duration delay = absl::ZeroDuration();

  // Added to `delay` for the message at hand; absl::InfiniteDuration() loses it. Called by the sender's thread, so it
  // must be safe from several.
  using Hook = std::function<absl::Duration(int from, int to, Channel channel, std::string_view payload)>;
  Hook extra_delay;

  size_t max_queued_bytes = Endpoint::kMaxQueuedBytes;
};

class InProcessHub {
 public:
  // Ranks 0 to `ranks` - 1. `clock` outlives the hub; deadlines are times of it. Where it is a test's own clock, waits
  // look at it every millisecond of real time.
  InProcessHub(int ranks, Clock* clock, InProcessOptions options = {});
  ~InProcessHub();

  // Rank `rank`'s endpoint; once for each rank. Its end is that rank's end, as by Disconnect.
  std::unique_ptr<Endpoint> endpoint(int rank);

  // The rank is gone from then on: sends to it and by it are Unavailable, what waited for it is dropped, it receives
  // nothing more, and its own waits are Unavailable at once.
  void Disconnect(int rank);

 private:
  class State;
  class HubEndpoint;
  const std::unique_ptr<State> state_;
};

}  // namespace shoal
