#include "worker/collective/gpu_place.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string MessageOf(const std::vector<GpuPlace>& places) { return std::string(CheckPlaces(places).message()); }

TEST(GpuPlaceTest, TextAndPlaceAreEachOthersWords) {
  const GpuPlace place{"id", "node1", "0000:3b:00.0", "two\nlines"};
  const auto read = GpuPlace::FromText(place.ToText());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->ToText(), place.ToText());
  EXPECT_EQ(read->bus_id, "0000:3b:00.0");
  EXPECT_EQ(read->trouble, "two\nlines");
}

TEST(GpuPlaceTest, TextOfTooFewLinesIsRefused) { EXPECT_FALSE(GpuPlace::FromText("id\nnode1").ok()); }

TEST(GpuPlaceTest, OneGpuForEachWorkerIsRightAlsoWhereHostsNumberTheirsAlike) {
  EXPECT_TRUE(CheckPlaces({{"a", "node1", "0:1"}, {"a", "node1", "0:2"}, {"b", "node2", "0:1"}}).ok());
}

TEST(GpuPlaceTest, HostsOfOneNameAreToldApartByTheirId) {
  EXPECT_TRUE(CheckPlaces({{"a", "node", "0:1"}, {"b", "node", "0:1"}}).ok());
}

TEST(GpuPlaceTest, WorkersOnOneGpuAreNamedWithItsHostAndTheCure) {
  EXPECT_THAT(MessageOf({{"b", "node2", "0:1"}, {"a", "node1", "0:1"}, {"b", "node2", "0:2"}, {"b", "node2", "0:1"}}),
              AllOf(HasSubstr("workers 0, 3 are on one GPU, 0:1 of host node2"),
                    HasSubstr("3 workers are on this host"), HasSubstr("as many there as it has GPUs")));
}

TEST(GpuPlaceTest, AllWorkersWithoutAGpuAreNamedWithTheirReasons) {
  EXPECT_THAT(MessageOf({{"a", "node1", "0:1"}, {"b", "node2", "", "no GPU: none"}, {"c", "node3", "", "no driver"}}),
              AllOf(HasSubstr("worker 1 on host node2: no GPU: none"), HasSubstr("worker 2 on host node3: no driver")));
}

TEST(GpuPlaceTest, OfManyTroublesTheFirstFewAreToldAndTheRestCounted) {
  EXPECT_EQ(FirstOf({"a", "b", "c"}), "a; b; c");
  EXPECT_EQ(FirstOf({"a", "b", "c", "d", "e"}), "a; b; c and 2 more");
}

}  // namespace
}  // namespace shoal
