#include "launch/image_worker.h"

#include <sys/stat.h>

#include <string>

#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// An installation whose image worker is a shell script.
class ImageWorkerTest : public ::testing::Test {
 protected:
  ImageWorkerTest() {
    job_.mutable_objective()->mutable_simclr();
    job_.mutable_encoder()->set_device(job::ImageEncoder::CUDA);
  }
  // What a job of so many workers is told where the image worker says `facts`.
  absl::Status Checked(std::string_view facts, uint32_t workers = 1) {
    const std::string path =
        folder_.Write("shoal-image-worker", Cat("#!/bin/sh\n[ $1 = --facts ] && echo '", facts, "'\n"));
    EXPECT_EQ(::chmod(path.c_str(), 0755), 0);
    job_.set_workers(workers);
    return CheckEncoderDevice(job_, {.programs = folder_.path()}, Clock::Real());
  }

  const TemporaryFolder folder_;
  job::Job job_;
};

TEST_F(ImageWorkerTest, ABuildWithoutCudaIsToldHowOneWithIsBrought) {
  const absl::Status status = Checked(R"({"cuda":false,"gpus":0})");
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("this build's LibTorch has no CUDA"), HasSubstr("launch/install --torch=cuda")));
}

TEST_F(ImageWorkerTest, SeveralWorkersNeedNcclAndOneDoesNot) {
  EXPECT_THAT(std::string(Checked(R"({"cuda":true,"gpus":2,"nccl":false})", 2).message()),
              HasSubstr("workers is 2, but this build has no NCCL"));
  EXPECT_TRUE(Checked(R"({"cuda":true,"gpus":2,"nccl":false})", 1).ok());
  EXPECT_TRUE(Checked(R"({"cuda":true,"gpus":2,"nccl":true})", 2).ok());
}

TEST_F(ImageWorkerTest, MoreWorkersThanThisHostsGpusAreToldHowManyItHas) {
  EXPECT_THAT(std::string(Checked(R"({"cuda":true,"gpus":2,"nccl":true})", 3).message()),
              AllOf(HasSubstr("CUDA can use 2 on this host"), HasSubstr("use 2 workers, encoder.device CPU or ANY")));
  EXPECT_THAT(std::string(Checked(R"({"cuda":true,"gpus":0})").message()),
              AllOf(HasSubstr("CUDA can use 0 on this host"), HasSubstr("; use encoder.device CPU or ANY")));
}

TEST_F(ImageWorkerTest, OfAJobOnSeveralHostsThisHostsGpusAreNotTheMeasure) {
  job_.mutable_placement()->set_hostfile("hosts");
  EXPECT_TRUE(Checked(R"({"cuda":true,"gpus":0,"nccl":true})", 8).ok());
}

TEST_F(ImageWorkerTest, WhoAsksForNoGpuIsAskedForNothing) {
  job_.mutable_encoder()->set_device(job::ImageEncoder::ANY);
  EXPECT_TRUE(Checked("no facts").ok());
  job_.mutable_objective()->mutable_skip_gram();
  job_.mutable_encoder()->set_device(job::ImageEncoder::CUDA);
  EXPECT_TRUE(Checked("no facts").ok());
}

TEST_F(ImageWorkerTest, AJobThatFitsNoHostMemoryFitsWhereItsWorkersFindGpus) {
  job_.mutable_encoder()->set_device(job::ImageEncoder::ANY);
  job_.mutable_encoder()->set_net(job::ImageEncoder::RESNET50);
  const Machine machine{.memory_bytes = 16'000'000'000, .memory_limited_by = "free memory"};
  const auto plan = [&](std::string_view facts) {
    EXPECT_TRUE(Checked(facts).ok());
    return PlanMemory(job_, 1000, 224, machine, {.programs = folder_.path()}, Clock::Real());
  };
  EXPECT_TRUE(absl::IsResourceExhausted(plan(R"({"cuda":true,"gpus":0})").status()));
  EXPECT_TRUE(plan(R"({"cuda":true,"gpus":1})").ok());
  job_.set_determinism(job::Job::STRICT);
  EXPECT_FALSE(plan(R"({"cuda":true,"gpus":1})").ok()) << "computes on the CPU";
}

TEST_F(ImageWorkerTest, AProgramThatSaysSomethingElseIsToldWithItsFirstLine) {
  EXPECT_THAT(std::string(Checked("cannot open libtorch_cuda.so").message()),
              HasSubstr("shoal-image-worker does not start: cannot open libtorch_cuda.so"));
}

}  // namespace
}  // namespace shoal
