#include "worker/images/list_table.h"

#include <numeric>
#include <vector>

#include "common/job/tables.h"
#include "gtest/gtest.h"
#include "tests/unit/worker/images/value_tables.h"

namespace shoal {
namespace {

job::Job SimClrJob() {
  job::Job job;
  job.mutable_objective()->mutable_simclr();
  job.mutable_encoder()->set_net(job::ImageEncoder::SMALL);
  return job;
}

std::vector<float> Numbered(size_t count, float first = 1) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

class ListTableTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  std::unique_ptr<MemoryTables> tables_ = MakeValueTables(SimClrJob(), 0);
  ListTable list_{&tables_->table(kStateTable), GetParam()};
};

TEST_P(ListTableTest, WhatIsWrittenIsRead) {
  const std::vector<float> values = Numbered(GetParam());
  std::vector<float> read(GetParam());
  ASSERT_TRUE(list_.Write(values, 1).ok());
  ASSERT_TRUE(list_.Read(read).ok());
  EXPECT_EQ(read, values);
}

TEST_P(ListTableTest, SlicesOfAllWorkersMakeTheWhole) {
  const std::vector<float> values = Numbered(GetParam());
  for (const uint64_t parts : {2u, 3u, 7u}) {
    ASSERT_TRUE(list_.Write(std::vector<float>(GetParam()), 1).ok());
    for (uint64_t part = 0; part < parts; ++part) ASSERT_TRUE(list_.Write(values, 1, part, parts).ok());
    std::vector<float> read(GetParam());
    ASSERT_TRUE(list_.Read(read).ok());
    EXPECT_EQ(read, values) << parts;
  }
}

TEST_P(ListTableTest, ARateBelowOneGoesThatPartOfTheWayOnceAPlace) {
  ASSERT_TRUE(list_.Write(Numbered(GetParam()), 1).ok());
  for (uint64_t part = 0; part < 3; ++part) {
    ASSERT_TRUE(list_.Write(Numbered(GetParam(), 9), 0.25f, part, 3).ok());
  }
  std::vector<float> read(GetParam());
  ASSERT_TRUE(list_.Read(read).ok());
  for (size_t i = 0; i < read.size(); ++i) ASSERT_FLOAT_EQ(read[i], static_cast<float>(i) + 3) << i;
}

// Less than a row, whole rows, and a row that is not full.
INSTANTIATE_TEST_SUITE_P(Lengths, ListTableTest, ::testing::Values(5, 1024, 4096, 5000));

}  // namespace
}  // namespace shoal
