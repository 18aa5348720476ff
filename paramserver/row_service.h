// RowService: what a parameter server does with a row message: bytes in, bytes out. It has no transport, so that tests
// and fuzzers can throw anything at it.
//
// A client opens its session by Hello, which must carry the job's token; every later request carries the session's
// number. Requests of unknown sessions, malformed requests and requests that do not fit their table are answered with
// an error and change nothing. A push whose id was applied before is answered as if it had been applied again.
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
  };

  explicit RowService(const ServerPlace& place) : place_(place) {}

  // Requests name it by its number in order of adding, which is its place in Welcome.table.
  void Add(std::unique_ptr<Store> store) { stores_.push_back(std::move(store)); }
  const std::vector<std::unique_ptr<Store>>& stores() const { return stores_; }

  // `client` is the rank that sent `message`.
  Outcome Handle(int client, const Buffer& message);

 private:
  struct Session {
    uint64_t number = 0;
    PushWindow pushes;
  };

  absl::StatusOr<Buffer> Answer(int client, const RowRequest& request, bool* repeated);
  absl::StatusOr<Buffer> Open(int client, const RowRequest& hello);
  absl::StatusOr<Buffer> AnswerPush(Session* session, const RowRequest& push, bool* repeated);

  const ServerPlace place_;
  std::vector<std::unique_ptr<Store>> stores_;
  std::unordered_map<int, Session> sessions_;  // By rank: one session a rank, so no more than the job has.
};

}  // namespace shoal
