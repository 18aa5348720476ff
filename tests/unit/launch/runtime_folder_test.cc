#include "launch/runtime_folder.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/processes.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

TEST(RuntimeFolderTest, ItIsThereAsLongAsItsOwnerAndForThisUserOnly) {
  const TemporaryFolder base;
  std::string path;
  {
    const auto folder = RuntimeFolder::Create({base.path()}, 1000);
    ASSERT_TRUE(folder.ok()) << folder.status();
    path = (*folder)->path();
    EXPECT_EQ(path, Cat(base.path(), "/shoal-", ::getpid(), "-", StartTimeOf(::getpid())));
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    EXPECT_TRUE(WriteFileAtomically(path + "/segment", "bytes").ok());
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(RuntimeFolderTest, TheFirstBaseWithRoomIsTaken) {
  const TemporaryFolder base;
  const auto folder = RuntimeFolder::Create({"/nonexistent", base.path()}, 1000);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(fs::path((*folder)->path()).parent_path(), base.path());
  EXPECT_EQ(RuntimeFolder::Create({base.path()}, uint64_t{1} << 60).status().message(),
            Cat("none of ", base.path(), " can be written to and has 1152921504606846976 bytes free, which Open MPI ",
                "needs for its segments; make room in one"));
}

TEST(RuntimeFolderTest, WhatDeadSupervisorsLeftIsSweptAndNothingElse) {
  const TemporaryFolder base;
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  ::waitpid(dead, nullptr, 0);
  const std::string of_dead = Cat("shoal-", dead, "-5");
  const std::string of_same_id = Cat("shoal-", ::getpid(), "-", StartTimeOf(::getpid()) + 1);
  const std::string of_living = Cat("shoal-", ::getpid(), "-", StartTimeOf(::getpid()));
  for (const std::string& name :
       {of_dead, of_same_id, of_living, std::string("shoal-notes"), std::string("shoal-1-x")}) {
    fs::create_directories(base.Path(name) + "/inside");
  }
  base.Write("shoal-2-3", "a file of someone's");
  EXPECT_EQ(SweepRuntimeFolders(base.path()), 2);
  EXPECT_FALSE(fs::exists(base.Path(of_dead)));
  EXPECT_FALSE(fs::exists(base.Path(of_same_id)));
  for (const std::string& name :
       {of_living, std::string("shoal-notes"), std::string("shoal-1-x"), std::string("shoal-2-3")}) {
    EXPECT_TRUE(fs::exists(base.Path(name))) << name;
  }
}

}  // namespace
}  // namespace shoal
