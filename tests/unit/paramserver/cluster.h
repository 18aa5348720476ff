// Cluster: N parameter servers as threads on the in-process hub, with a coordinator that does nothing but welcome them,
// send heartbeats and say Stop. Rank 0 is the coordinator, 1..N the servers, then the workers, whose endpoints the test
// uses.
//
// Thread rule: belongs to the test's thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/transport/in_process.h"
#include "paramserver/client.h"
#include "proto/wire.pb.h"

namespace shoal {

struct ClusterOptions {
  uint32_t servers = 1;
  uint32_t workers = 1;
  job::ParameterServer settings;
  std::vector<wire::TableSpec> tables;
  InProcessOptions network;
};

wire::TableSpec MakeTableSpec(uint32_t id, const std::string& name, uint64_t rows, uint32_t dim,
                              job::RowOptimizer::Kind optimizer = job::RowOptimizer::SGD);

class Cluster {
 public:
  explicit Cluster(ClusterOptions options);
  // Stops the servers; each must have ended well.
  ~Cluster();

  // What the coordinator would tell worker `index`.
  wire::Welcome WelcomeOf(uint32_t index) const;
  Endpoint* worker(uint32_t index) { return workers_[index].get(); }
  absl::StatusOr<std::unique_ptr<ParameterClient>> Connect(uint32_t index, job::ParameterServer::Access access);

  static int RankOfServer(uint32_t index) { return static_cast<int>(1 + index); }

 private:
  void Welcome();
  void Coordinate(std::stop_token stop);

  const ClusterOptions options_;
  InProcessHub hub_;
  std::unique_ptr<Endpoint> coordinator_;
  std::vector<std::unique_ptr<Endpoint>> servers_;
  std::vector<std::unique_ptr<Endpoint>> workers_;
  std::vector<absl::Status> server_ends_;
  std::vector<std::thread> server_threads_;
  std::vector<wire::Member> members_;
  std::jthread coordination_;
};

}  // namespace shoal
