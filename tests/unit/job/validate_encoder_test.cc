#include <string>
#include <vector>

#include "common/job/job.h"
#include "gmock/gmock.h"

namespace shoal {
namespace {

// What ValidateJob says to a job on pictures that is right but for `assignments`.
std::string MistakesOf(void (*set_objective)(job::Objective*), const std::vector<std::string>& assignments) {
  job::Job job;
  set_objective(job.mutable_objective());
  job.mutable_data()->mutable_images()->add_path("pictures");
  for (const std::string& assignment : assignments) EXPECT_TRUE(SetField(&job, assignment).ok()) << assignment;
  return std::string(ValidateJob(job).message());
}

std::string MocosMistakes(const std::vector<std::string>& assignments) {
  return MistakesOf([](job::Objective* objective) { objective->mutable_moco(); }, assignments);
}
std::string SimClrsMistakes(const std::vector<std::string>& assignments) {
  return MistakesOf([](job::Objective* objective) { objective->mutable_simclr(); }, assignments);
}
std::string InstancesMistakes(const std::vector<std::string>& assignments) {
  return MistakesOf([](job::Objective* objective) { objective->mutable_instance(); }, assignments);
}

TEST(ValidateEncoderTest, JobsOfDefaultsAreRight) {
  EXPECT_EQ(MocosMistakes({}), "");
  EXPECT_EQ(SimClrsMistakes({}), "");
  EXPECT_EQ(InstancesMistakes({}), "");
}

TEST(ValidateEncoderTest, SimClrDoesNotAccumulate) {
  EXPECT_EQ(SimClrsMistakes({"encoder.accumulation_steps=4"}),
            "encoder.accumulation_steps is 4, but the negatives of objective.simclr are the batch: parts of it would "
            "have fewer, and another loss. Leave it out and share the batch among more workers, or choose moco, whose "
            "negatives are a queue");
  EXPECT_EQ(InstancesMistakes({"encoder.accumulation_steps=4"}), "");
  EXPECT_EQ(MocosMistakes({"encoder.accumulation_steps=4"}), "");
}

TEST(ValidateEncoderTest, PartsOfAccumulationAreEqualAndOfTwoPicturesAtLeast) {
  EXPECT_EQ(MocosMistakes({"encoder.accumulation_steps=5", "workers=4"}),
            "encoder.accumulation_steps is 5, which does not divide a worker's 64 pictures (encoder.batch, 256, over 4 "
            "workers) into parts of 2 or more; use 4 or 8");
  EXPECT_EQ(MocosMistakes({"encoder.accumulation_steps=64", "workers=4"}),
            "encoder.accumulation_steps is 64, which does not divide a worker's 64 pictures (encoder.batch, 256, over "
            "4 workers) into parts of 2 or more; use 32");
  EXPECT_EQ(MocosMistakes({"encoder.accumulation_steps=32", "workers=4"}), "");
}

TEST(ValidateEncoderTest, PartsOfTheNormalisationAreOfTwoPicturesAtLeast) {
  EXPECT_EQ(
      SimClrsMistakes({"encoder.batch=32", "workers=2", "encoder.batch_norm=SPLIT", "encoder.batch_norm_parts=16"}),
      "encoder.batch_norm_parts is 16, as many as a worker's 16 pictures (encoder.batch, 32, over 2 workers): a "
      "part of one picture has no batch to normalise by; lower the one or raise the other");
  EXPECT_EQ(SimClrsMistakes({"encoder.batch=32", "workers=2", "encoder.batch_norm=SPLIT"}), "") << "two each";
  EXPECT_EQ(SimClrsMistakes({"encoder.batch=32", "workers=2", "encoder.batch_norm_parts=16"}), "") << "not SPLIT";
}

TEST(ValidateEncoderTest, AccumulationTakesWholePartsOfTheNormalisation) {
  EXPECT_EQ(MocosMistakes({"encoder.accumulation_steps=16", "encoder.batch_norm=SPLIT"}),
            "encoder.accumulation_steps is 16, which does not divide encoder.batch_norm_parts, 8; with batch_norm "
            "SPLIT a part of the pictures is so many whole parts of the normalisation. Use 8");
  EXPECT_EQ(MocosMistakes({"encoder.accumulation_steps=8", "encoder.batch_norm=SPLIT"}), "");
}

TEST(ValidateEncoderTest, TheQueueOfASymmetricJobTakesBothKeysOfAStepsPictures) {
  EXPECT_EQ(MocosMistakes({"objective.moco.symmetric=true", "objective.moco.queue=768"}),
            "objective.moco.queue is 768, not a multiple of the 512 keys of a step (objective.moco.symmetric: two of "
            "each picture of encoder.batch, 256); the queue would be overwritten in the middle of a batch. Use 1024 or "
            "512");
  EXPECT_EQ(MocosMistakes({"objective.moco.queue=768"}), "");
}

TEST(ValidateEncoderTest, ShufflingIsAMistakeWhereItDoesNothing) {
  EXPECT_EQ(MocosMistakes({"objective.moco.shuffle=true"}),
            "objective.moco.shuffle is true, but with encoder.batch_norm LOCAL and one worker all keys of a step share "
            "their statistics, in whatever order; leave it out, or use SPLIT or more workers");
  EXPECT_EQ(MocosMistakes({"objective.moco.shuffle=true", "workers=2", "encoder.batch_norm=SYNCHRONISED"}),
            "objective.moco.shuffle is true, but with encoder.batch_norm SYNCHRONISED all keys of a step share their "
            "statistics, in whatever order; leave one out");
  EXPECT_EQ(MocosMistakes({"objective.moco.shuffle=true", "workers=2"}), "");
  EXPECT_EQ(MocosMistakes({"objective.moco.shuffle=true", "encoder.batch_norm=SPLIT"}), "");
  EXPECT_EQ(MocosMistakes({"objective.moco.shuffle=true", "encoder.accumulation_steps=2"}), "")
      << "each part has statistics of its own";
}

TEST(ValidateEncoderTest, SymmetricQueriesAreNotShuffled) {
  EXPECT_EQ(MocosMistakes({"objective.moco.shuffle=true", "objective.moco.symmetric=true", "workers=2"}),
            "objective.moco.shuffle is true, but with objective.moco.symmetric each view is a query too, and would "
            "have to be made by two workers: twice the views of a step. Leave one out");
}

TEST(ValidateEncoderTest, MistakesOfAugmentationAreFoundWithAllOthers) {
  EXPECT_EQ(SimClrsMistakes({"encoder.augmentation.crop_scale_min=0.9", "encoder.augmentation.crop_scale_max=0.5",
                             "encoder.augmentation.mean=0.5", "encoder.augmentation.size=2",
                             "encoder.augmentation.blur_kernel=3", "encoder.batch=15", "workers=2"}),
            "encoder.batch is 15, which 2 workers cannot share evenly; use 16 or 14\n"
            "encoder.augmentation.mean has 1 numbers, not three (red, green, blue) or none\n"
            "encoder.augmentation.crop_scale_min is 0.9 and crop_scale_max 0.5; they must rise, from above 0 to at "
            "most 1\n"
            "encoder.augmentation.size is 2, fewer pixels than the 8 that a net can halve as often as it does; 0 takes "
            "the pictures' own");
}

TEST(ValidateEncoderTest, ANumberOutOfItsRangeIsToldOfOnce) {
  job::Job job;
  job.mutable_objective()->mutable_simclr();
  job.mutable_data()->mutable_images()->add_path("pictures");
  job.mutable_encoder()->mutable_augmentation()->set_flip_probability(2);
  EXPECT_EQ(std::string(ValidateJob(job).message()), "encoder.augmentation.flip_probability is 2, not in -1..1");
}

}  // namespace
}  // namespace shoal
