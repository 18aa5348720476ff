#include "paramserver/client.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/host.h"
#include "common/random.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "paramserver/messages.h"
#include "tests/unit/paramserver/cluster.h"

namespace shoal {
namespace {

using job::ParameterServer;
using testing::HasSubstr;

constexpr uint64_t kRows = 500;
constexpr uint32_t kDim = 20;

#define ASSERT_OK(expression)               \
  do {                                      \
    const absl::Status status = expression; \
    ASSERT_TRUE(status.ok()) << status;     \
  } while (false)

ClusterOptions Servers(uint32_t servers, job::RowOptimizer::Kind optimizer = job::RowOptimizer::SGD) {
  return {
      .servers = servers,
      .tables = {MakeTableSpec(0, "input", kRows, kDim, optimizer), MakeTableSpec(1, "output", 64, 100, optimizer)}};
}

std::unique_ptr<ParameterClient> Connect(Cluster& cluster, ParameterServer::Access access, uint32_t worker = 0) {
  auto client = cluster.Connect(worker, access);
  EXPECT_TRUE(client.ok()) << client.status();
  return client.ok() ? *std::move(client) : nullptr;
}

// Keys as text has them: few are frequent, and they repeat within a batch.
std::vector<uint32_t> DrawKeys(uint64_t batch, size_t count) {
  CounterRandom random(StreamKey(17, batch));
  std::vector<uint32_t> keys(count);
  for (uint32_t& key : keys) key = random.NextBelow(1 + random.NextBelow(kRows));
  return keys;
}

// Moves each row towards its neighbour in the batch: what a row becomes depends on the order of all updates.
void Blend(TableAccess::Batch* batch, uint32_t dim) {
  for (size_t i = 1; i < batch->rows.size(); ++i) {
    for (uint32_t j = 0; j < dim; ++j) batch->rows[i][j] += 0.1f * (batch->rows[i - 1][j] - batch->rows[i][j]) + 0.01f;
  }
}

absl::Status Train(TableAccess& table, int batches) {
  TableAccess::Batch batch;
  for (int i = 0; i < batches; ++i) {
    RETURN_IF_ERROR(table.Request(DrawKeys(i, 40), &batch));
    RETURN_IF_ERROR(table.Await(&batch));
    Blend(&batch, table.layout().dim);
    RETURN_IF_ERROR(table.Commit(&batch, 0));
  }
  return table.Flush();
}

absl::Status TrainByGradients(TableAccess& table, int batches) {
  TableAccess::Batch batch;
  batch.want_gradients = true;
  for (int i = 0; i < batches; ++i) {
    RETURN_IF_ERROR(table.Request(DrawKeys(i, 40), &batch));
    RETURN_IF_ERROR(table.Await(&batch));
    for (size_t k = 0; k < batch.rows.size(); ++k) {
      for (uint32_t j = 0; j < table.layout().dim; ++j) batch.gradients[k][j] += 0.5f * batch.rows[k][j] - 0.1f;
    }
    RETURN_IF_ERROR(table.Commit(&batch, 0.05f));
  }
  return table.Flush();
}

std::vector<float> ReadAll(TableAccess& table, uint64_t rows = kRows) {
  std::vector<float> weights(rows * table.layout().dim);
  const auto status = table.Read(0, rows, weights);
  EXPECT_TRUE(status.ok()) << status;
  return weights;
}

std::vector<float> TrainedOn(uint32_t servers, ParameterServer::Access access) {
  Cluster cluster(Servers(servers));
  const auto client = Connect(cluster, access);
  EXPECT_EQ(client->table(0).mapped(), access == ParameterServer::MAPPED);
  const auto status = Train(client->table(0), 50);
  EXPECT_TRUE(status.ok()) << status;
  return ReadAll(client->table(0));
}

TEST(ClientTest, OneTwoAndThreeServersGiveTheSameBits) {
  for (const auto access : {ParameterServer::MAPPED, ParameterServer::REMOTE}) {
    const auto one = TrainedOn(1, access);
    EXPECT_EQ(TrainedOn(2, access), one);
    EXPECT_EQ(TrainedOn(3, access), one);
  }
}

TEST(ClientTest, RemoteEqualsMappedWithinRounding) {
  const auto mapped = TrainedOn(2, ParameterServer::MAPPED);
  const auto remote = TrainedOn(2, ParameterServer::REMOTE);
  for (size_t i = 0; i < mapped.size(); ++i) ASSERT_NEAR(remote[i], mapped[i], 1e-5) << i;
}

TEST(ClientTest, TrainingChangesTheRowsItTouchesAndNoOthers) {
  Cluster cluster(Servers(2));
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  const auto before = ReadAll(client->table(0));
  TableAccess::Batch batch;
  const std::vector<uint32_t> keys = {3, 498, 3};
  ASSERT_OK(client->table(0).Request(keys, &batch));
  ASSERT_OK(client->table(0).Await(&batch));
  EXPECT_EQ(batch.rows[0], batch.rows[2]);
  batch.rows[0][0] += 1;
  batch.rows[1][19] -= 1;
  ASSERT_OK(client->table(0).Commit(&batch, 0));
  ASSERT_OK(client->table(0).Flush());
  auto expected = before;
  expected[3 * kDim] += 1;
  expected[498 * kDim + 19] -= 1;
  EXPECT_THAT(ReadAll(client->table(0)), testing::Pointwise(testing::FloatNear(1e-6), expected));
}

class GradientTest : public testing::TestWithParam<job::RowOptimizer::Kind> {};

TEST_P(GradientTest, MappedAndRemoteRunTheSameOptimizerToTheBit) {
  std::vector<std::vector<float>> trained;
  for (const auto access : {ParameterServer::MAPPED, ParameterServer::REMOTE}) {
    for (const uint32_t servers : {1u, 3u}) {
      Cluster cluster(Servers(servers, GetParam()));
      const auto client = Connect(cluster, access);
      const auto before = ReadAll(client->table(0));
      ASSERT_OK(TrainByGradients(client->table(0), 30));
      trained.push_back(ReadAll(client->table(0)));
      EXPECT_NE(trained.back(), before);
      EXPECT_EQ(trained.back(), trained.front());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, GradientTest,
                         testing::Values(job::RowOptimizer::SGD, job::RowOptimizer::ADAGRAD,
                                         job::RowOptimizer::ROW_WISE_ADAGRAD, job::RowOptimizer::LAZY_ADAM),
                         [](const auto& info) { return job::RowOptimizer::Kind_Name(info.param); });

TEST(ClientTest, ARowIsPulledAndPushedOnceABatchHoweverOftenItIsNamed) {
  Cluster cluster(Servers(2));
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  TableAccess::Batch batch;
  const std::vector<uint32_t> keys = {1, 2, 1, 1, 2, 4};
  ASSERT_OK(client->table(0).Request(keys, &batch));
  ASSERT_OK(client->table(0).Await(&batch));
  ASSERT_OK(client->table(0).Commit(&batch, 0));
  ASSERT_OK(client->table(0).Flush());
  const ClientStats stats = client->stats();
  EXPECT_EQ(stats.rows_pulled, 3u);
  EXPECT_EQ(stats.rows_pushed, 3u);
  EXPECT_EQ(stats.bytes_pulled, 3u * 32 * sizeof(float));
  EXPECT_EQ(stats.requests, 2u + 2 + 2);  // A hello, a pull and a push to each server.
}

TEST(ClientTest, APrefetchedBatchLosesNoneOfTheChangesMadeMeanwhile) {
  Cluster cluster(Servers(2));
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  TableAccess& table = client->table(0);
  const auto before = ReadAll(table);
  const std::vector<uint32_t> keys = {7};
  TableAccess::Batch batches[2];
  ASSERT_OK(table.Request(keys, &batches[0]));
  for (int i = 0; i < 100; ++i) {
    ASSERT_OK(table.Request(keys, &batches[(i + 1) % 2]));
    ASSERT_OK(table.Await(&batches[i % 2]));
    batches[i % 2].rows[0][0] += 1;
    ASSERT_OK(table.Commit(&batches[i % 2], 0));
  }
  EXPECT_NEAR(ReadAll(table)[7 * kDim], before[7 * kDim] + 100, 1e-3);
}

TEST(ClientTest, ABatchLargerThanAMessageTravelsInSeveral) {
  ClusterOptions options{.servers = 2, .tables = {MakeTableSpec(0, "input", 9000, 100)}};
  Cluster cluster(options);
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  std::vector<uint32_t> keys(9000);
  for (uint32_t i = 0; i < keys.size(); ++i) keys[i] = i;
  TableAccess::Batch batch;
  ASSERT_OK(client->table(0).Request(keys, &batch));
  ASSERT_OK(client->table(0).Await(&batch));
  const auto all = ReadAll(client->table(0), 9000);
  for (uint32_t i = 0; i < keys.size(); ++i) ASSERT_EQ(batch.rows[i][99], all[i * 100 + 99]) << i;
  EXPECT_GT(client->stats().requests, 6u);
}

TEST(ClientTest, SeveralWorkersChangesAllArrive) {
  for (const auto access : {ParameterServer::MAPPED, ParameterServer::REMOTE}) {
    ClusterOptions options = Servers(2);
    options.workers = 3;
    Cluster cluster(options);
    std::vector<std::thread> threads;
    for (uint32_t worker = 0; worker < 3; ++worker) {
      threads.emplace_back([&cluster, worker, access] {
        const auto client = Connect(cluster, access, worker);
        TableAccess::Batch batch;
        for (int i = 0; i < 200; ++i) {
          const std::vector<uint32_t> keys = {worker, 100 + worker};  // Lock-free: so each has rows of its own.
          ASSERT_OK(client->table(0).Request(keys, &batch));
          ASSERT_OK(client->table(0).Await(&batch));
          for (float* row : batch.rows) row[3] += 1;
          ASSERT_OK(client->table(0).Commit(&batch, 0));
        }
        ASSERT_OK(client->table(0).Flush());
      });
    }
    for (std::thread& thread : threads) thread.join();
    ClusterOptions fresh = Servers(2);
    Cluster untouched(fresh);
    const auto start = ReadAll(Connect(untouched, ParameterServer::MAPPED)->table(0));
    const auto end = ReadAll(Connect(cluster, ParameterServer::MAPPED)->table(0));
    for (const uint32_t key : {0, 1, 2, 100, 101, 102}) {
      EXPECT_NEAR(end[key * kDim + 3] - start[key * kDim + 3], 200, 1e-2) << key;
    }
  }
}

TEST(ClientTest, HotRowsOfSeveralWorkersAddUp) {
  ClusterOptions options = Servers(3);
  options.workers = 2;
  options.settings.set_hot_rows(10);
  Cluster cluster(options);
  const auto first = Connect(cluster, ParameterServer::MAPPED, 0);
  const auto second = Connect(cluster, ParameterServer::MAPPED, 1);
  const auto before = ReadAll(first->table(0));
  const std::vector<uint32_t> keys = {4, 400};
  TableAccess::Batch batch;
  for (int i = 0; i < 30; ++i) {
    for (ParameterClient* client : {first.get(), second.get()}) {
      ASSERT_OK(client->table(0).Request(keys, &batch));
      for (float* row : batch.rows) row[1] += 1;
      ASSERT_OK(client->table(0).Commit(&batch, 0));
    }
  }
  ASSERT_OK(first->table(0).Flush());
  ASSERT_OK(second->table(0).Flush());
  const auto after = ReadAll(first->table(0));
  EXPECT_NEAR(after[4 * kDim + 1], before[4 * kDim + 1] + 60, 1e-3);
  EXPECT_NEAR(after[400 * kDim + 1], before[400 * kDim + 1] + 60, 1e-3);
}

TEST(ClientTest, HotRowsOfOneWorkerTrainToTheSameBitsAsSharedOnes) {
  const auto shared = TrainedOn(2, ParameterServer::MAPPED);
  ClusterOptions options = Servers(2);
  options.workers = 2;  // The other one only looks on.
  options.settings.set_hot_rows(50);
  Cluster cluster(options);
  const auto client = Connect(cluster, ParameterServer::MAPPED, 0);
  const auto idle = Connect(cluster, ParameterServer::MAPPED, 1);
  ASSERT_OK(Train(client->table(0), 50));
  EXPECT_EQ(ReadAll(client->table(0)), shared);
}

TEST(ClientTest, AnAnswerThatLiesBehindAnotherOneIsNotAskedForAgain) {
  ClusterOptions options = Servers(1);
  options.settings.set_request_timeout_seconds(0.1);
  Cluster cluster(options);
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  TableAccess& table = client->table(0);
  const std::vector<uint32_t> keys = {1, 2, 3};
  TableAccess::Batch first, second;
  ASSERT_OK(table.Request(keys, &first));
  ASSERT_OK(table.Await(&first));
  first.rows[0][0] += 1;
  ASSERT_OK(table.Commit(&first, 0));
  ASSERT_OK(table.Request(keys, &second));
  Clock::Real().SleepFor(absl::Milliseconds(300));  // Computes past the deadline; both answers have come.
  ASSERT_OK(table.Await(&second));
  EXPECT_EQ(client->stats().retries, 0u);
}

TEST(ClientTest, AHashedTableIsReachedByMessagesAndTakesAnyKey) {
  ClusterOptions options{.servers = 3, .tables = {MakeTableSpec(0, "nodes", 1000, kDim)}};
  options.tables[0].set_hashed(true);
  Cluster cluster(options);
  const auto client = Connect(cluster, ParameterServer::AUTO);
  TableAccess& table = client->table(0);
  EXPECT_FALSE(table.mapped());
  const std::vector<uint64_t> keys = {0, ~uint64_t{0}, uint64_t{1} << 40, 12345, ~uint64_t{0}};
  TableAccess::Batch batch;
  std::vector<float> born(keys.size());
  for (int pass = 0; pass < 2; ++pass) {
    ASSERT_OK(table.Request(keys, &batch));
    ASSERT_OK(table.Await(&batch));
    for (size_t i = 0; i < keys.size() && pass == 0; ++i) born[i] = batch.rows[i][0];
    for (size_t i = 0; i < keys.size() && pass == 1; ++i) EXPECT_EQ(batch.rows[i][0], born[i] + 1);
    for (size_t i = 0; i + 1 < keys.size() && pass == 0; ++i) batch.rows[i][0] = born[i] + 1;
    ASSERT_OK(table.Commit(&batch, 0));
  }
  std::vector<float> out(kDim);
  EXPECT_EQ(table.Read(0, 1, out).code(), absl::StatusCode::kInvalidArgument);
}

// Loses the messages that `lose` says, by kind and by how many of that kind came before.
InProcessOptions Losing(Channel channel, RowKind kind, std::function<bool(int)> lose) {
  auto seen = std::make_shared<std::atomic<int>>(0);
  return {.extra_delay = [=](int, int, Channel on, std::string_view payload) {
    RowHeader header;
    if (on != channel || payload.size() < sizeof(header)) return absl::ZeroDuration();
    std::memcpy(&header, payload.data(), sizeof(header));
    return header.kind == kind && lose(seen->fetch_add(1)) ? absl::InfiniteDuration() : absl::ZeroDuration();
  }};
}

ClusterOptions ImpatientServers(InProcessOptions network, uint32_t max_retries = 3) {
  ClusterOptions options = Servers(2);
  options.network = std::move(network);
  options.settings.set_request_timeout_seconds(0.1);
  options.settings.set_max_retries(max_retries);
  return options;
}

TEST(ClientTest, APushWhoseAnswerIsLostIsSentAgainAndAppliedOnce) {
  Cluster cluster(
      ImpatientServers(Losing(Channel::kRowResponses, RowKind::kPushChanges, [](int n) { return n % 3 == 0; })));
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  ASSERT_OK(Train(client->table(0), 10));
  EXPECT_GE(client->stats().retries, 5u);
  Cluster calm(Servers(2));
  const auto undisturbed = Connect(calm, ParameterServer::REMOTE);
  ASSERT_OK(Train(undisturbed->table(0), 10));
  EXPECT_EQ(ReadAll(client->table(0)), ReadAll(undisturbed->table(0)));
}

TEST(ClientTest, PullsAndPushesThatAreLostThemselvesAreSentAgain) {
  for (const RowKind kind : {RowKind::kPull, RowKind::kHello}) {
    Cluster cluster(ImpatientServers(Losing(Channel::kRowRequests, kind, [](int n) { return n % 4 == 0; })));
    const auto client = Connect(cluster, ParameterServer::REMOTE);
    ASSERT_OK(Train(client->table(0), 5));
    EXPECT_GE(client->stats().retries, 1u);
  }
}

TEST(ClientTest, AServerThatNeverAnswersIsNamedAfterTheLastRetry) {
  Cluster cluster(
      ImpatientServers(Losing(Channel::kRowRequests, RowKind::kPull, [](int) { return true; }), /*max_retries=*/2));
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  const auto status = Train(client->table(0), 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("parameter server 0 (rank 1), pull of "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no answer within 100ms, asked 3 times"));
}

TEST(ClientTest, TheWaitHookRunsWhileServersAreSilentAndMayEndTheWait) {
  Cluster cluster(ImpatientServers(Losing(Channel::kRowRequests, RowKind::kPull, [](int) { return true; }), 100));
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  int calls = 0;
  client->OnWait([&calls] { return ++calls < 3 ? absl::OkStatus() : absl::AbortedError("stop"); });
  EXPECT_EQ(Train(client->table(0), 1), absl::AbortedError("stop"));
  EXPECT_EQ(calls, 3);
}

TEST(ClientTest, TheWaitHookRunsAmongManyShortWaits) {
  Cluster cluster(Servers(1));
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  int calls = 0;
  client->OnWait([&calls] { return ++calls, absl::OkStatus(); });
  std::vector<float> row(kDim);
  const absl::Time end = Clock::Real().Now() + absl::Milliseconds(400);
  while (Clock::Real().Now() < end) ASSERT_OK(client->table(0).Read(0, 1, row));
  EXPECT_GE(calls, 3);
}

TEST(ClientTest, KeysOutsideTheTableAreRefusedByEitherAccess) {
  Cluster cluster(Servers(2));
  for (const auto access : {ParameterServer::MAPPED, ParameterServer::REMOTE}) {
    const auto client = Connect(cluster, access);
    TableAccess::Batch batch;
    const std::vector<uint32_t> keys = {1, 500};
    const auto status = client->table(0).Request(keys, &batch);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(), "table \"input\" has 500 rows, there is no row 500");
    std::vector<float> out(kDim);
    EXPECT_EQ(client->table(0).Read(500, 1, out).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(client->table(0).Read(0, 2, out).code(), absl::StatusCode::kInvalidArgument);
  }
}

ClusterOptions ServersOfAverages(uint32_t servers) {
  ClusterOptions options = Servers(servers);
  for (wire::TableSpec& table : options.tables) table.mutable_moving_average();
  return options;
}

// Row key's values of the given step, of any size.
std::vector<float> ValuesOf(std::span<const uint64_t> keys, int step) {
  std::vector<float> values;
  for (const uint64_t key : keys) {
    for (uint32_t d = 0; d < kDim; ++d)
      values.push_back(static_cast<float>(key + 1) * 0.25f + static_cast<float>(step * d));
  }
  return values;
}

TEST(ClientTest, RowsThatAreGivenRatherThanTrainedArriveByEitherAccess) {
  const std::vector<uint64_t> keys = {7, 499, 0, 250};
  for (const auto access : {ParameterServer::MAPPED, ParameterServer::REMOTE}) {
    Cluster cluster(ServersOfAverages(3));
    const auto client = Connect(cluster, access);
    TableAccess& table = client->table(0);
    const std::vector<float> before = ReadAll(table);
    ASSERT_OK(table.PushGradients(keys, ValuesOf(keys, 1), 1));
    ASSERT_OK(table.PushGradients(keys, ValuesOf(keys, 3), 0.25f));
    ASSERT_OK(table.Flush());
    std::vector<float> rows(keys.size() * kDim);
    ASSERT_OK(table.Read(keys, rows));
    const std::vector<float> first = ValuesOf(keys, 1), second = ValuesOf(keys, 3);
    for (size_t i = 0; i < rows.size(); ++i) EXPECT_FLOAT_EQ(rows[i], 0.75f * first[i] + 0.25f * second[i]);
    const std::vector<float> after = ReadAll(table);
    for (uint64_t key = 0; key < kRows; ++key) {
      const bool given = std::find(keys.begin(), keys.end(), key) != keys.end();
      EXPECT_EQ(std::equal(&before[key * kDim], &before[key * kDim] + kDim, &after[key * kDim]), !given) << key;
    }
  }
}

TEST(ClientTest, GivenRowsThatDoNotFitAreRefusedByEitherAccess) {
  Cluster cluster(ServersOfAverages(2));
  const std::vector<uint64_t> outside = {1, 500}, inside = {1, 2};
  std::vector<float> rows(2 * kDim), too_many(2 * kDim + 1);
  for (const auto access : {ParameterServer::MAPPED, ParameterServer::REMOTE}) {
    const auto client = Connect(cluster, access);
    TableAccess& table = client->table(0);
    EXPECT_EQ(table.PushGradients(outside, rows, 1).message(), "table \"input\" has 500 rows, there is no row 500");
    EXPECT_EQ(table.Read(outside, rows).message(), "table \"input\" has 500 rows, there is no row 500");
    EXPECT_EQ(table.PushGradients(inside, too_many, 1).message(),
              "table \"input\" has rows of 20 floats: 2 rows are not 41 floats");
    EXPECT_EQ(table.Read(inside, too_many).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(ClientTest, AThirdOpenBatchIsRefused) {
  Cluster cluster(Servers(1));
  const auto client = Connect(cluster, ParameterServer::REMOTE);
  const std::vector<uint32_t> keys = {1};
  TableAccess::Batch first, third;
  ASSERT_OK(client->table(0).Request(keys, &first));
  {
    TableAccess::Batch dropped;
    ASSERT_OK(client->table(0).Request(keys, &dropped));
    EXPECT_EQ(client->table(0).Request(keys, &third).code(), absl::StatusCode::kFailedPrecondition);
  }
  ASSERT_OK(client->table(0).Request(keys, &third));
  EXPECT_EQ(client->table(0).Commit(&third, 0).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ClientTest, ForcedMappingFailsWithTheReasonAndAutoFallsBackToMessages) {
  Cluster cluster(Servers(1));
  wire::Welcome welcome = cluster.WelcomeOf(0);
  welcome.mutable_member(0)->set_host_id("another host");
  welcome.mutable_job()->mutable_parameter_server()->set_access(ParameterServer::MAPPED);
  const auto forced = ParameterClient::Connect(cluster.worker(0), &Clock::Real(), welcome);
  EXPECT_EQ(forced.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(forced.status().message()), HasSubstr("parameter server 0 is on another host"));

  welcome.mutable_job()->mutable_parameter_server()->set_access(ParameterServer::AUTO);
  const auto remote = ParameterClient::Connect(cluster.worker(0), &Clock::Real(), welcome);
  ASSERT_TRUE(remote.ok()) << remote.status();
  EXPECT_FALSE((*remote)->table(0).mapped());

  welcome.mutable_member(0)->set_host_id(HostId());
  welcome.mutable_member(0)->mutable_segment(0)->set_file_descriptor(99999);
  const auto fallen_back = ParameterClient::Connect(cluster.worker(0), &Clock::Real(), welcome);
  ASSERT_TRUE(fallen_back.ok()) << fallen_back.status();
  EXPECT_FALSE((*fallen_back)->table(0).mapped());
  ASSERT_OK(Train((*fallen_back)->table(0), 3));
}

TEST(ClientTest, AWrongTokenConnectsNowhere) {
  Cluster cluster(Servers(1));
  wire::Welcome welcome = cluster.WelcomeOf(0);
  welcome.set_job_token(1);
  const auto client = ParameterClient::Connect(cluster.worker(0), &Clock::Real(), welcome);
  EXPECT_EQ(client.status().code(), absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace shoal
