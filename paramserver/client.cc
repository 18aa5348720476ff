#include "paramserver/client.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "common/job/derived.h"
#include "common/job/tables.h"
#include "common/log.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "paramserver/mapped_table.h"
#include "paramserver/remote_table.h"
#include "paramserver/row_exchange.h"
#include "paramserver/segment.h"

namespace shoal {
namespace {

using job::ParameterServer;

// The job's servers in the order of their indices.
absl::StatusOr<std::vector<wire::Member>> ServersOf(const wire::Welcome& welcome, int ranks) {
  std::vector<wire::Member> servers;
  for (const wire::Member& member : welcome.member()) {
    if (member.role() == wire::SERVER) servers.push_back(member);
  }
  std::sort(servers.begin(), servers.end(), [](const auto& a, const auto& b) { return a.index() < b.index(); });
  if (servers.empty()) return InvalidArgument("the job has no parameter server");
  for (size_t i = 0; i < servers.size(); ++i) {
    if (servers[i].index() != i || servers[i].rank() < 0 || servers[i].rank() >= ranks) {
      return InvalidArgument("the coordinator names parameter server ", servers[i].index(), " at rank ",
                             servers[i].rank(), ", expected server ", i, " at a rank below ", ranks);
    }
  }
  return servers;
}

std::vector<int> RanksOf(const std::vector<wire::Member>& members) {
  std::vector<int> ranks;
  for (const wire::Member& member : members) ranks.push_back(member.rank());
  return ranks;
}

absl::Status CheckHello(const RowCall& call, uint32_t servers, int tables) {
  ASSIGN_OR_RETURN(const RowAnswer answer, ParseRowAnswer(call.answer));
  wire::RowsHelloReply reply;
  if (!reply.ParseFromArray(answer.text.data(), static_cast<int>(answer.text.size()))) {
    return DataLoss("parameter server ", call.server, " answered hello by bytes that are no RowsHelloReply");
  }
  if (reply.protocol_version() != kProtocolVersion) {
    return FailedPrecondition("parameter server ", call.server, " speaks protocol version ", reply.protocol_version(),
                              ", this worker ", kProtocolVersion, ": all ranks must run the same build");
  }
  if (reply.server() != call.server || reply.servers() != servers || reply.tables() != static_cast<uint32_t>(tables)) {
    return FailedPrecondition("parameter server ", call.server, " of ", servers, " with ", tables,
                              " tables says that it is ", reply.server(), " of ", reply.servers(), " with ",
                              reply.tables());
  }
  return absl::OkStatus();
}

absl::Status SayHello(RowExchange* exchange, const wire::Welcome& welcome) {
  wire::RowsHello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_job_token(welcome.job_token());
  hello.set_worker(welcome.index());
  std::vector<std::shared_ptr<RowCall>> calls;
  for (uint32_t server = 0; server < exchange->servers(); ++server) {
    calls.push_back(std::make_shared<RowCall>());
    calls.back()->server = server;
    calls.back()->header.kind = RowKind::kHello;
    calls.back()->text = hello.SerializeAsString();
    RETURN_IF_ERROR(exchange->Start(calls.back()));
  }
  for (const auto& call : calls) {
    RETURN_IF_ERROR(exchange->Wait(call.get()));
    RETURN_IF_ERROR(CheckHello(*call, exchange->servers(), welcome.table_size()));
  }
  return absl::OkStatus();
}

absl::StatusOr<Segment> OpenSegment(const wire::Member& server, const wire::TableSpec& spec,
                                    const SegmentHeader& expected) {
  if (server.host_id() != HostId()) {
    return FailedPrecondition("parameter server ", server.index(), " is on another host, ", server.host_name());
  }
  for (const wire::Segment& segment : server.segment()) {
    if (segment.table() == spec.id()) return Segment::Open(server.pid(), segment.file_descriptor(), expected);
  }
  return FailedPrecondition("parameter server ", server.index(), " shares no memory of it");
}

absl::StatusOr<std::unique_ptr<TableAccess>> MapTable(const wire::TableSpec& spec, const wire::Welcome& welcome,
                                                      const std::vector<wire::Member>& servers, ClientStats* stats) {
  if (spec.rows() > MappedTable::kMaxRows) {
    return FailedPrecondition("its ", spec.rows(), " rows are more than ", MappedTable::kMaxRows);
  }
  std::vector<Segment> segments;
  for (const wire::Member& server : servers) {
    const auto expected =
        SegmentHeader::Of(spec, welcome.job_token(), server.index(), static_cast<uint32_t>(servers.size()));
    ASSIGN_OR_RETURN(Segment segment, OpenSegment(server, spec, expected));
    segments.push_back(std::move(segment));
  }
  return std::make_unique<MappedTable>(spec, std::move(segments), HotRowsOf(welcome.job(), spec), stats);
}

bool AllOnThisHost(const std::vector<wire::Member>& servers) {
  return std::all_of(servers.begin(), servers.end(), [](const auto& server) { return server.host_id() == HostId(); });
}

absl::StatusOr<std::unique_ptr<TableAccess>> MakeTable(const wire::TableSpec& spec, const wire::Welcome& welcome,
                                                       const std::vector<wire::Member>& servers, RowExchange* exchange,
                                                       ClientStats* stats) {
  const auto access = welcome.job().parameter_server().access();
  const bool remote = access == ParameterServer::REMOTE || (access == ParameterServer::AUTO && !AllOnThisHost(servers));
  if (spec.hashed() || remote || TrainsInRounds(welcome.job())) return std::make_unique<RemoteTable>(spec, exchange);
  auto mapped = MapTable(spec, welcome, servers, stats);
  if (mapped.ok()) return mapped;
  if (access == ParameterServer::MAPPED) {
    return FailedPrecondition("parameter_server.access is MAPPED, but table \"", spec.name(),
                              "\" cannot be mapped: ", ToStd(mapped.status().message()), ". Use AUTO or REMOTE.");
  }
  LogWarning("table \"", spec.name(),
             "\" cannot be mapped, its rows travel by messages: ", ToStd(mapped.status().message()));
  return std::make_unique<RemoteTable>(spec, exchange);
}

class Client final : public ParameterClient {
 public:
  Client(std::unique_ptr<ClientStats> stats, std::unique_ptr<RowExchange> exchange,
         std::vector<std::unique_ptr<TableAccess>> tables)
      : stats_(std::move(stats)), exchange_(std::move(exchange)), tables_(std::move(tables)) {}

  TableAccess& table(uint32_t id) override { return *tables_.at(id); }
  ClientStats stats() const override { return *stats_; }
  void BeginTurn(const wire::Turn& turn) override { exchange_->BeginTurn(turn); }
  absl::Status EndTurn() override { return exchange_->EndTurn(); }
  void OnWait(std::function<absl::Status()> hook) override { exchange_->SetWaitHook(std::move(hook)); }

 private:
  const std::unique_ptr<ClientStats> stats_;
  const std::unique_ptr<RowExchange> exchange_;
  const std::vector<std::unique_ptr<TableAccess>> tables_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ParameterClient>> ParameterClient::Connect(Endpoint* endpoint, Clock* clock,
                                                                          const wire::Welcome& welcome) {
  ASSIGN_OR_RETURN(const auto servers, ServersOf(welcome, endpoint->size()));
  const ParameterServer& settings = welcome.job().parameter_server();
  auto stats = std::make_unique<ClientStats>();
  auto exchange = std::make_unique<RowExchange>(endpoint, clock, RanksOf(servers),
                                                absl::Seconds(settings.request_timeout_seconds()),
                                                settings.max_retries(), stats.get());
  RETURN_IF_ERROR(SayHello(exchange.get(), welcome));
  std::vector<std::unique_ptr<TableAccess>> tables;
  for (const wire::TableSpec& spec : welcome.table()) {
    if (spec.id() != tables.size()) {
      return InvalidArgument("the coordinator numbers table \"", spec.name(), "\" ", spec.id(), ", not ",
                             tables.size());
    }
    ASSIGN_OR_RETURN(auto table, MakeTable(spec, welcome, servers, exchange.get(), stats.get()));
    tables.push_back(std::move(table));
  }
  return std::make_unique<Client>(std::move(stats), std::move(exchange), std::move(tables));
}

}  // namespace shoal
