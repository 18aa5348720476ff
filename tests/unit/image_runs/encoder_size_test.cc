// What the coordinator reckons of a net without making it, held against the nets that workers make.

#include "common/job/encoder_size.h"

#include "gtest/gtest.h"
#include "worker/models/contrastive_learner.h"
#include "worker/objectives/contrastive_settings.h"

namespace shoal {
namespace {

class EncoderSizeTest : public ::testing::TestWithParam<job::ImageEncoder::Net> {
 protected:
  // With a stem that is chosen, as the one that the pictures choose is reckoned as the larger.
  static job::Job JobOf(job::ProjectionHead::Kind head, job::DenseOptimizer::Kind optimizer, bool moco) {
    job::Job job;
    moco ? static_cast<void>(job.mutable_objective()->mutable_moco())
         : static_cast<void>(job.mutable_objective()->mutable_simclr());
    job.mutable_encoder()->set_net(GetParam());
    job.mutable_encoder()->set_stem(job::ImageEncoder::CIFAR);
    job.mutable_encoder()->mutable_head()->set_kind(head);
    job.mutable_encoder()->mutable_optimizer()->set_kind(optimizer);
    return job;
  }

  static std::unique_ptr<ContrastiveLearner> LearnerOf(const job::Job& job) {
    auto learner =
        ContrastiveLearner::Create(LearnerSettingsOf(job, /*pictures=*/100, /*view_size=*/32, /*threads=*/1));
    EXPECT_TRUE(learner.ok()) << learner.status();
    return *std::move(learner);
  }
};

TEST_P(EncoderSizeTest, ParametersBuffersAndFeaturesAreTheNets) {
  for (const auto head : {job::ProjectionHead::LINEAR, job::ProjectionHead::MLP, job::ProjectionHead::NORMALISED_MLP}) {
    const job::Job job = JobOf(head, job::DenseOptimizer::SGD, /*moco=*/false);
    const auto learner = LearnerOf(job);
    const EncoderSize size = EncoderSize::Of(job.encoder());
    EXPECT_EQ(size.features, static_cast<uint64_t>(learner->features()));
    // A head's biases and norms may be left out of it; the tables have room for them.
    EXPECT_GE(size.parameters, learner->QueryParameters().size());
    EXPECT_LT(size.parameters, learner->QueryParameters().size() + 3 * (size.features + 128));
    EXPECT_GE(size.buffers, learner->RunningStatistics().size());
  }
}

TEST_P(EncoderSizeTest, TheStateTableHasRoomForTheStateAndLittleMore) {
  for (const bool moco : {false, true}) {
    const auto optimizer = moco ? job::DenseOptimizer::ADAMW : job::DenseOptimizer::SGD;
    const job::Job job = JobOf(job::ProjectionHead::MLP, optimizer, moco);
    const uint64_t floats = LearnerOf(job)->StateFloats();
    EXPECT_GE(TrainingStateFloats(job), floats + 2);
    EXPECT_LT(TrainingStateFloats(job), 1.02 * static_cast<double>(floats) + 8192);
  }
}

INSTANTIATE_TEST_SUITE_P(Nets, EncoderSizeTest,
                         ::testing::Values(job::ImageEncoder::SMALL, job::ImageEncoder::RESNET18,
                                           job::ImageEncoder::RESNET50),
                         [](const auto& info) { return job::ImageEncoder::Net_Name(info.param); });

}  // namespace
}  // namespace shoal
