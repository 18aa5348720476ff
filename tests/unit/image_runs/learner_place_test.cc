// Where a worker computes, and with how many threads, on hosts as they are: those without a GPU, and builds without
// CUDA.

#include <thread>

#include "common/host.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/collective/byte_exchange.h"
#include "worker/collective/in_process_collective.h"
#include "worker/models/gpus.h"
#include "worker/objectives/contrastive_settings.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// Of worker 1 of two on this host, whose job wants `device`.
wire::Welcome WelcomeOf(job::ImageEncoder::Device device) {
  wire::Welcome welcome;
  welcome.set_index(1);
  welcome.mutable_job()->mutable_objective()->mutable_simclr();
  welcome.mutable_job()->mutable_encoder()->set_device(device);
  for (const uint32_t index : {0, 1}) {
    wire::Member* const member = welcome.add_member();
    member->set_role(wire::WORKER);
    member->set_index(index);
    member->set_host_id(HostId());
  }
  return welcome;
}

absl::StatusOr<LearnerPlace> PlaceOf(const wire::Welcome& welcome) {
  return LearnerPlaceOf(welcome, MakeCollectiveOfOne().get());
}

TEST(LearnerPlaceTest, TheCpuIsWhereItIsAskedForAndWhereAnyMeetsNoGpuForEachWorker) {
  EXPECT_EQ(PlaceOf(WelcomeOf(job::ImageEncoder::CPU))->device, Device::kCpu);
  const auto any = PlaceOf(WelcomeOf(job::ImageEncoder::ANY));
  EXPECT_EQ(any->device, Gpus() > 1 ? Device::kCuda : Device::kCpu);
}

TEST(LearnerPlaceTest, TheFirstWorkerTellsWhereAllCompute) {
  wire::Welcome welcome = WelcomeOf(job::ImageEncoder::ANY);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(PlaceOf(welcome).ok());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(Cat("the encoder is computed on ", Gpus() > 1 ? "GPUs" : "the CPU", " (encoder.device ANY)")));
  welcome.mutable_job()->mutable_progress()->set_quiet(true);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(PlaceOf(welcome).ok());
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(LearnerPlaceTest, WhereOnlySomeWorkersCouldUseAGpuTheFirstTroubleIsAWarning) {
  if (Gpus() > 1) GTEST_SKIP() << "this host has a GPU for each of two workers";
  InProcessCollectiveGroup group(2, absl::Seconds(10));
  const auto first = group.member(0), able = group.member(1);
  std::thread other([&] { EXPECT_TRUE(GatherBytes(able.get(), /*own=*/"", kMostTroubleBytes).ok()); });
  ::testing::internal::CaptureStderr();
  const auto place = LearnerPlaceOf(WelcomeOf(job::ImageEncoder::ANY), first.get());
  other.join();
  EXPECT_THAT(
      ::testing::internal::GetCapturedStderr(),
      HasSubstr(Cat("warning: 1 of 2 workers could compute on a GPU, but all do on the CPU, as worker 0 could not: ",
                    CheckGpu(1).message())));
  EXPECT_EQ(place->device, Device::kCpu);
}

TEST(ComputingThreadsTest, WithStrictDeterminismTheyAreOneWhateverTheHostUnlessTheJobSaysOtherwise) {
  wire::Welcome welcome = WelcomeOf(job::ImageEncoder::CPU);
  welcome.mutable_member()->RemoveLast();  // All of the host's cores are its.
  EXPECT_EQ(ComputingThreads(welcome), CoresOfAWorker(welcome));
  welcome.mutable_job()->set_determinism(job::Job::STRICT);
  EXPECT_EQ(ComputingThreads(welcome), 1);
  welcome.mutable_job()->mutable_encoder()->set_threads(3);
  EXPECT_EQ(ComputingThreads(welcome), 3);
}

TEST(LearnerPlaceTest, WithStrictDeterminismAnyIsTheCpu) {
  wire::Welcome welcome = WelcomeOf(job::ImageEncoder::ANY);
  welcome.mutable_job()->set_determinism(job::Job::STRICT);
  EXPECT_EQ(PlaceOf(welcome)->device, Device::kCpu);
}

TEST(LearnerPlaceTest, AWorkerWhoseHostHasNoGpuForItIsRefusedCudaInWords) {
  if (Gpus() > 1) GTEST_SKIP() << "this host has a GPU for each of two workers";
  const auto place = PlaceOf(WelcomeOf(job::ImageEncoder::CUDA));
  EXPECT_TRUE(absl::IsFailedPrecondition(place.status())) << place.status();
  EXPECT_THAT(std::string(place.status().message()), HasSubstr("encoder.device is CUDA: "));
}

}  // namespace
}  // namespace shoal
