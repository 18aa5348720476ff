#include "launch/memory_plan.h"

#include <gtest/gtest.h>

namespace shoal {
namespace {

job::Job SkipGramJob(uint32_t dim, uint32_t servers) {
  job::Job job;
  job.mutable_objective()->mutable_skip_gram()->set_dim(dim);
  job.mutable_data()->mutable_corpus()->add_path("text.txt");
  job.set_servers(servers);
  return job;
}

constexpr uint64_t kPage = uint64_t{2} << 20;

uint64_t Pages(uint64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

TEST(MemoryPlanTest, TablesAreCountedToTheByteWithPaddingAndWholePages) {
  // 100 floats are padded to 112.
  const MemoryPlan plan = MemoryPlan::Of(SkipGramJob(100, 1), 69397);
  EXPECT_EQ(plan.table_bytes, 2 * Pages(69397 * 112 * 4));
  EXPECT_EQ(plan.total_bytes, plan.coordinator_bytes + plan.server_bytes + plan.worker_bytes);
}

TEST(MemoryPlanTest, ServersShareTheTables) {
  const MemoryPlan one = MemoryPlan::Of(SkipGramJob(128, 1), 1000000),
                   four = MemoryPlan::Of(SkipGramJob(128, 4), 1000000);
  EXPECT_GE(four.table_bytes, one.table_bytes);
  EXPECT_LE(four.table_bytes, one.table_bytes + 2 * 4 * kPage);
  EXPECT_LT(four.server_bytes, one.server_bytes / 3);
}

TEST(MemoryPlanTest, AStatefulOptimizerAddsItsStateToEveryRow) {
  job::Job job = SkipGramJob(128, 1);
  const uint64_t sgd = MemoryPlan::Of(job, 1000000).table_bytes;
  job.mutable_objective()->mutable_skip_gram()->mutable_optimizer()->set_kind(job::RowOptimizer::ADAGRAD);
  EXPECT_NEAR(MemoryPlan::Of(job, 1000000).table_bytes, 2 * sgd, 2 * kPage);
}

TEST(MemoryPlanTest, TablesThatDoNotFitAreRefusedWithTheFieldsToChange) {
  const job::Job job = SkipGramJob(300, 1);
  const MemoryPlan plan = MemoryPlan::Of(job, 10000000);
  Machine machine{.memory_bytes = uint64_t{16} * 1000 * 1000 * 1000, .memory_limited_by = "the machine's free memory"};
  EXPECT_EQ(plan.CheckFits(job, machine).message(),
            "the job needs 49 GB and the machine's free memory is 16 GB: the tables take 24 GB for 10,000,000 words; "
            "lower objective.skip_gram.dim (300) or data.corpus.max_words, raise data.corpus.min_count (5), or spread "
            "the servers over hosts (placement.hostfile)");
  machine.memory_bytes *= 4;
  EXPECT_TRUE(plan.CheckFits(job, machine).ok());
}

TEST(MemoryPlanTest, TablesThatFitWithoutTheirCopyForCheckpointsAreToldSo) {
  job::Job job = SkipGramJob(300, 1);
  const Machine machine{.memory_bytes = uint64_t{32} * 1000 * 1000 * 1000, .memory_limited_by = "free memory"};
  EXPECT_EQ(
      MemoryPlan::Of(job, 10000000).CheckFits(job, machine).message(),
      "the job needs 49 GB and free memory is 32 GB: the tables take 24 GB and their copy for a checkpoint as much "
      "again; go without (checkpoint.interval_seconds=0 checkpoint.interval_epochs=0 checkpoint.at_end=false), or "
      "lower objective.skip_gram.dim (300) or data.corpus.max_words, raise data.corpus.min_count (5), or spread the "
      "servers over hosts (placement.hostfile)");
  job.mutable_checkpoint()->set_interval_seconds(0);
  job.mutable_checkpoint()->set_at_end(false);
  EXPECT_TRUE(MemoryPlan::Of(job, 10000000).CheckFits(job, machine).ok());
}

TEST(MemoryPlanTest, AnEncodersWorkerGrowsWithItsShareOfTheStepAndTheSizeOfTheViews) {
  job::Job job;
  job.mutable_objective()->mutable_moco();
  job.mutable_data()->mutable_images()->add_path("pictures");
  const uint64_t one = MemoryPlan::Of(job, 50000, 32).worker_bytes;
  EXPECT_GT(MemoryPlan::Of(job, 50000, 64).worker_bytes, 2 * one);
  job.set_workers(2);
  EXPECT_LT(MemoryPlan::Of(job, 50000, 32).worker_bytes, one);
  const Machine machine{.memory_bytes = 1000 * 1000 * 1000, .memory_limited_by = "free memory"};
  const std::string message(MemoryPlan::Of(job, 50000, 224).CheckFits(job, machine).message());
  EXPECT_NE(message.find("free memory is 1.0 GB: 2 workers take "), std::string::npos) << message;
  EXPECT_NE(message.find("lower encoder.batch (256)"), std::string::npos) << message;
  EXPECT_NE(message.find("or raise encoder.accumulation_steps"), std::string::npos) << message;
}

TEST(MemoryPlanTest, WhatAGpuComputesIsNoneOfTheHostsMemory) {
  job::Job job;
  job.mutable_objective()->mutable_simclr();
  job.mutable_data()->mutable_images()->add_path("pictures");
  job.mutable_encoder()->set_net(job::ImageEncoder::RESNET50);
  job.mutable_encoder()->set_batch(512);
  EXPECT_GT(MemoryPlan::Of(job, 50000, 224).worker_bytes, 200e9);
  const uint64_t on_gpus = MemoryPlan::Of(job, 50000, 224, /*on_gpus=*/true).worker_bytes;
  // CUDA, three batches of views, the net and its optimizer twice.
  EXPECT_GT(on_gpus, 2e9 + 3 * 1024 * 224 * 224 * 3);
  EXPECT_LT(on_gpus, 4e9);
}

TEST(MemoryPlanTest, WithAccumulationAStepComputesOnePartAtATime) {
  job::Job job;
  job.mutable_objective()->mutable_moco();
  const uint64_t whole = MemoryPlan::Of(job, 50000, 32).worker_bytes;
  job.mutable_encoder()->set_batch(256 / 4);
  const uint64_t quarter = MemoryPlan::Of(job, 50000, 32).worker_bytes;
  job.mutable_encoder()->set_batch(256);
  job.mutable_encoder()->set_accumulation_steps(4);
  const uint64_t in_parts = MemoryPlan::Of(job, 50000, 32).worker_bytes;
  // The views of three batches are made whole.
  EXPECT_EQ(in_parts - quarter, 3 * 2 * (256 - 64) * 32 * 32 * 3 * sizeof(float));
  EXPECT_LT(in_parts, 2 * whole / 3);
}

TEST(MemoryPlanTest, TooManyWorkersAreNamedAsWhatIsTooMuch) {
  job::Job job = SkipGramJob(100, 1);
  job.set_workers(100);
  const Machine machine{.memory_bytes = 1000 * 1000 * 1000, .memory_limited_by = "the control group's limit"};
  const std::string message(MemoryPlan::Of(job, 1000).CheckFits(job, machine).message());
  EXPECT_EQ(message.substr(message.find(": 100")), ": 100 workers take 3.2 GB; lower workers");
}

TEST(MemoryPlanTest, BatchesThatDoNotFitAreNamedByTheirField) {
  job::Job job = SkipGramJob(8192, 1);
  job.mutable_parameter_server()->set_access(job::ParameterServer::REMOTE);
  job.mutable_parameter_server()->set_batch_words(1000000);
  const Machine machine{.memory_bytes = 1000 * 1000 * 1000, .memory_limited_by = "the control group's limit"};
  const std::string message(MemoryPlan::Of(job, 1000000).CheckFits(job, machine).message());
  EXPECT_EQ(message.substr(message.find(": a worker")),
            ": a worker's batches take 393 GB; lower parameter_server.batch_words (1000000)");
}

TEST(MemoryPlanTest, LongPiecesOfSentencesMakeLargeBatches) {
  job::Job job = SkipGramJob(100, 1);
  job.mutable_objective()->mutable_skip_gram()->set_negatives(64);
  const uint64_t usual = MemoryPlan::Of(job, 1000000).batch_bytes;
  job.mutable_objective()->mutable_skip_gram()->set_sentence_limit(1000000);
  job.mutable_data()->mutable_corpus()->set_max_sentence_words(1000000);
  EXPECT_EQ(MemoryPlan::Of(job, 1000000).batch_bytes - usual, 65 * uint64_t{1000000 - 1000} * 2 * 12);
}

TEST(MemoryPlanTest, OtherHostsMemoryIsNotJudged) {
  job::Job job = SkipGramJob(300, 1);
  job.mutable_placement()->set_hostfile("hosts");
  EXPECT_TRUE(MemoryPlan::Of(job, 10000000).CheckFits(job, Machine{.memory_bytes = 1}).ok());
}

TEST(MemoryPlanTest, StrictDeterminismAddsBatchesToWorkersAndARoundsChangesToServers) {
  job::Job job = SkipGramJob(100, 2);
  const MemoryPlan free = MemoryPlan::Of(job, 1000000);
  job.set_determinism(job::Job::STRICT);
  const MemoryPlan strict = MemoryPlan::Of(job, 1000000);
  EXPECT_LT(free.batch_bytes, 1000000u) << "which rows, and where they are";
  EXPECT_GT(strict.batch_bytes, 100 * free.batch_bytes);
  // 8 units of 2,000 words and a sentence of as many, with 5 negatives each, in two tables, over two servers.
  const uint64_t round = 8 * (2000 + 2000) * 6 * 2 * 112 * 4;
  EXPECT_EQ(strict.server_bytes, free.server_bytes + round / 2);
  EXPECT_EQ(strict.total_bytes, free.total_bytes - free.batch_bytes + round + strict.batch_bytes);
}

}  // namespace
}  // namespace shoal
