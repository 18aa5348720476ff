// The coordinator against members that say what the test makes them say.

#include "coordinator/coordinator.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/files.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "common/transport/in_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kServer = 1, kFirstWorker = 2, kSecondWorker = 3;

class CoordinatorTest : public ::testing::Test {
 protected:
  CoordinatorTest() : output_(Cat(::testing::TempDir(), "coordinator_test.", ::getpid())), hub_(4, &Clock::Real()) {
    std::filesystem::remove_all(output_);
    for (const int rank : {1, 2, 3}) members_.push_back(hub_.endpoint(rank));
    thread_ = std::thread([this] {
      const auto endpoint = hub_.endpoint(0);
      const CoordinatorOptions options{
          .job = OneServerAndTwoWorkers(), .output_directory = output_, .prepare = ThreeUnits()};
      end_ = RunCoordinator(options, endpoint.get(), Platform::Real());
    });
  }
  ~CoordinatorTest() override {
    End();
    std::filesystem::remove_all(output_);
  }

  // Members of a test send no heartbeats, so silence may last.
  static job::Job OneServerAndTwoWorkers() {
    job::Job job;
    job.set_workers(2);
    job.set_epochs(1);
    job.mutable_objective()->mutable_skip_gram()->set_dim(8);
    job.mutable_heartbeats()->set_dead_after_seconds(60);
    job.mutable_metrics()->set_enabled(false);
    // They answer no Pause either.
    job.mutable_checkpoint()->set_interval_seconds(0);
    job.mutable_checkpoint()->set_at_end(false);
    job.mutable_progress()->set_quiet(true);
    return job;
  }

  static PrepareFunction ThreeUnits() {
    return [](const job::Job&, const std::string&, const PreparationProgress&) {
      return absl::StatusOr<PreparedData>(
          PreparedData{.file = "/data/tokens",
                       .items = 100,
                       .units = {{0, 1, 10}, {1, 2, 10}, {2, 3, 10}},
                       .export_data = [](const std::string& directory) -> ExportedFiles {
                         const std::string path = directory + "/vocabulary.txt";
                         RETURN_IF_ERROR(WriteFileAtomically(path, "word 1\n"));
                         return std::vector{path};
                       }});
    };
  }

  void Say(int rank, const wire::ControlMessage& message) {
    ASSERT_TRUE(SendControl(members_[rank - 1].get(), 0, message, Soon()).ok());
  }

  // The next word to `rank` other than a heartbeat; of no kind where none comes within `patience`.
  wire::ControlMessage Hear(int rank, absl::Duration patience = absl::Seconds(5)) {
    const absl::Time deadline = Clock::Real().Now() + patience;
    while (true) {
      const auto received = ReceiveControl(members_[rank - 1].get(), deadline);
      if (!received.ok()) return {};
      if (!received->second.has_heartbeat()) return received->second;
    }
  }

  void SayHello(int rank, wire::Role role) {
    wire::ControlMessage message;
    message.mutable_hello()->set_protocol_version(kProtocolVersion);
    message.mutable_hello()->set_role(role);
    Say(rank, message);
  }
  void SayReady(int rank) {
    wire::ControlMessage message;
    message.mutable_ready();
    Say(rank, message);
  }
  void AskForLease(int rank) {
    wire::ControlMessage message;
    message.mutable_lease_request();
    Say(rank, message);
  }
  void SayDone(int rank, const wire::Lease& lease) {
    wire::ControlMessage message;
    wire::UnitProgress* report = message.mutable_unit_progress();
    report->set_lease(lease.id());
    report->set_done(true);
    report->set_words(10);
    Say(rank, message);
  }
  void SayFinished(int rank) {
    wire::ControlMessage message;
    message.mutable_finished()->add_file("vectors.bin");
    Say(rank, message);
  }

  void JoinAll() {
    SayHello(kServer, wire::SERVER);
    SayHello(kFirstWorker, wire::WORKER);
    SayHello(kSecondWorker, wire::WORKER);
  }
  // To the point where leases are given.
  void StartTraining() {
    JoinAll();
    ASSERT_TRUE(Hear(kServer).has_welcome());
    SayReady(kServer);
    for (const int worker : {kFirstWorker, kSecondWorker}) {
      ASSERT_TRUE(Hear(worker).has_welcome());
      SayReady(worker);
    }
  }
  wire::Lease TakeLease(int rank) {
    AskForLease(rank);
    return Hear(rank).lease();
  }
  void TrainTheRest(int rank) {
    while (true) {
      AskForLease(rank);
      const wire::ControlMessage answer = Hear(rank);
      if (!answer.has_lease()) return;
      SayDone(rank, answer.lease());
    }
  }

  // How the coordinator ended. Gives up on a test that has failed.
  const absl::Status& End() {
    if (HasFailure()) hub_.Disconnect(0);
    if (thread_.joinable()) thread_.join();
    return end_;
  }
  std::string ResultText() {
    End();
    return *ReadFile(output_ + "/result.json");
  }
  static absl::Time Soon() { return Clock::Real().Now() + absl::Seconds(5); }

  const std::string output_;
  InProcessHub hub_;
  std::vector<std::unique_ptr<Endpoint>> members_;
  absl::Status end_;
  std::thread thread_;
};

TEST_F(CoordinatorTest, WorkersAreWelcomedWhenServersAreReadyAndLearnOfTheirMemory) {
  JoinAll();
  const wire::Welcome server = Hear(kServer).welcome();
  EXPECT_EQ(server.table_size(), 2);
  EXPECT_FALSE(server.has_data_file());
  EXPECT_EQ(Hear(kSecondWorker, absl::Milliseconds(50)).kind_case(), wire::ControlMessage::KIND_NOT_SET);
  wire::ControlMessage ready;
  ready.mutable_ready()->add_segment()->set_file_descriptor(40);
  Say(kServer, ready);
  const wire::Welcome worker = Hear(kSecondWorker).welcome();
  EXPECT_EQ(worker.index(), 1u);
  EXPECT_EQ(worker.data_file(), "/data/tokens");
  EXPECT_EQ(worker.job_token(), server.job_token());
  ASSERT_EQ(worker.member_size(), 3);
  EXPECT_EQ(worker.member(0).segment(0).file_descriptor(), 40);
  Hear(kFirstWorker);
  SayReady(kFirstWorker);
  SayReady(kSecondWorker);
  TrainTheRest(kFirstWorker);
  SayFinished(kFirstWorker);
  EXPECT_TRUE(End().ok()) << End();
}

TEST_F(CoordinatorTest, NobodyTrainsBeforeAllAreReady) {
  JoinAll();
  Hear(kServer);
  SayReady(kServer);
  Hear(kFirstWorker);
  SayReady(kFirstWorker);
  AskForLease(kFirstWorker);
  EXPECT_EQ(Hear(kFirstWorker, absl::Milliseconds(50)).kind_case(), wire::ControlMessage::KIND_NOT_SET);
  Hear(kSecondWorker);
  SayReady(kSecondWorker);
  const wire::ControlMessage answer = Hear(kFirstWorker);
  ASSERT_TRUE(answer.has_lease());
  EXPECT_EQ(answer.lease().words_total(), 30u);
  SayDone(kFirstWorker, answer.lease());
  TrainTheRest(kFirstWorker);
  SayFinished(kFirstWorker);
  EXPECT_TRUE(End().ok()) << End();
}

TEST_F(CoordinatorTest, AReportOnALeaseThatIsNotHeldIsRefusedAndNotCounted) {
  StartTraining();
  const wire::Lease lease = TakeLease(kFirstWorker);
  SayDone(kSecondWorker, lease);  // Another's.
  SayDone(kFirstWorker, lease);
  SayDone(kFirstWorker, lease);  // Done already.
  wire::Lease invented = lease;
  invented.set_id(999);
  SayDone(kFirstWorker, invented);
  TrainTheRest(kFirstWorker);
  SayFinished(kFirstWorker);
  EXPECT_THAT(ResultText(), HasSubstr(R"("words":30,)"));
}

TEST_F(CoordinatorTest, ALossThatIsNoNumberOnceTooOftenEndsTheJobAndNamesTheUnit) {
  StartTraining();
  const wire::Lease lease = TakeLease(kFirstWorker);
  for (int i = 0; i < 21; ++i) {
    wire::ControlMessage message;
    message.mutable_unit_progress()->set_lease(lease.id());
    message.mutable_unit_progress()->set_loss_sum(i % 2 == 0 ? NAN : INFINITY);
    message.mutable_unit_progress()->set_loss_pairs(5);
    Say(kFirstWorker, message);
  }
  EXPECT_THAT(std::string(ToStd(End().message())),
              AllOf(HasSubstr(Cat("the loss of unit ", lease.unit(), " (items ", lease.begin(), " to ", lease.end(),
                                  ") of epoch 1 on worker 0 ")),
                    HasSubstr("is not a number, which was reported 21 times, more than max_nonfinite, 20")));
}

TEST_F(CoordinatorTest, OneWorkerExportsWhenAllIsDoneAndThenAllAreStopped) {
  StartTraining();
  const wire::Lease last = TakeLease(kSecondWorker);
  SayDone(kSecondWorker, Hear(kSecondWorker).lease());
  TrainTheRest(kFirstWorker);
  EXPECT_EQ(Hear(kFirstWorker, absl::Milliseconds(50)).kind_case(), wire::ControlMessage::KIND_NOT_SET);
  SayDone(kSecondWorker, last);
  EXPECT_TRUE(Hear(kFirstWorker).has_finish());
  SayFinished(kFirstWorker);
  for (const int rank : {kServer, kFirstWorker, kSecondWorker}) {
    const wire::ControlMessage stop = Hear(rank);
    ASSERT_TRUE(stop.has_stop());
    EXPECT_EQ(stop.stop().reason(), "");
  }
  EXPECT_THAT(ResultText(), HasSubstr(Cat(R"("files":["vectors.bin",")", output_, R"(/vocabulary.txt"])")));
}

TEST_F(CoordinatorTest, AnExportOfTheDataThatFailsEndsTheJobForAll) {
  StartTraining();
  TrainTheRest(kFirstWorker);
  ASSERT_TRUE(MakeDirectories(output_ + "/vocabulary.txt").ok());
  SayFinished(kFirstWorker);
  EXPECT_THAT(Hear(kServer).stop().reason(), HasSubstr("vocabulary.txt: Is a directory"));
  EXPECT_THAT(ResultText(), HasSubstr(R"("status":"failed")"));
}

TEST_F(CoordinatorTest, AWorkerInTheSeatOfAServerEndsTheJobForAll) {
  SayHello(kServer, wire::WORKER);
  EXPECT_THAT(Hear(kSecondWorker).stop().reason(), HasSubstr("rank 1 is a worker, but this job wants a server there"));
  EXPECT_FALSE(End().ok());
}

TEST_F(CoordinatorTest, WhatDoesNotParseIsRefusedAndTheJobGoesOn) {
  StartTraining();
  ASSERT_TRUE(members_[kServer - 1]->Send(0, Channel::kControl, Buffer::CopyOf("\xff\xff garbage"), Soon()).ok());
  wire::ControlMessage not_for_members;
  not_for_members.mutable_stop();
  Say(kServer, not_for_members);
  AskForLease(kServer);
  TrainTheRest(kFirstWorker);
  SayFinished(kFirstWorker);
  EXPECT_TRUE(End().ok()) << End();
}

TEST_F(CoordinatorTest, TheJobAsItRanIsInTheOutputFolder) {
  StartTraining();
  TrainTheRest(kFirstWorker);
  SayFinished(kFirstWorker);
  EXPECT_TRUE(End().ok()) << End();
  EXPECT_THAT(*ReadFile(output_ + "/job.textproto"), HasSubstr("workers: 2"));
}

}  // namespace
}  // namespace shoal
