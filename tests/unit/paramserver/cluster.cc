#include "tests/unit/paramserver/cluster.h"

#include <unistd.h>

#include <utility>

#include "common/transport/control.h"
#include "gtest/gtest.h"
#include "paramserver/server.h"

namespace shoal {
namespace {

constexpr uint64_t kToken = 0x5ea15ea15ea1;
constexpr absl::Duration kPatience = absl::Seconds(20);

absl::Time Later() { return Clock::Real().Now() + kPatience; }

}  // namespace

wire::TableSpec MakeTableSpec(uint32_t id, const std::string& name, uint64_t rows, uint32_t dim,
                              job::RowOptimizer::Kind optimizer) {
  wire::TableSpec spec;
  spec.set_id(id);
  spec.set_name(name);
  spec.set_rows(rows);
  spec.set_dim(dim);
  spec.mutable_initializer()->set_kind(wire::Initializer::UNIFORM);
  spec.mutable_initializer()->set_scale(0.5);
  spec.mutable_initializer()->set_seed(7 + id);
  spec.mutable_optimizer()->set_kind(optimizer);
  return spec;
}

Cluster::Cluster(ClusterOptions options)
    : options_(std::move(options)),
      hub_(static_cast<int>(1 + options_.servers + options_.workers), &Clock::Real(), options_.network),
      coordinator_(hub_.endpoint(0)),
      server_ends_(options_.servers) {
  for (uint32_t i = 0; i < options_.servers; ++i) servers_.push_back(hub_.endpoint(RankOfServer(i)));
  for (uint32_t i = 0; i < options_.workers; ++i) {
    workers_.push_back(hub_.endpoint(RankOfServer(options_.servers + i)));
  }
  for (uint32_t i = 0; i < options_.servers; ++i) {
    server_threads_.emplace_back([this, i] { server_ends_[i] = RunServer(servers_[i].get(), Platform::Real()); });
  }
  Welcome();
  coordination_ = std::jthread([this](std::stop_token stop) { Coordinate(stop); });
}

Cluster::~Cluster() {
  coordination_.request_stop();
  coordination_.join();
  for (std::thread& thread : server_threads_) thread.join();
  for (const absl::Status& end : server_ends_) EXPECT_TRUE(end.ok()) << end;
}

wire::Welcome Cluster::WelcomeOf(uint32_t index) const {
  wire::Welcome welcome;
  welcome.set_protocol_version(kProtocolVersion);
  welcome.set_job_token(kToken);
  welcome.set_index(index);
  welcome.mutable_job()->set_servers(options_.servers);
  welcome.mutable_job()->set_workers(options_.workers);
  welcome.mutable_job()->mutable_metrics()->set_enabled(false);
  *welcome.mutable_job()->mutable_parameter_server() = options_.settings;
  welcome.mutable_job()->mutable_heartbeats()->set_dead_after_seconds(20);
  for (const wire::TableSpec& table : options_.tables) *welcome.add_table() = table;
  for (const wire::Member& member : members_) *welcome.add_member() = member;
  return welcome;
}

absl::StatusOr<std::unique_ptr<ParameterClient>> Cluster::Connect(uint32_t index, job::ParameterServer::Access access) {
  wire::Welcome welcome = WelcomeOf(index);
  welcome.mutable_job()->mutable_parameter_server()->set_access(access);
  return ParameterClient::Connect(worker(index), &Clock::Real(), welcome);
}

void Cluster::Welcome() {
  for (uint32_t i = 0; i < options_.servers; ++i) {
    wire::ControlMessage message;
    *message.mutable_welcome() = WelcomeOf(i);
    const auto sent = SendControl(coordinator_.get(), RankOfServer(i), message, Later());
    ASSERT_TRUE(sent.ok()) << sent;
  }
  members_.resize(options_.servers);
  for (uint32_t ready = 0; ready < options_.servers;) {
    const auto received = ReceiveControl(coordinator_.get(), Later());
    ASSERT_TRUE(received.ok()) << received.status();
    if (!received->second.has_ready()) continue;
    const uint32_t index = static_cast<uint32_t>(received->first) - 1;
    wire::Member& member = members_[index];
    member.set_rank(received->first);
    member.set_role(wire::SERVER);
    member.set_index(index);
    member.set_host_id(HostId());
    member.set_pid(::getpid());
    *member.mutable_segment() = received->second.ready().segment();
    ++ready;
  }
}

void Cluster::Coordinate(std::stop_token stop) {
  wire::ControlMessage message;
  while (!stop.stop_requested()) {
    message.mutable_heartbeat();
    for (uint32_t i = 0; i < options_.servers; ++i) {
      SendControl(coordinator_.get(), RankOfServer(i), message, Later()).IgnoreError();
    }
    ReceiveControl(coordinator_.get(), Clock::Real().Now() + absl::Milliseconds(20)).IgnoreError();
  }
  message.mutable_stop();
  for (uint32_t i = 0; i < options_.servers; ++i) {
    SendControl(coordinator_.get(), RankOfServer(i), message, Later()).IgnoreError();
  }
}

}  // namespace shoal
