// RowService: what a parameter server does with a row message: bytes in, bytes out. It has no transport, so that tests
// and fuzzers can throw anything at it.
//
// A client opens its session by Hello, which must carry the job's token; every later request carries the session's
// number. Requests of unknown sessions, malformed requests and requests that do not fit their table are answered with
// an error and change nothing. A push whose id was applied before is answered as if it had been applied again.
//
// In a job of strict determinism pulls and pushes belong to rounds (rounds.h): a push is kept, and a pull may wait.
//
// Thread rule: owned by the server's event loop.

#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "common/buffer.h"
#include "paramserver/messages.h"
#include "paramserver/push_window.h"
#include "paramserver/rounds.h"
#include "paramserver/store.h"
#include "paramserver/table.h"

namespace shoal {

class RowService {
 public:
  // What was done, for metrics.
  struct Outcome {
    Buffer answer;
    RowKind kind = RowKind::kHello;
    uint32_t table = 0;
    uint32_t rows = 0;
    absl::StatusCode code = absl::StatusCode::kOk;  // Else the request was refused.
    bool repeated = false;                          // A push that had been applied before.
    bool waits = false;                             // There is no answer yet: TakeDue will give the request back.
  };

  explicit RowService(const ServerPlace& place) : place_(place) {}

  // Requests name it by its number in order of adding, which is its place in Welcome.table.
  void Add(std::unique_ptr<Store> store) { stores_.push_back(std::move(store)); }
  const std::vector<std::unique_ptr<Store>>& stores() const { return stores_; }

  // `client` is the rank that sent `message`.
  Outcome Handle(int client, Buffer message);

  // Requests that waited and are to be handled again now; to be asked for after each Handle.
  std::vector<Rounds::Request> TakeDue() { return rounds_.TakeDue(); }

  // Every push that was answered is in the stores.
  bool between_rounds() const { return rounds_.between_rounds(); }

 private:
  struct Session {
    uint64_t number = 0;
    PushWindow pushes;
  };

  // Each takes `message`, which `request` is a view of, where it must be kept.
  absl::StatusOr<Buffer> Answer(int client, const RowRequest& request, Buffer* message, Outcome* outcome);
  absl::StatusOr<Buffer> Open(int client, const RowRequest& hello);
  absl::StatusOr<Buffer> AnswerPull(int client, const RowRequest& pull, Buffer* message, Outcome* outcome);
  // Of a push, and of the end of a turn.
  absl::StatusOr<Buffer> AnswerOnce(int client, Session* session, const RowRequest& request, Buffer* message,
                                    Outcome* outcome);
  absl::StatusOr<Buffer> Keep(const RowRequest& push, Buffer* message);
  absl::StatusOr<Buffer> EndTurn(const RowHeader& header);
  // Keeps a request until its round is at hand.
  absl::StatusOr<Buffer> Defer(int client, Buffer* message, Outcome* outcome);
  // Where the round is whole, applies its pushes.
  absl::Status ApplyWhole();

  const ServerPlace place_;
  std::vector<std::unique_ptr<Store>> stores_;
  Rounds rounds_;
  std::unordered_map<int, Session> sessions_;  // By rank: one session a rank, so no more than the job has.
};

}  // namespace shoal
