#include "evaluate/npy_file.h"

#include <cstring>
#include <vector>

#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

TEST(NpyFileTest, TheHeaderTellsTypeAndShapeAndTheNumbersFollowAligned) {
  const TemporaryFolder folder;
  const std::vector<int32_t> labels = {3, -1, 7};
  ASSERT_TRUE(WriteNpy(folder.Path("labels.npy"), labels, {3}).ok());
  const std::string file = ReadFile(folder.Path("labels.npy")).value();
  EXPECT_EQ(file.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_THAT(file, HasSubstr("'descr': '<i4'"));
  EXPECT_THAT(file, HasSubstr("'shape': (3,)"));
  const size_t header = 10 + static_cast<uint8_t>(file[8]) + 256 * static_cast<uint8_t>(file[9]);
  EXPECT_EQ(header % 64, 0);
  ASSERT_EQ(file.size(), header + 12);
  EXPECT_EQ(std::memcmp(file.data() + header, labels.data(), 12), 0);
}

TEST(NpyFileTest, FloatsOfTwoDimensionsSayBoth) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteNpy(folder.Path("x.npy"), std::vector<float>(6), {2, 3}).ok());
  const std::string file = ReadFile(folder.Path("x.npy")).value();
  EXPECT_THAT(file, HasSubstr("'<f4'"));
  EXPECT_THAT(file, HasSubstr("'shape': (2, 3)"));
}

}  // namespace
}  // namespace shoal
