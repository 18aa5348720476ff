#include "coordinator/membership.h"

#include <string>

#include "common/transport/control.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MembershipTest : public ::testing::Test {
 protected:
  MembershipTest() : members_(TwoServersAndTwoWorkers(), now_) {}

  // Heartbeats each 0.25 s, dead after 2.5 s.
  static job::Job TwoServersAndTwoWorkers() {
    job::Job job;
    job.set_servers(2);
    job.set_workers(2);
    return job;
  }

  static wire::Hello HelloOf(wire::Role role) {
    wire::Hello hello;
    hello.set_protocol_version(kProtocolVersion);
    hello.set_role(role);
    hello.set_host_name("alpha");
    return hello;
  }

  void MakeAllReady() {
    for (const int rank : {1, 2, 3, 4}) {
      ASSERT_TRUE(members_.Join(rank, HelloOf(rank <= 2 ? wire::SERVER : wire::WORKER)).ok());
      members_.Welcomed(rank);
      ASSERT_TRUE(members_.Ready(rank, wire::Ready()).ok());
    }
  }

  // Passes `duration` in looks of a tenth of a second, as the event loop does, hearing `heard` at each.
  absl::Status Pass(absl::Duration duration, std::initializer_list<int> heard = {}) {
    for (const absl::Time end = now_ + duration; now_ < end;) {
      now_ += absl::Milliseconds(100);
      for (const int rank : heard) members_.Heard(rank, {});
      if (absl::Status status = members_.Tick(now_); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  Membership members_;
};

TEST_F(MembershipTest, ServersOfOneHostMustFitItsMemoryTogether) {
  for (const int rank : {1, 2}) {
    wire::Hello hello = HelloOf(wire::SERVER);
    hello.set_free_memory_bytes(1'000'000);
    ASSERT_TRUE(members_.Join(rank, hello).ok());
  }
  members_.SetTableBytes(1'000'000);
  EXPECT_TRUE(members_.CheckTablesFit(/*with_copies=*/false, "take less").ok());
  members_.SetTableBytes(1'500'000);
  EXPECT_EQ(members_.CheckTablesFit(/*with_copies=*/false, "take less"),
            absl::ResourceExhaustedError(
                "the tables of the servers on host alpha take 1.5 MB, and it has 1.0 MB of memory left; take "
                "less"));
}

TEST_F(MembershipTest, ServersOfTwoHostsFitEachItsOwnMemory) {
  for (const int rank : {1, 2}) {
    wire::Hello hello = HelloOf(wire::SERVER);
    hello.set_host_id(rank == 1 ? "one" : "two");
    hello.set_free_memory_bytes(1'000'000);
    ASSERT_TRUE(members_.Join(rank, hello).ok());
  }
  members_.SetTableBytes(1'500'000);
  EXPECT_TRUE(members_.CheckTablesFit(/*with_copies=*/false, "take less").ok());
}

TEST_F(MembershipTest, ServersComeBeforeWorkersByRank) {
  EXPECT_EQ(members_.Name(2), "server 1 (rank 2)");
  EXPECT_EQ(members_.Name(3), "worker 0 (rank 3)");
  EXPECT_EQ(members_.Name(9), "rank 9");
}

TEST_F(MembershipTest, AMemberThatHasJoinedIsNamedWithItsHost) {
  ASSERT_TRUE(members_.Join(3, HelloOf(wire::WORKER)).ok());
  EXPECT_EQ(members_.Name(3), "worker 0 (rank 3, host alpha)");
}

TEST_F(MembershipTest, AWorkerInTheSeatOfAServerIsRefused) {
  EXPECT_EQ(members_.Join(2, HelloOf(wire::WORKER)).message(), "rank 2 is a worker, but this job wants a server there");
}

TEST_F(MembershipTest, AnotherProtocolVersionIsRefusedWithTheBuildThatSpeaksIt) {
  wire::Hello hello = HelloOf(wire::SERVER);
  hello.set_protocol_version(kProtocolVersion + 1);
  hello.set_build("9.9.9");
  const absl::Status status = members_.Join(1, hello);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("(build 9.9.9)"));
}

TEST_F(MembershipTest, HelloTwiceAndReadyBeforeWelcomeAreRefused) {
  ASSERT_TRUE(members_.Join(1, HelloOf(wire::SERVER)).ok());
  EXPECT_EQ(members_.Join(1, HelloOf(wire::SERVER)).message(), "server 0 (rank 1, host alpha) says hello twice");
  EXPECT_EQ(members_.Ready(1, wire::Ready()).message(),
            "server 0 (rank 1, host alpha) says that it is ready, but was not welcomed");
}

TEST_F(MembershipTest, WhatAServerSaysWhenReadyIsKeptForTheWorkers) {
  ASSERT_TRUE(members_.Join(1, HelloOf(wire::SERVER)).ok());
  members_.Welcomed(1);
  wire::Ready ready;
  ready.add_segment()->set_file_descriptor(77);
  ready.set_metrics_address("127.0.0.1:9");
  ASSERT_TRUE(members_.Ready(1, ready).ok());
  EXPECT_EQ(members_.Find(1)->description.segment(0).file_descriptor(), 77);
  EXPECT_EQ(members_.Find(1)->description.metrics_address(), "127.0.0.1:9");
}

TEST_F(MembershipTest, AMemberThatNeverSaysHelloEndsTheWaitByName) {
  for (const int rank : {1, 2, 3})
    ASSERT_TRUE(members_.Join(rank, HelloOf(rank <= 2 ? wire::SERVER : wire::WORKER)).ok());
  EXPECT_TRUE(Pass(absl::Seconds(59), {1, 2, 3}).ok());
  const absl::Status status = Pass(absl::Seconds(2), {1, 2, 3});
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("worker 1 (rank 4) has been silent for 60.1 s, where its first "
                                                       "message was awaited"));
}

TEST_F(MembershipTest, TheWaitForTheCoordinatorMayLastWhereItIsAnswered) {
  for (const int rank : {1, 2, 3, 4}) {
    ASSERT_TRUE(members_.Join(rank, HelloOf(rank <= 2 ? wire::SERVER : wire::WORKER)).ok());
  }
  EXPECT_TRUE(Pass(absl::Minutes(20), {1, 2, 3, 4}).ok());
}

TEST_F(MembershipTest, AServerThatFillsLargeTablesGetsTheTimeForIt) {
  members_.SetTableBytes(10'000'000'000);  // 100 s at 100 MB/s.
  for (const int rank : {1, 2, 3, 4}) {
    ASSERT_TRUE(members_.Join(rank, HelloOf(rank <= 2 ? wire::SERVER : wire::WORKER)).ok());
  }
  members_.Welcomed(1);
  EXPECT_TRUE(Pass(absl::Seconds(159), {2, 3, 4}).ok());
  EXPECT_THAT(std::string(Pass(absl::Seconds(2), {2, 3, 4}).message()),
              HasSubstr("where word that it is ready was awaited"));
}

TEST_F(MembershipTest, SilenceLongerThanTheJobAllowsIsDeathAndNamed) {
  MakeAllReady();
  ASSERT_TRUE(Pass(absl::Seconds(2.4), {1, 2, 3}).ok());
  const absl::Status status = Pass(absl::Seconds(0.3), {1, 2, 3});
  EXPECT_EQ(status.message(), "worker 1 (rank 4, host alpha) has been silent for 2.6 s, where a heartbeat was awaited");
}

TEST_F(MembershipTest, AProcessPausedForASecondIsNotDead) {
  MakeAllReady();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Pass(absl::Seconds(1), {1, 2, 3}).ok());
    members_.Heard(4, {});
  }
}

TEST_F(MembershipTest, TheCpuTimeIsTheSumOfWhatEachToldLast) {
  MakeAllReady();
  wire::ControlMessage heartbeat, report;
  heartbeat.mutable_heartbeat()->set_cpu_seconds(2);
  report.mutable_unit_progress()->set_cpu_seconds(5);
  members_.Heard(1, heartbeat);
  members_.Heard(3, report);
  members_.Heard(3, {});
  EXPECT_EQ(members_.cpu_seconds(), 7);
}

TEST_F(MembershipTest, AServerIsNamedBeforeTheWorkerThatFellSilentWaitingForIt) {
  MakeAllReady();
  ASSERT_TRUE(Pass(absl::Seconds(0.3), {1, 2, 3}).ok());  // Worker 1 was heard of a little before the server died.
  const absl::Status status = Pass(absl::Seconds(3), {2, 3});
  EXPECT_THAT(std::string(status.message()), ::testing::StartsWith("server 0 (rank 1, host alpha) has been silent"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("worker 1"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("worker 0")));
}

TEST_F(MembershipTest, ACoordinatorThatWasPausedItselfDoesNotFindTheOthersDead) {
  MakeAllReady();
  now_ += absl::Minutes(1);
  EXPECT_TRUE(members_.Tick(now_).ok());
  EXPECT_TRUE(Pass(absl::Seconds(2)).ok());
  EXPECT_FALSE(Pass(absl::Seconds(1)).ok());
}

TEST_F(MembershipTest, AWorkerThatExportsIsGivenTimeToWrite) {
  MakeAllReady();
  members_.Exporting(3);
  EXPECT_TRUE(Pass(absl::Seconds(30), {1, 2, 4}).ok());
}

}  // namespace
}  // namespace shoal
