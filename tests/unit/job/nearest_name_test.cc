#include "common/job/nearest_name.h"

#include <gtest/gtest.h>

namespace shoal {
namespace {

TEST(NearestNameTest, TheDistanceCountsInsertionsDeletionsChangesAndSwaps) {
  EXPECT_EQ(EditDistance("window", "window"), 0u);
  EXPECT_EQ(EditDistance("windw", "window"), 1u);
  EXPECT_EQ(EditDistance("windoow", "window"), 1u);
  EXPECT_EQ(EditDistance("vindow", "window"), 1u);
  EXPECT_EQ(EditDistance("widnow", "window"), 1u);
  EXPECT_EQ(EditDistance("", "window"), 6u);
  EXPECT_EQ(EditDistance("SGD", "sgd"), 0u);
}

TEST(NearestNameTest, NothingIsNearToAForeignName) {
  EXPECT_EQ(NearestName("colour", {"enabled", "port"}), "");
  EXPECT_EQ(NearestName("prot", {"enabled", "port"}), "port");
  EXPECT_EQ(NearestName(std::string(1000000, 'p'), {"port"}), "");
}

}  // namespace
}  // namespace shoal
