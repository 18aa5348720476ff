// ParameterClient: one worker's connections to all servers of its job, and its way to their tables (table_access.h).
//
// Thread rule: belongs to the worker's thread, as its endpoint does.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/transport/endpoint.h"
#include "paramserver/client_stats.h"
#include "paramserver/table_access.h"
#include "proto/wire.pb.h"

namespace shoal {

class ParameterClient {
 public:
  // Shakes hands with every server: protocol version and job token. `welcome` tells the tables, servers and settings;
  // table access is MAPPED or REMOTE by welcome.job().parameter_server().access() and by where the servers are.
  // FailedPrecondition: MAPPED is forced and a server is on another host, or another version answers.
  static absl::StatusOr<std::unique_ptr<ParameterClient>> Connect(Endpoint* endpoint, Clock* clock,
                                                                  const wire::Welcome& welcome);
  virtual ~ParameterClient() = default;

  // Lives as long as the client. `id` is the table's place in welcome.table().
  virtual TableAccess& table(uint32_t id) = 0;
  virtual ClientStats stats() const = 0;

  // Of a job of strict determinism: what is asked of the tables from here to EndTurn belongs to this turn. Its rows are
  // those after the last round, whose own changes come to the tables when all turns of the round have ended.
  virtual void BeginTurn(const wire::Turn& turn) = 0;
  // Waits until every server knows that the turn has ended.
  virtual absl::Status EndTurn() = 0;

  // `hook` is called about every 50 ms while a call waits for servers, so that a worker still sends heartbeats and
  // hears Stop. An error that it returns ends the wait and is returned by the call.
  virtual void OnWait(std::function<absl::Status()> hook) = 0;
};

}  // namespace shoal
