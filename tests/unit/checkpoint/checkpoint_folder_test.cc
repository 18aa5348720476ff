#include "common/checkpoint/checkpoint_folder.h"

#include <string>
#include <vector>

#include "common/checkpoint/shard_file.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/checkpoint/fault_file_system.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kOutput[] = "/runs/out";

std::string Message(const absl::Status& status) { return std::string(ToStd(status.message())); }

absl::StatusOr<checkpoint::Shard> WriteShard(FileSystem* files, const std::string& folder, uint32_t server) {
  ASSIGN_OR_RETURN(const auto writer, ShardWriter::Create(files, folder, Cat("shard", server)));
  for (int block = 0; block < 3; ++block) {
    const std::string bytes(100 + block, static_cast<char>('a' + server));
    const std::string_view parts[] = {"head", bytes};
    RETURN_IF_ERROR(writer->Append(parts));
  }
  ASSIGN_OR_RETURN(checkpoint::Shard shard, writer->Finish());
  shard.set_server(server);
  shard.set_servers(2);
  return shard;
}

// As coordinator and two servers do together.
absl::Status Take(FileSystem* files, uint32_t keep = 2) {
  CheckpointFolder folder(files, kOutput);
  ASSIGN_OR_RETURN(const uint64_t number, folder.Begin());
  checkpoint::Manifest manifest;
  manifest.set_number(number);
  manifest.mutable_job()->set_servers(2);
  manifest.mutable_ledger()->set_next(10 * number);
  for (const uint32_t server : {0, 1}) {
    ASSIGN_OR_RETURN(*manifest.add_shard(), WriteShard(files, folder.PathOf(number), server));
    RETURN_IF_ERROR(files->SyncFolder(folder.PathOf(number)));
  }
  RETURN_IF_ERROR(folder.Publish(manifest));
  return folder.RemoveOld(keep);
}

FaultFileSystem WithOutputFolder() {
  FaultFileSystem files;
  EXPECT_TRUE(files.MakeFolders(kOutput).ok());
  for (const char* folder : {"/", "/runs"}) EXPECT_TRUE(files.SyncFolder(folder).ok());
  return files;
}

// The newest checkpoint, read whole; 0 where there is none.
uint64_t NewestWhole(FileSystem* files) {
  const CheckpointFolder folder(files, kOutput);
  std::vector<std::string> passed_over;
  const auto newest = folder.Newest(&passed_over);
  EXPECT_TRUE(newest.ok()) << newest.status();
  EXPECT_THAT(passed_over, IsEmpty());
  if (!newest.ok() || !*newest) return 0;
  EXPECT_TRUE(folder.Verify(**newest).ok()) << folder.Verify(**newest);
  EXPECT_EQ((*newest)->ledger().next(), 10 * (*newest)->number());
  return (*newest)->number();
}

TEST(CheckpointFolderTest, WithoutAFolderThereIsNoCheckpoint) {
  FaultFileSystem files;
  EXPECT_EQ(NewestWhole(&files), 0u);
}

TEST(CheckpointFolderTest, NumbersRiseAndTheNewestAreKept) {
  FaultFileSystem files = WithOutputFolder();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Take(&files).ok());
  EXPECT_THAT(*CheckpointFolder(&files, kOutput).List(), ElementsAre(4, 5));
  EXPECT_EQ(NewestWhole(&files), 5u);
}

TEST(CheckpointFolderTest, AnUnfinishedOneIsNoneAndIsRemovedWhenTheNextBegins) {
  FaultFileSystem files = WithOutputFolder();
  ASSERT_TRUE(Take(&files).ok());
  EXPECT_EQ(*CheckpointFolder(&files, kOutput).Begin(), 2u);
  EXPECT_EQ(NewestWhole(&files), 1u);
  ASSERT_TRUE(Take(&files).ok());
  EXPECT_EQ(NewestWhole(&files), 3u);
  EXPECT_THAT(*files.List("/runs/out/checkpoints"), ElementsAre("00000001", "00000003"));
}

TEST(CheckpointFolderTest, ItRestoresAfterItsFolderIsRenamed) {
  FaultFileSystem files = WithOutputFolder();
  ASSERT_TRUE(Take(&files).ok());
  ASSERT_TRUE(files.MakeFolders("/elsewhere").ok());
  ASSERT_TRUE(files.Rename("/runs/out", "/elsewhere/moved").ok());
  const CheckpointFolder folder(&files, "/elsewhere/moved");
  EXPECT_TRUE(folder.Verify(*folder.Read(1)).ok());
}

// A crash after each operation of the third checkpoint, of which the first is removed then; whatever of what was not
// synced the crash leaves.
TEST(CheckpointFolderTest, WhateverMomentACrashComesTheNewestWholeCheckpointRestores) {
  FaultFileSystem whole = WithOutputFolder();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Take(&whole).ok());
  const uint64_t begin = whole.operations();
  ASSERT_TRUE(Take(&whole).ok());
  const uint64_t end = whole.operations();
  ASSERT_GT(end - begin, 20u);
  for (uint64_t crash = begin; crash <= end; ++crash) {
    FaultFileSystem files = WithOutputFolder();
    files.SetFault([crash](uint64_t operation, std::string_view) {
      return operation >= crash ? Unavailable("crashed") : absl::OkStatus();
    });
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(Take(&files).ok());
    const bool taken = Take(&files).ok();
    EXPECT_EQ(taken, crash == end);
    for (uint64_t seed = 0; seed < 60; ++seed) {
      const auto after = files.AfterCrash(seed);
      const uint64_t newest = NewestWhole(after.get());
      ASSERT_TRUE(taken ? newest == 3 : newest == 2 || newest == 3) << "operation " << crash << ", seed " << seed;
      ASSERT_TRUE(Take(after.get()).ok());
      ASSERT_GT(NewestWhole(after.get()), newest);
    }
  }
}

TEST(CheckpointFolderTest, AnOperationThatFailsLeavesTheOneBeforeAndTheNextIsTaken) {
  FaultFileSystem whole = WithOutputFolder();
  ASSERT_TRUE(Take(&whole).ok());
  const uint64_t begin = whole.operations();
  ASSERT_TRUE(Take(&whole, 1).ok());
  for (uint64_t failing = begin; failing < whole.operations(); ++failing) {
    FaultFileSystem files = WithOutputFolder();
    files.SetFault([failing](uint64_t operation, std::string_view) {
      return operation == failing ? ResourceExhausted("no space left") : absl::OkStatus();
    });
    ASSERT_TRUE(Take(&files).ok());
    EXPECT_THAT(Message(Take(&files, 1)), HasSubstr("no space left"));
    const uint64_t newest = NewestWhole(&files);
    EXPECT_GE(newest, 1u);
    ASSERT_TRUE(Take(&files, 1).ok());
    EXPECT_GT(NewestWhole(&files), newest);
  }
}

TEST(CheckpointFolderTest, AManifestWhoseRemovalFailedHalfwayDoesNotComeBackWithoutItsShards) {
  FaultFileSystem whole = WithOutputFolder();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Take(&whole, 1).ok());
  // Last of all the first one's folder is removed, and before that it is synced.
  const uint64_t sync = whole.operations() - 2;
  FaultFileSystem files = WithOutputFolder();
  files.SetFault([sync](uint64_t operation, std::string_view what) {
    if (operation != sync) return absl::OkStatus();
    EXPECT_EQ(what, "sync folder");
    return Internal("the disk is broken");
  });
  ASSERT_TRUE(Take(&files, 1).ok());
  EXPECT_FALSE(Take(&files, 1).ok());
  ASSERT_TRUE(CheckpointFolder(&files, kOutput).Begin().ok());
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const auto after = files.AfterCrash(seed);
    const CheckpointFolder folder(after.get(), kOutput);
    const auto numbers = folder.List();
    for (const uint64_t number : *numbers) EXPECT_TRUE(folder.Verify(*folder.Read(number)).ok()) << seed;
  }
}

TEST(CheckpointFolderTest, ADamagedManifestIsNamedAndTheOneBeforeTaken) {
  FaultFileSystem files = WithOutputFolder();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Take(&files).ok());
  std::string* bytes = files.BytesOf("/runs/out/checkpoints/00000002/manifest");
  for (size_t i = 0; i < bytes->size(); ++i) {
    (*bytes)[i] ^= 0x10;
    std::vector<std::string> passed_over;
    const auto newest = CheckpointFolder(&files, kOutput).Newest(&passed_over);
    ASSERT_TRUE(newest.ok() && *newest && (*newest)->number() == 1) << i;
    EXPECT_THAT(passed_over, ElementsAre(HasSubstr("/runs/out/checkpoints/00000002/manifest")));
    (*bytes)[i] ^= 0x10;
  }
}

TEST(CheckpointFolderTest, EveryDamagedByteOfAShardIsFoundAndTheShardNamed) {
  FaultFileSystem files = WithOutputFolder();
  ASSERT_TRUE(Take(&files).ok());
  const CheckpointFolder folder(&files, kOutput);
  const auto manifest = folder.Read(1);
  std::string* bytes = files.BytesOf("/runs/out/checkpoints/00000001/shard1");
  for (size_t i = 0; i < bytes->size(); ++i) {
    (*bytes)[i] ^= 0x01;
    const absl::Status status = folder.Verify(*manifest);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << i;
    EXPECT_THAT(Message(status), HasSubstr("00000001/shard1"));
    (*bytes)[i] ^= 0x01;
  }
  EXPECT_TRUE(folder.Verify(*manifest).ok());
}

TEST(CheckpointFolderTest, WhatIsSetAsideStaysAsideAfterACrash) {
  FaultFileSystem files = WithOutputFolder();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Take(&files).ok());
  ASSERT_TRUE(CheckpointFolder(&files, kOutput).SetAside(2).ok());
  for (uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(NewestWhole(files.AfterCrash(seed).get()), 1u) << seed;
}

TEST(CheckpointFolderTest, WhereTheOnlyOneIsSetAsideNobodyTakesThatForARunWithoutCheckpoints) {
  FaultFileSystem files = WithOutputFolder();
  ASSERT_TRUE(Take(&files).ok());
  CheckpointFolder folder(&files, kOutput);
  ASSERT_TRUE(folder.SetAside(1).ok());
  std::vector<std::string> passed_over;
  EXPECT_THAT(Message(folder.Newest(&passed_over).status()),
              HasSubstr("no checkpoint in /runs/out/checkpoints can be gone on from: checkpoint 1 was set aside"));
}

TEST(CheckpointFolderTest, ANumberThatWasSetAsideIsNotUsedAgain) {
  FaultFileSystem files = WithOutputFolder();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Take(&files).ok());
  CheckpointFolder folder(&files, kOutput);
  ASSERT_TRUE(folder.SetAside(2).ok());
  ASSERT_TRUE(Take(&files).ok());
  EXPECT_THAT(*folder.List(), ElementsAre(1, 3));
  EXPECT_TRUE(folder.SetAside(3).ok());
}

TEST(CheckpointFolderTest, OneThatNobodyCouldGoOnFromIsNoReasonToRemoveTheOneBeforeIt) {
  FaultFileSystem files = WithOutputFolder();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Take(&files).ok());
  files.BytesOf("/runs/out/checkpoints/00000002/manifest")->back() ^= 1;
  ASSERT_TRUE(Take(&files).ok());
  EXPECT_THAT(*CheckpointFolder(&files, kOutput).List(), ElementsAre(1, 2, 3));
  ASSERT_TRUE(Take(&files).ok());
  EXPECT_THAT(*CheckpointFolder(&files, kOutput).List(), ElementsAre(3, 4));
}

TEST(CheckpointFolderTest, ATruncatedOrMissingShardIsFoundWithoutReadingIt) {
  FaultFileSystem files = WithOutputFolder();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Take(&files).ok());
  files.BytesOf("/runs/out/checkpoints/00000002/shard0")->pop_back();
  std::vector<std::string> passed_over;
  EXPECT_EQ((*CheckpointFolder(&files, kOutput).Newest(&passed_over))->number(), 1u);
  EXPECT_THAT(passed_over, ElementsAre(HasSubstr("shard0 has ")));
  ASSERT_TRUE(files.Remove("/runs/out/checkpoints/00000001/shard1").ok());
  passed_over.clear();
  const auto none = CheckpointFolder(&files, kOutput).Newest(&passed_over);
  EXPECT_EQ(none.status().code(), absl::StatusCode::kFailedPrecondition) << "which is not: there is none";
  EXPECT_THAT(Message(none.status()), ::testing::AllOf(HasSubstr("shard0 has "), HasSubstr("shard1")));
}

TEST(CheckpointFolderTest, AShardOfAnotherCheckpointIsNotTakenForThisOnes) {
  FaultFileSystem files = WithOutputFolder();
  ASSERT_TRUE(Take(&files).ok());
  *files.BytesOf("/runs/out/checkpoints/00000001/shard0") = *files.BytesOf("/runs/out/checkpoints/00000001/shard1");
  const CheckpointFolder folder(&files, kOutput);
  EXPECT_THAT(Message(folder.Verify(*folder.Read(1))), HasSubstr("is not the file that its manifest is of"));
}

TEST(CheckpointFolderTest, AManifestThatLacksAServersShardIsNotPublished) {
  FaultFileSystem files = WithOutputFolder();
  CheckpointFolder folder(&files, kOutput);
  checkpoint::Manifest manifest;
  manifest.set_number(*folder.Begin());
  manifest.mutable_job()->set_servers(2);
  *manifest.add_shard() = *WriteShard(&files, folder.PathOf(1), 0);
  EXPECT_THAT(Message(folder.Publish(manifest)), HasSubstr("store 0 has 1 of 2 shards"));
  EXPECT_EQ(NewestWhole(&files), 0u);
}

}  // namespace
}  // namespace shoal
