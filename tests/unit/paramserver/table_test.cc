#include "paramserver/table.h"

#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/checkpoint/fault_file_system.h"
#include "tests/unit/paramserver/cluster.h"

namespace shoal {
namespace {

using testing::HasSubstr;

std::unique_ptr<Table> MakeTable(const wire::TableSpec& spec, uint32_t server = 0, uint32_t servers = 1) {
  auto table = Table::Create(spec, {.job_token = 1, .server = server, .servers = servers});
  EXPECT_TRUE(table.ok()) << table.status();
  while (!(*table)->InitializeSome()) {
  }
  return *std::move(table);
}

absl::StatusOr<Buffer> Ask(Table& table, const Buffer& message) {
  const auto request = ParseRowRequest(message);
  EXPECT_TRUE(request.ok()) << request.status();
  return table.Handle(*request);
}

RowHeader HeaderFor(const wire::TableSpec& spec, RowKind kind, float learning_rate = 0) {
  RowHeader header;
  header.kind = kind;
  header.row_floats = RowLayout::Of(spec).padded_dim;
  header.learning_rate = learning_rate;
  return header;
}

absl::StatusOr<std::vector<float>> Pull(Table& table, const wire::TableSpec& spec, std::vector<uint64_t> keys) {
  auto answer = Ask(table, MakePull(HeaderFor(spec, RowKind::kPull), keys));
  if (!answer.ok()) return answer.status();
  const float* rows = PullAnswerRows(&*answer);
  return std::vector<float>(rows, rows + keys.size() * RowLayout::Of(spec).padded_dim);
}

absl::Status Push(Table& table, const wire::TableSpec& spec, RowKind kind, std::vector<uint64_t> keys, float value,
                  float learning_rate = 0) {
  const RowLayout layout = RowLayout::Of(spec);
  Buffer message = MakePush(HeaderFor(spec, kind, learning_rate), keys);
  for (size_t i = 0; i < keys.size() * layout.padded_dim; ++i) {
    PushRows(&message)[i] = i % layout.padded_dim < layout.dim ? value : 0;
  }
  return Ask(table, message).status();
}

// Copies `table` and returns the blocks that it saves.
std::vector<std::string> BlocksOf(Table& table) {
  while (!*table.FreezeSome()) {
  }
  FaultFileSystem files;
  const auto writer = ShardWriter::Create(&files, "", "shard");
  EXPECT_TRUE(table.Save(writer->get()).ok());
  const auto reader = ShardReader::Open(&files, "", *(*writer)->Finish());
  std::vector<std::string> blocks;
  for (auto block = *(*reader)->Next(); block; block = *(*reader)->Next()) blocks.emplace_back(*block);
  return blocks;
}

// A table on `servers` servers, made of the blocks.
std::vector<std::unique_ptr<Table>> Loaded(const wire::TableSpec& spec, const std::vector<std::string>& blocks,
                                           uint32_t servers) {
  std::vector<std::unique_ptr<Table>> tables;
  for (uint32_t server = 0; server < servers; ++server) {
    tables.push_back(*Table::Create(spec, {.job_token = 1, .server = server, .servers = servers}));
    for (const std::string& block : blocks) EXPECT_TRUE(tables.back()->Load(block).ok());
  }
  return tables;
}

wire::TableSpec HashedSpec(uint64_t rows) {
  wire::TableSpec spec = MakeTableSpec(0, "nodes", rows, 20);
  spec.set_hashed(true);
  return spec;
}

TEST(TableTest, ARowIsBornTheSameOnAnyNumberOfServers) {
  const auto spec = MakeTableSpec(0, "input", 1000, 20);
  const auto alone = MakeTable(spec);
  for (const uint32_t servers : {2u, 3u, 7u}) {
    for (uint64_t key = 0; key < 50; ++key) {
      const auto table = MakeTable(spec, ServerOf(key, servers), servers);
      EXPECT_EQ(*Pull(*table, spec, {key}), *Pull(*alone, spec, {key})) << "key " << key << " of " << servers;
    }
  }
}

TEST(TableTest, UniformWeightsFillTheirRangeAndDifferFromRowToRow) {
  const auto spec = MakeTableSpec(0, "input", 1000, 20);
  const auto table = MakeTable(spec);
  std::set<float> seen;
  double sum = 0;
  for (uint64_t key = 0; key < 1000; ++key) {
    const auto row = *Pull(*table, spec, {key});
    for (uint32_t i = 0; i < 20; ++i) {
      EXPECT_GE(row[i], -0.5f);
      EXPECT_LT(row[i], 0.5f);
      sum += row[i];
      seen.insert(row[i]);
    }
    for (uint32_t i = 20; i < 32; ++i) EXPECT_EQ(row[i], 0);
  }
  EXPECT_NEAR(sum / 20000, 0, 5 * 0.289 / std::sqrt(20000.0));
  EXPECT_GT(seen.size(), 19900u);
}

TEST(TableTest, NormalWeightsHaveTheStandardDeviationOfTheirScale) {
  auto spec = MakeTableSpec(0, "input", 1000, 21);
  spec.mutable_initializer()->set_kind(wire::Initializer::NORMAL);
  spec.mutable_initializer()->set_scale(2);
  const auto table = MakeTable(spec);
  double sum = 0, squares = 0;
  for (uint64_t key = 0; key < 1000; ++key) {
    const auto row = *Pull(*table, spec, {key});
    for (uint32_t i = 0; i < 21; ++i) sum += row[i], squares += row[i] * row[i];
  }
  EXPECT_NEAR(sum / 21000, 0, 5 * 2 / std::sqrt(21000.0));
  EXPECT_NEAR(squares / 21000, 4, 0.25);
}

TEST(TableTest, AnotherSeedBearsOtherRows) {
  auto spec = MakeTableSpec(0, "input", 10, 20);
  const auto one = MakeTable(spec);
  spec.mutable_initializer()->set_seed(99);
  EXPECT_NE(*Pull(*MakeTable(spec), spec, {3}), *Pull(*one, spec, {3}));
}

TEST(TableTest, PushedChangesAreAddedOnceForEachTimeTheyAreNamed) {
  const auto spec = MakeTableSpec(0, "input", 10, 20);
  const auto table = MakeTable(spec);
  const auto before = *Pull(*table, spec, {4});
  ASSERT_TRUE(Push(*table, spec, RowKind::kPushChanges, {4, 7, 4}, 0.25f).ok());
  const auto after = *Pull(*table, spec, {4});
  for (uint32_t i = 0; i < 20; ++i) EXPECT_EQ(after[i], before[i] + 0.25f + 0.25f);
}

TEST(TableTest, PushedGradientsGoThroughTheRowOptimizer) {
  auto spec = MakeTableSpec(0, "input", 10, 20, job::RowOptimizer::ADAGRAD);
  spec.mutable_initializer()->set_kind(wire::Initializer::ZERO);
  const auto table = MakeTable(spec);
  ASSERT_TRUE(Push(*table, spec, RowKind::kPushGradients, {4}, 3.0f, 0.1f).ok());
  ASSERT_TRUE(Push(*table, spec, RowKind::kPushGradients, {4}, 4.0f, 0.1f).ok());
  // Adagrad's first step is the rate itself; the second divides 4 by sqrt(9 + 16).
  EXPECT_NEAR((*Pull(*table, spec, {4}))[19], -0.1 - 0.1 * 4 / 5, 1e-6);
  EXPECT_EQ((*Pull(*table, spec, {5}))[19], 0);
}

TEST(TableTest, AKeyOfAnotherServerIsRefusedAndNothingChanges) {
  const auto spec = MakeTableSpec(0, "input", 10, 20);
  const auto table = MakeTable(spec, 1, 2);
  const auto before = *Pull(*table, spec, {3});
  const auto status = Push(*table, spec, RowKind::kPushChanges, {3, 4}, 1.0f);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("table \"input\": key 4 is not on server 1 of 2"));
  EXPECT_EQ(*Pull(*table, spec, {3}), before);
}

TEST(TableTest, KeysPastTheEndAreRefusedHoweverLarge) {
  const auto spec = MakeTableSpec(0, "input", 10, 20);
  const auto table = MakeTable(spec);
  for (const uint64_t key : {uint64_t{10}, uint64_t{1} << 32, ~uint64_t{0}}) {
    EXPECT_EQ(Pull(*table, spec, {key}).status().code(), absl::StatusCode::kInvalidArgument) << key;
  }
}

TEST(TableTest, RowsOfAnotherWidthAndRatesThatAreNoNumbersAreRefused) {
  const auto spec = MakeTableSpec(0, "input", 10, 20);
  const auto table = MakeTable(spec);
  EXPECT_THAT(std::string(Pull(*table, MakeTableSpec(0, "input", 10, 40), {1}).status().message()),
              HasSubstr("has rows of 32 floats, the request says 48"));
  EXPECT_EQ(Push(*table, spec, RowKind::kPushGradients, {1}, 1, NAN).code(), absl::StatusCode::kInvalidArgument);
}

TEST(TableTest, AHashedTableBearsAnyKeyAtItsFirstTouch) {
  const auto spec = HashedSpec(100);
  const auto table = MakeTable(spec);
  EXPECT_EQ(table->rows(), 0u);
  const uint64_t key = ~uint64_t{0} - 5;
  const auto born = *Pull(*table, spec, {key, 0, key});
  EXPECT_EQ(table->rows(), 2u);
  EXPECT_TRUE(std::equal(born.begin(), born.begin() + 32, born.begin() + 64));
  EXPECT_NE(born[0], born[32]);
  ASSERT_TRUE(Push(*table, spec, RowKind::kPushChanges, {key}, 1.0f).ok());
  EXPECT_EQ((*Pull(*table, spec, {key}))[0], born[0] + 1.0f);
}

TEST(TableTest, AFullHashedTableRefusesFreshKeysAndServesTheOldOnes) {
  const auto spec = HashedSpec(3);
  const auto table = MakeTable(spec);
  ASSERT_TRUE(Pull(*table, spec, {10, 20}).ok());
  const auto refused = Pull(*table, spec, {10, 30, 40}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("has 2 of its 3 rows"));
  EXPECT_EQ(table->rows(), 2u);
  EXPECT_TRUE(Pull(*table, spec, {10, 30}).ok());
  EXPECT_FALSE(Pull(*table, spec, {40}).ok());
  EXPECT_TRUE(Pull(*table, spec, {10, 20, 30}).ok());
}

TEST(TableTest, AHashedTableKeepsManyKeysApart) {
  const auto spec = HashedSpec(20000);
  const auto table = MakeTable(spec);
  for (uint64_t key = 0; key < 20000; ++key) {
    ASSERT_TRUE(Push(*table, spec, RowKind::kPushChanges, {key << 40}, static_cast<float>(key)).ok());
  }
  EXPECT_EQ(table->rows(), 20000u);
  for (uint64_t key = 0; key < 20000; key += 97) {
    EXPECT_NEAR((*Pull(*table, spec, {key << 40}))[5], key, 0.5 + key * 1e-6);
  }
}

TEST(TableTest, HugePagesChangeNoRow) {
  auto spec = MakeTableSpec(0, "input", 30000, 100);
  const auto small = MakeTable(spec);
  spec.set_huge_pages(true);
  const auto huge = MakeTable(spec);
  for (uint64_t key = 0; key < 30000; key += 501) EXPECT_EQ(*Pull(*huge, spec, {key}), *Pull(*small, spec, {key}));
}

TEST(TableTest, ImpossibleTablesAreRefusedWithTheirName) {
  const auto create = [](uint64_t rows, uint32_t dim) {
    return std::string(Table::Create(MakeTableSpec(0, "input", rows, dim), {}).status().message());
  };
  EXPECT_THAT(create(10, 0), HasSubstr("table \"input\" has dim 0"));
  EXPECT_THAT(create(10, 1 << 20), HasSubstr("table \"input\" has dim 1048576"));
  EXPECT_THAT(create(0, 10), HasSubstr("table \"input\" has no rows"));
  EXPECT_THAT(create(uint64_t{1} << 60, 100), HasSubstr("more than a server can address"));
}

TEST(TableTest, ARowThatIsNotFiniteIsDroppedAndCountedAndTheOthersOfItsPushAreApplied) {
  for (const RowKind kind : {RowKind::kPushChanges, RowKind::kPushGradients}) {
    const wire::TableSpec spec = MakeTableSpec(0, "words", 10, 20, job::RowOptimizer::ADAGRAD);
    const auto table = MakeTable(spec);
    const std::vector<float> before = *Pull(*table, spec, {3});
    Buffer message = MakePush(HeaderFor(spec, kind, 0.1f), std::vector<uint64_t>{3, 4});
    const uint32_t floats = RowLayout::Of(spec).padded_dim;
    for (size_t i = 0; i < 2 * floats; ++i) PushRows(&message)[i] = i % floats < 20 ? 1 : 0;
    PushRows(&message)[7] = -INFINITY;
    const std::vector<float> other = *Pull(*table, spec, {4});
    ASSERT_TRUE(Ask(*table, message).ok());
    EXPECT_EQ(*Pull(*table, spec, {3}), before);
    EXPECT_NE(*Pull(*table, spec, {4}), other);
    EXPECT_EQ(table->nonfinite_rows(), 1u);
  }
}

TEST(TableTest, WhatThreeServersSavedTwoLoadWithOptimizerState) {
  const wire::TableSpec spec = MakeTableSpec(0, "words", 5000, 20, job::RowOptimizer::ADAGRAD);
  std::vector<std::string> blocks;
  for (uint32_t server = 0; server < 3; ++server) {
    const auto table = MakeTable(spec, server, 3);
    for (uint64_t key = server; key < 5000; key += 3) {
      ASSERT_TRUE(Push(*table, spec, RowKind::kPushGradients, {key}, static_cast<float>(key), 0.1f).ok());
    }
    for (std::string& block : BlocksOf(*table)) blocks.push_back(std::move(block));
  }
  ASSERT_GT(blocks.size(), 1u);
  const auto whole = MakeTable(spec);
  for (uint64_t key = 0; key < 5000; ++key) {
    ASSERT_TRUE(Push(*whole, spec, RowKind::kPushGradients, {key}, static_cast<float>(key), 0.1f).ok());
  }
  const auto loaded = Loaded(spec, blocks, 2);
  for (uint64_t key = 0; key < 5000; ++key) {
    EXPECT_EQ(*Pull(*loaded[key % 2], spec, {key}), *Pull(*whole, spec, {key})) << key;
    // The next step, which the optimizer's state decides, is the same too.
    ASSERT_TRUE(Push(*loaded[key % 2], spec, RowKind::kPushGradients, {key}, 1, 0.1f).ok());
    ASSERT_TRUE(Push(*whole, spec, RowKind::kPushGradients, {key}, 1, 0.1f).ok());
    EXPECT_EQ(*Pull(*loaded[key % 2], spec, {key}), *Pull(*whole, spec, {key})) << key;
  }
}

TEST(TableTest, HashedRowsAreLoadedWhereTheirKeysBelongNow) {
  const wire::TableSpec spec = HashedSpec(1000);
  const auto table = MakeTable(spec);
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < 300; ++i) keys.push_back(MixBits(i));
  ASSERT_TRUE(Push(*table, spec, RowKind::kPushChanges, keys, 3).ok());
  const auto loaded = Loaded(spec, BlocksOf(*table), 3);
  EXPECT_EQ(loaded[0]->rows() + loaded[1]->rows() + loaded[2]->rows(), 300u);
  for (const uint64_t key : keys) {
    EXPECT_EQ(*Pull(*loaded[ServerOfHashed(key, 3)], spec, {key}), *Pull(*table, spec, {key}));
  }
}

TEST(TableTest, ACopyKeepsItsMomentWhileTheTableGoesOn) {
  const wire::TableSpec spec = MakeTableSpec(0, "words", 10, 20);
  const auto table = MakeTable(spec);
  const std::vector<float> before = *Pull(*table, spec, {7});
  while (!*table->FreezeSome()) {
  }
  ASSERT_TRUE(Push(*table, spec, RowKind::kPushChanges, {7}, 5).ok());
  FaultFileSystem files;
  const auto writer = ShardWriter::Create(&files, "", "shard");
  ASSERT_TRUE(table->Save(writer->get()).ok());
  const auto reader = ShardReader::Open(&files, "", *(*writer)->Finish());
  const auto loaded = Loaded(spec, {std::string(**(*reader)->Next())}, 1);
  EXPECT_EQ(*Pull(*loaded[0], spec, {7}), before);
}

TEST(TableTest, BlocksThatAreNotOfSuchATableAreRefused) {
  const wire::TableSpec spec = MakeTableSpec(0, "words", 10, 20);
  const auto table = MakeTable(spec);
  std::string block = BlocksOf(*table).front();
  EXPECT_EQ(table->Load(block.substr(0, block.size() - 1)).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(table->Load(block.substr(0, 10)).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(table->Load("").code(), absl::StatusCode::kDataLoss);
  block[0] = 100;  // The first key: some rows are beyond the table's end.
  EXPECT_EQ(table->Load(block).message(), "table \"words\" has 10 rows, and a block holds row 100");
}

}  // namespace
}  // namespace shoal
