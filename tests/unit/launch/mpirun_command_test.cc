#include "launch/mpirun_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/str_join.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

std::string OptionsOf(const job::Job& job, const Machine& machine) {
  return absl::StrJoin(MpirunOptions(job, machine), " ");
}

TEST(MpirunCommandTest, OneHostTalksBySharedMemoryAndListensOnTheLoopbackOnly) {
  EXPECT_EQ(OptionsOf(job::Job(), {.cores = 4, .reads_peers = true}),
            "--use-hwthread-cpus --mca plm isolated --mca pml ob1 --mca btl self,vader --mca oob_tcp_if_include lo "
            "--bind-to none");
}

TEST(MpirunCommandTest, MoreRanksThanCoresYieldToEachOther) {
  EXPECT_EQ(OptionsOf(job::Job(), {.cores = 2, .reads_peers = true}),
            "--oversubscribe --mca mpi_yield_when_idle 1 --mca plm isolated --mca pml ob1 --mca btl self,vader "
            "--mca oob_tcp_if_include lo --bind-to none");
}

TEST(MpirunCommandTest, RootAndAContainersLimitsAreToldToMpirun) {
  const std::string options = OptionsOf(job::Job(), {.cores = 4, .is_root = true, .reads_peers = false});
  EXPECT_THAT(options, testing::StartsWith("--allow-run-as-root "));
  EXPECT_THAT(options, testing::HasSubstr("--mca btl_vader_single_copy_mechanism none"));
}

TEST(MpirunCommandTest, WithAHostfileOpenMpiChoosesTheWayAndTheJobTheNetwork) {
  job::Job job;
  job.mutable_placement()->set_hostfile("/hosts");
  const std::string hosts =
      "--hostfile /hosts --mca oob_tcp_keepalive_time 5 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes "
      "3";
  EXPECT_EQ(OptionsOf(job, {.cores = 2}), Cat(hosts, " --bind-to none"));
  job.mutable_placement()->set_network("10.0.0.0/8");
  EXPECT_EQ(OptionsOf(job, {.cores = 2}),
            Cat(hosts, " --mca oob_tcp_if_include 10.0.0.0/8 --mca btl_tcp_if_include 10.0.0.0/8 --bind-to none"));
}

// An installation of empty programs, in a folder with a blank in its name.
class InstalledTest : public testing::Test {
 protected:
  InstalledTest() : installation_{.programs = folder_.Path("my bin"), .jobs = ""} {
    EXPECT_TRUE(MakeDirectories(installation_.programs).ok());
    for (const char* name : {"shoal-coordinator", "shoal-paramserver", "shoal-worker"}) {
      ::chmod(folder_.Write(Cat("my bin/", name), "").c_str(), 0755);
    }
  }

  TemporaryFolder folder_;
  Installation installation_;
};

TEST(MpirunCommandTest, AnAppFileHasALineForEachRoleAndCannotHaveAPathWithASpace) {
  MpirunCommand command{.contexts = {{"-np", "1", "/bin/shoal-coordinator", "--output", "/out"}, {"-np", "2", "x"}}};
  EXPECT_EQ(command.AppFile(), "-np 1 /bin/shoal-coordinator --output /out\n-np 2 x\n");
  command.contexts[0].back() = "/my out";
  EXPECT_EQ(command.AppFile(), std::nullopt);
}

TEST_F(InstalledTest, TheLineStartsOneCoordinatorThenServersThenWorkers) {
  job::Job job;
  job.set_servers(2);
  job.set_workers(3);
  const auto command =
      MpirunCommand::Of(job, "/out/job.textproto", "/out", installation_, {.cores = 8, .reads_peers = true});
  ASSERT_TRUE(command.ok()) << command.status();
  const std::string bin = Cat("'", installation_.programs);
  EXPECT_EQ(command->contexts.size(), 3u);
  EXPECT_THAT(command->ShellLine(), testing::StartsWith("mpirun --use-hwthread-cpus "));
  EXPECT_THAT(command->ShellLine(),
              testing::EndsWith(Cat("/shoal-paramserver' : \\\n  -np 3 ", bin, "/shoal-worker'")));
  const auto arguments = command->Arguments();
  EXPECT_EQ(arguments[0], "mpirun");
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), ":"), 2);
}

TEST_F(InstalledTest, AMissingProgramIsNamed) {
  std::filesystem::remove(installation_.programs + "/shoal-worker");
  const auto command = MpirunCommand::Of(job::Job(), "/out/job.textproto", "/out", installation_, Machine());
  EXPECT_EQ(command.status().message(), Cat("cannot run ", installation_.programs,
                                            "/shoal-worker: No such file or directory; build or install shoal whole"));
}

}  // namespace
}  // namespace shoal
