#include <sys/stat.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "launch/doctor.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// An installation whose programs are shell scripts.
class DoctorImagesTest : public ::testing::Test {
 protected:
  void Program(std::string_view name, std::string_view script) {
    const std::string path = folder_.Write(name, Cat("#!/bin/sh\n", script, "\n"));
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  }
  void ImageWorker(std::string_view script) {
    Program("shoal-evaluate-images", "true");
    Program("shoal-image-worker", script);
  }
  void ImageWorkerWithFacts(std::string_view facts) { ImageWorker(Cat("[ $1 = --facts ] && echo '", facts, "'")); }
  std::vector<Finding> Findings(bool device_is_here = false) {
    return ExamineImageEncoders({.programs = folder_.path()}, Clock::Real(), device_is_here);
  }

  const TemporaryFolder folder_;
};

TEST_F(DoctorImagesTest, WithoutTheImageWorkerWordsTrainAndTheCureBringsLibTorch) {
  const auto findings = Findings();
  ASSERT_EQ(findings.size(), 1);
  EXPECT_EQ(findings[0].verdict, Finding::kPartly);
  EXPECT_THAT(findings[0].what, HasSubstr("image encoders do not: shoal-image-worker, shoal-evaluate-images not in "));
  EXPECT_EQ(findings[0].cure, "launch/install --torch, then launch/build");
}

TEST_F(DoctorImagesTest, AnImageWorkerThatDoesNotStartIsToldWithTheLoadersWords) {
  ImageWorker("echo libtorch_cpu.so: cannot open shared object file >&2; exit 127");
  const auto findings = Findings();
  ASSERT_EQ(findings.size(), 1);
  EXPECT_EQ(findings[0].verdict, Finding::kPartly);
  EXPECT_THAT(findings[0].what, HasSubstr("does not start: libtorch_cpu.so: cannot open shared object file"));
}

TEST_F(DoctorImagesTest, WhatTheImageWorkerSaysOfLibTorchIsTold) {
  ImageWorkerWithFacts(R"({"version":"2.11.0","file":"/lib/libtorch_cpu.so","gpus":0,"quick_bfloat16":true})");
  const auto findings = Findings();
  ASSERT_EQ(findings.size(), 3);
  for (const Finding& finding : findings) EXPECT_EQ(finding.verdict, Finding::kGood) << finding.what;
  EXPECT_THAT(findings[0].what, HasSubstr("LibTorch 2.11.0, /lib/libtorch_cpu.so, starts in "));
  EXPECT_THAT(findings[1].what, HasSubstr("BF16"));
  EXPECT_THAT(findings[2].what, HasSubstr("none here"));
}

TEST_F(DoctorImagesTest, WithoutAmxEncodersTrainInFullPrecision) {
  ImageWorkerWithFacts(R"({"version":"2.11.0","quick_bfloat16":false})");
  const auto findings = Findings();
  ASSERT_EQ(findings.size(), 3);
  EXPECT_EQ(findings[1].verdict, Finding::kSlower);
  EXPECT_THAT(findings[1].what, HasSubstr("no AMX; encoders train in FP32"));
}

TEST_F(DoctorImagesTest, AGpuThatTheBuildOrItsDriverDoesNotUseIsToldWithItsCure) {
  ImageWorkerWithFacts(R"({"version":"2.11.0","cuda":false,"gpus":0})");
  Finding gpus = Findings(/*device_is_here=*/true)[2];
  EXPECT_THAT(gpus.what, HasSubstr("computes on the CPU only"));
  EXPECT_EQ(gpus.cure, "launch/install --torch=cuda, then launch/build");
  ImageWorkerWithFacts(R"({"version":"2.11.0","cuda":true,"gpus":0})");
  gpus = Findings(/*device_is_here=*/true)[2];
  EXPECT_THAT(gpus.what, HasSubstr("CUDA cannot use it"));
  EXPECT_THAT(gpus.cure, HasSubstr("driver"));
}

TEST_F(DoctorImagesTest, SeveralGpusAreOneForAJobWhereTheBuildHasNoNccl) {
  ImageWorkerWithFacts(R"({"version":"2.11.0","cuda":true,"gpus":8,"nccl":true})");
  Finding gpus = Findings(/*device_is_here=*/true)[2];
  EXPECT_EQ(gpus.verdict, Finding::kGood);
  EXPECT_EQ(gpus.what, "8 that encoders train on, summed by NCCL");
  ImageWorkerWithFacts(R"({"version":"2.11.0","cuda":true,"gpus":8,"nccl":false})");
  gpus = Findings(/*device_is_here=*/true)[2];
  EXPECT_EQ(gpus.verdict, Finding::kSlower);
  EXPECT_THAT(gpus.what, HasSubstr("one for a job: this build has no NCCL"));
  ImageWorkerWithFacts(R"({"version":"2.11.0","cuda":true,"gpus":1,"nccl":false})");
  EXPECT_EQ(Findings(/*device_is_here=*/true)[2].verdict, Finding::kGood);
}

}  // namespace
}  // namespace shoal
