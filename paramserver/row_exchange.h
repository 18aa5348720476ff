// RowExchange: one worker's requests to all servers of its job: sent, matched with their answers, sent again when no
// answer comes, given up after a bounded number of retries.
//
// A request is a RowCall. Any number may be under way; answers are taken in whenever somebody waits for one. A retry
// carries the id of its original, by which the server knows a push that it has applied already.
//
// Thread rule: belongs to the worker's thread, as the endpoint does. It takes messages of Channel::kRowResponses only,
// so nothing that comes on the control channel is lost; what the worker must do meanwhile (heartbeats, hearing Stop) is
// the wait hook's business.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/transport/endpoint.h"
#include "paramserver/client_stats.h"
#include "paramserver/messages.h"
#include "proto/wire.pb.h"

namespace shoal {

// One request to one server and, when `done`, its answer.
struct RowCall {
  uint32_t server = 0;
  RowHeader header;  // Kind, table, row_floats and learning rate are the caller's; the rest is the exchange's.
  std::vector<uint64_t> keys;
  std::string text;  // Hello's payload.

  // What a push is made of, at its first sending as at each retry: rows [keys, row_floats] as they came and as they
  // are; or gradients, in `after`. Kept until the answer.
  const float* before = nullptr;
  const float* after = nullptr;
  // Memory behind the two.
  Buffer before_memory, after_memory;

  bool done = false;
  absl::Status status;
  Buffer answer;

  absl::Time started;
  absl::Time deadline;
  uint32_t sent = 0;  // Times.
};

class RowExchange {
 public:
  // `servers` [i] is the rank of server i. `stats` outlives the exchange, which counts in it.
  RowExchange(Endpoint* endpoint, Clock* clock, std::vector<int> servers, absl::Duration timeout, uint32_t max_retries,
              ClientStats* stats);

  uint32_t servers() const { return static_cast<uint32_t>(peers_.size()); }

  // Sends the request. Waits for older ones only where the server could not tell a retry of them any more.
  absl::Status Start(const std::shared_ptr<RowCall>& call);

  // Waits until `call` is done; its own status otherwise. DeadlineExceeded names the server and what was asked of it.
  absl::Status Wait(RowCall* call);

  // See ParameterClient::BeginTurn and EndTurn.
  void BeginTurn(const wire::Turn& turn);
  absl::Status EndTurn();

  // See ParameterClient::OnWait.
  void SetWaitHook(std::function<absl::Status()> hook) { wait_hook_ = std::move(hook); }

 private:
  struct Peer {
    int rank = -1;
    uint64_t next_id = 1;
    uint32_t pushes = 0;                                   // Of the turn at hand.
    std::map<uint64_t, std::shared_ptr<RowCall>> waiting;  // By id; at most PushWindow::kIds.
  };

  absl::Status Send(RowCall* call);
  // Calls the wait hook where that is due.
  absl::Status KeepInTouch();
  Buffer MakeMessage(const RowCall& call) const;
  // Takes in one answer, waiting until `deadline`; false: none came.
  absl::StatusOr<bool> TakeOne(absl::Time deadline);
  void Accept(Message message);
  void Count(const RowCall& call);
  absl::Status Retry(RowCall* call);
  std::string Describe(const RowCall& call) const;

  Endpoint* const endpoint_;
  Clock* const clock_;
  std::vector<Peer> peers_;
  std::vector<int> server_of_rank_;  // -1: not a server.
  const absl::Duration timeout_;
  const uint32_t max_retries_;
  const uint64_t session_;
  wire::Turn turn_;  // Round 0: none is at hand.
  std::function<absl::Status()> wait_hook_;
  absl::Time hook_due_ = absl::InfinitePast();  // Many short waits are a long one.
  ClientStats* const stats_;
};

}  // namespace shoal
