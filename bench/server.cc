// What one parameter server and one client move over MPI: rows pulled and pushed a second, and how long a batch takes,
// beside memcpy of the same bytes in the same run.
//
//   mpirun -np 2 build/bin/server_bench [rows of the table] [seconds a measurement]
//
// Rank 0 serves, rank 1 asks: rows of 128 floats, batches of 4,096 keys drawn at random, kBatchesInFlight under way.
// Rates are given by the wall clock and by the processor time of the busier process: on a machine whose cores are
// taken by others the first says little. Latency is that of one batch alone, from its request to its last row.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "common/transport/mpi_endpoint.h"
#include "paramserver/client.h"
#include "paramserver/remote_table.h"
#include "paramserver/row_exchange.h"
#include "paramserver/row_service.h"
#include "paramserver/table.h"

namespace shoal {
namespace {

constexpr uint32_t kDim = 128;
constexpr size_t kBatchRows = 4096;
constexpr size_t kBatches = 64;
constexpr int kServerRank = 0;
constexpr int kClientRank = 1;
constexpr uint64_t kToken = 1;
constexpr double kBarRows = 4e6;
constexpr double kBarMilliseconds = 2;

absl::Time Later() { return Clock::Real().Now() + absl::Minutes(1); }

double ProcessorSeconds() {
  struct rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return t.tv_sec + t.tv_usec * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

wire::TableSpec TableOf(uint64_t rows) {
  wire::TableSpec spec;
  spec.set_name("rows");
  spec.set_rows(rows);
  spec.set_dim(kDim);
  spec.set_huge_pages(true);
  spec.mutable_initializer()->set_kind(wire::Initializer::UNIFORM);
  spec.mutable_initializer()->set_scale(1);
  return spec;
}

// Answers rows until an empty control message comes; any other is answered by the processor time spent so far.
absl::Status Serve(Endpoint* endpoint, const wire::TableSpec& spec) {
  const ServerPlace place{.job_token = kToken};
  RowService service(place);
  ASSIGN_OR_RETURN(auto table, Table::Create(spec, place));
  while (!table->InitializeSome()) {
  }
  service.Add(std::move(table));
  while (true) {
    ASSIGN_OR_RETURN(Message message, endpoint->ReceiveAny(Later()));
    if (message.channel == Channel::kRowRequests) {
      auto outcome = service.Handle(message.from, std::move(message.payload));
      RETURN_IF_ERROR(endpoint->Send(message.from, Channel::kRowResponses, std::move(outcome.answer), Later()));
    } else if (message.payload.empty()) {
      return endpoint->Flush(Later());
    } else {
      RETURN_IF_ERROR(
          endpoint->Send(message.from, Channel::kControl, Buffer::CopyOf(std::to_string(ProcessorSeconds())), Later()));
    }
  }
}

// One way of moving a batch: Start begins it, Finish waits for it. Of two batches, each in a place of its own.
struct Traffic {
  std::string name;
  std::function<absl::Status(size_t place, size_t batch)> start;
  std::function<absl::Status(size_t place)> finish;
};

class Client {
 public:
  Client(Endpoint* endpoint, const wire::TableSpec& spec, double seconds)
      : endpoint_(endpoint),
        spec_(spec),
        seconds_(seconds),
        exchange_(endpoint, &Clock::Real(), {kServerRank}, absl::Seconds(60), 0, &stats_),
        table_(spec, &exchange_),
        keys_(kBatches),
        rows_(kBatchRows * kDim * sizeof(float)),
        copy_(kBatchRows * kDim * sizeof(float)) {
    std::memset(rows_.data(), 0, rows_.size());
    std::memset(copy_.data(), 0, copy_.size());
  }

  absl::Status Run();

 private:
  void DrawKeys();
  absl::Status SayHello();
  absl::StatusOr<double> ServerSeconds();
  absl::Status Measure(const Traffic& traffic);
  absl::StatusOr<std::vector<double>> Latencies(const Traffic& traffic);
  void MeasureMemcpy();
  std::shared_ptr<RowCall> MakeCall(RowKind kind, const std::vector<uint64_t>& keys, size_t begin, size_t end);

  Traffic Calls(const std::string& name, RowKind kind);
  Traffic Train();

  Endpoint* const endpoint_;
  const wire::TableSpec spec_;
  const double seconds_;
  ClientStats stats_;
  RowExchange exchange_;
  RemoteTable table_;
  std::vector<std::vector<uint64_t>> keys_;
  Buffer rows_, copy_;
  TableAccess::Batch batches_[2];
  std::vector<std::shared_ptr<RowCall>> calls_[2];
};

void Client::DrawKeys() {
  CounterRandom random(1);
  for (auto& keys : keys_) {
    for (size_t i = 0; i < kBatchRows; ++i) keys.push_back(random.NextBelow(static_cast<uint32_t>(spec_.rows())));
  }
}

absl::Status Client::SayHello() {
  wire::RowsHello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_job_token(kToken);
  auto call = std::make_shared<RowCall>();
  call->header.kind = RowKind::kHello;
  call->text = hello.SerializeAsString();
  RETURN_IF_ERROR(exchange_.Start(call));
  return exchange_.Wait(call.get());
}

absl::StatusOr<double> Client::ServerSeconds() {
  RETURN_IF_ERROR(endpoint_->Send(kServerRank, Channel::kControl, Buffer::CopyOf("time"), Later()));
  ASSIGN_OR_RETURN(const Message message, endpoint_->Receive(Channel::kControl, Later()));
  return std::atof(std::string(message.payload.view()).c_str());
}

// Both ways alike: the batch's requests are started, then waited for. A pull's rows are used where the answer put them,
// a push's lie in the client's memory; it is done when the server has applied it.
Traffic Client::Calls(const std::string& name, RowKind kind) {
  return {
      name,
      [this, kind](size_t place, size_t batch) -> absl::Status {
        constexpr size_t kRowsPerMessage = RemoteTable::kMessageBytes / (kDim * sizeof(float));
        calls_[place].clear();
        for (size_t begin = 0; begin < kBatchRows; begin += kRowsPerMessage) {
          calls_[place].push_back(MakeCall(kind, keys_[batch], begin, std::min(begin + kRowsPerMessage, kBatchRows)));
          RETURN_IF_ERROR(exchange_.Start(calls_[place].back()));
        }
        return absl::OkStatus();
      },
      [this](size_t place) -> absl::Status {
        for (const auto& call : calls_[place]) {
          RETURN_IF_ERROR(exchange_.Wait(call.get()));
        }
        return absl::OkStatus();
      }};
}

std::shared_ptr<RowCall> Client::MakeCall(RowKind kind, const std::vector<uint64_t>& keys, size_t begin, size_t end) {
  auto call = std::make_shared<RowCall>();
  call->header.kind = kind;
  call->header.row_floats = kDim;
  call->header.learning_rate = 0.1f;
  call->keys.assign(keys.begin() + begin, keys.begin() + end);
  call->after = reinterpret_cast<const float*>(rows_.data()) + begin * kDim;
  return call;
}

// What training does, through the whole client: keys told apart, rows pulled, changed in place, differences pushed.
Traffic Client::Train() {
  return {"pull and push",
          [this](size_t place, size_t batch) {
            batches_[place].want_gradients = false;
            return table_.Request(keys_[batch], &batches_[place]);
          },
          [this](size_t place) -> absl::Status {
            RETURN_IF_ERROR(table_.Await(&batches_[place]));
            for (float* row : batches_[place].rows) row[0] += 1;
            return table_.Commit(&batches_[place], 0);
          }};
}

absl::StatusOr<std::vector<double>> Client::Latencies(const Traffic& traffic) {
  std::vector<double> milliseconds;
  const absl::Time end = Clock::Real().Now() + absl::Seconds(seconds_);
  for (size_t batch = 0; Clock::Real().Now() < end; batch = (batch + 1) % kBatches) {
    const absl::Time begin = Clock::Real().Now();
    RETURN_IF_ERROR(traffic.start(0, batch));
    RETURN_IF_ERROR(traffic.finish(0));
    milliseconds.push_back(absl::ToDoubleMilliseconds(Clock::Real().Now() - begin));
  }
  RETURN_IF_ERROR(table_.Flush());
  std::sort(milliseconds.begin(), milliseconds.end());
  return milliseconds;
}

absl::Status Client::Measure(const Traffic& traffic) {
  ASSIGN_OR_RETURN(const double server_before, ServerSeconds());
  const double client_before = ProcessorSeconds();
  const absl::Time begin = Clock::Real().Now();
  size_t batches = 0;
  RETURN_IF_ERROR(traffic.start(0, 0));
  while (Clock::Real().Now() - begin < absl::Seconds(seconds_)) {
    RETURN_IF_ERROR(traffic.start((batches + 1) % 2, (batches + 1) % kBatches));
    RETURN_IF_ERROR(traffic.finish(batches % 2));
    ++batches;
  }
  RETURN_IF_ERROR(traffic.finish(batches % 2));
  RETURN_IF_ERROR(table_.Flush());
  const double wall = absl::ToDoubleSeconds(Clock::Real().Now() - begin);
  const double client = ProcessorSeconds() - client_before;
  ASSIGN_OR_RETURN(const double server_after, ServerSeconds());
  const double server = server_after - server_before;
  ASSIGN_OR_RETURN(const auto latencies, Latencies(traffic));
  const double million_rows = static_cast<double>((batches + 1) * kBatchRows) / 1e6;
  std::printf(
      "%-14s %8.2f M rows/s, %6.2f a processor second; client %3.0f %%, server %3.0f %% of a core; "
      "batch p50 %.2f ms, p99 %.2f ms\n",
      traffic.name.c_str(), million_rows / wall, million_rows / std::max(client, server), 100 * client / wall,
      100 * server / wall, latencies[latencies.size() / 2], latencies[latencies.size() * 99 / 100]);
  return absl::OkStatus();
}

void Client::MeasureMemcpy() {
  const absl::Time begin = Clock::Real().Now();
  const double before = ProcessorSeconds();
  size_t batches = 0;
  for (; Clock::Real().Now() - begin < absl::Seconds(seconds_ / 4); ++batches) {
    std::memcpy(copy_.data(), rows_.data(), rows_.size());
    asm volatile("" : : "r"(copy_.data()) : "memory");  // The copy is used, for all the compiler knows.
  }
  const double million_rows = static_cast<double>(batches * kBatchRows) / 1e6;
  std::printf("%-14s %8.2f M rows/s, %6.2f a processor second\n", "memcpy",
              million_rows / absl::ToDoubleSeconds(Clock::Real().Now() - begin),
              million_rows / (ProcessorSeconds() - before));
}

absl::Status Client::Run() {
  DrawKeys();
  RETURN_IF_ERROR(SayHello());
  std::printf("rows of %u floats, %.1f M of them, batches of %zu random keys, 2 under way\n", kDim,
              static_cast<double>(spec_.rows()) / 1e6, kBatchRows);
  for (const Traffic& traffic : {Calls("pull", RowKind::kPull), Calls("push", RowKind::kPushGradients), Train()}) {
    MeasureMemcpy();
    RETURN_IF_ERROR(Measure(traffic));
  }
  std::printf("the bar: %.0f M rows/s each way, p99 below %.0f ms\n", kBarRows / 1e6, kBarMilliseconds);
  return endpoint_->Send(kServerRank, Channel::kControl, Buffer(), Later());
}

absl::Status Run(int argc, char** argv) {
  ASSIGN_OR_RETURN(const auto endpoint, MpiEndpoint::Create(&argc, &argv));
  if (endpoint->size() != 2) return InvalidArgument("usage: mpirun -np 2 server_bench [rows] [seconds]");
  const auto spec = TableOf(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000);
  const double seconds = argc > 2 ? std::atof(argv[2]) : 2;
  if (endpoint->rank() == kServerRank) return Serve(endpoint.get(), spec);
  static_assert(kClientRank == 1);
  absl::Status measured = Client(endpoint.get(), spec, seconds).Run();
  // At once: the endpoint's end waits for the server, which waits for this client.
  if (!measured.ok()) std::fprintf(stderr, "server_bench: %s\n", measured.ToString().c_str());
  RETURN_IF_ERROR(measured);
  return endpoint->Flush(Later());
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  const absl::Status status = shoal::Run(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "server_bench: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
