#include "data/spill_file.h"

#include <array>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "common/text.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

std::string ReadAt(const SpillFile& file, uint64_t offset, size_t bytes) {
  std::string read(bytes, '\0');
  EXPECT_TRUE(file.Read(offset, read).ok());
  return read;
}

TEST(SpillFileTest, PartsAreReadBackWhereAppendPutThem) {
  const TemporaryFolder folder;
  const auto file = SpillFile::Create(folder.path()).value();
  const std::array<std::string_view, 3> first = {"ab", "", "cde"}, second = {"f", "", ""};
  EXPECT_EQ(file->Append(first).value(), 0u);
  EXPECT_EQ(file->Append(second).value(), 5u);
  EXPECT_EQ(file->size(), 6u);
  EXPECT_EQ(ReadAt(*file, 0, 6), "abcdef");
  EXPECT_EQ(ReadAt(*file, 2, 3), "cde");
}

TEST(SpillFileTest, ItHasNoNameInItsFolder) {
  const TemporaryFolder folder;
  const auto file = SpillFile::Create(folder.path()).value();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SpillFileTest, AppendsOfSeveralThreadsDoNotOverlap) {
  const TemporaryFolder folder;
  const auto file = SpillFile::Create(folder.path()).value();
  const auto append = [&](char letter) {
    for (int i = 0; i < 200; ++i) {
      const std::string bytes(1 + i % 7, letter);
      const std::string_view part = bytes;
      const uint64_t at = file->Append({&part, 1}).value();
      EXPECT_EQ(ReadAt(*file, at, bytes.size()), bytes);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (const char letter : {'a', 'b', 'c', 'd'}) threads.emplace_back(append, letter);
  }
  EXPECT_EQ(ReadAt(*file, 0, file->size()).find('\0'), std::string::npos);
}

TEST(SpillFileTest, ReadingPastTheEndIsAnError) {
  const TemporaryFolder folder;
  const auto file = SpillFile::Create(folder.path()).value();
  std::string bytes(1, '\0');
  EXPECT_TRUE(absl::IsInternal(file->Read(0, bytes)));
}

TEST(SpillFileTest, AFolderThatIsNotThereIsNamed) {
  const auto file = SpillFile::Create("/nowhere");
  EXPECT_EQ(std::string(ToStd(file.status().message())),
            "cannot create a temporary file in /nowhere: No such file or directory");
}

}  // namespace
}  // namespace shoal
