#include "worker/objectives/moco_rows.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "common/job/tables.h"
#include "gmock/gmock.h"
#include "tests/unit/worker/images/value_tables.h"
#include "worker/images/key_order.h"

namespace shoal {
namespace {

constexpr uint64_t kQueue = 24, kBatch = 8;
constexpr int64_t kDim = 4;
constexpr size_t kParameters = 3000;

class MocoRowsTest : public ::testing::Test {
 protected:
  MocoRowsTest() {
    job_.mutable_objective()->mutable_moco()->set_queue(kQueue);
    job_.mutable_objective()->mutable_moco()->set_momentum(0.75);
    job_.mutable_encoder()->set_net(job::ImageEncoder::SMALL);
    job_.mutable_encoder()->set_batch(kBatch);
    job_.mutable_encoder()->mutable_head()->set_dim(kDim);
  }

  // Worker `rank` of `workers`, with a learner of its own.
  struct Worker {
    std::unique_ptr<IdleLearner> learner;
    std::unique_ptr<MocoRows> rows;
  };
  std::vector<Worker> Workers(int workers) {
    tables_ = MakeValueTables(job_, 0);
    std::vector<Worker> made(workers);
    for (int rank = 0; rank < workers; ++rank) {
      made[rank].learner = std::make_unique<IdleLearner>(kDim, kParameters);
      std::iota(made[rank].learner->query().begin(), made[rank].learner->query().end(), 1.0f);
      made[rank].rows = std::make_unique<MocoRows>(job_, tables_.get(), made[rank].learner.get(), rank, workers);
    }
    EXPECT_TRUE(made[0].rows->Initialise().ok());
    return made;
  }

  // All workers' step number `step`, whose keys are numbered: key i of the job has i + 1 in all its floats.
  void StepAll(std::vector<Worker>& workers, uint64_t step, double progress = 0) {
    const uint64_t share = kBatch / workers.size(), halves = job_.objective().moco().symmetric() ? 2 : 1;
    std::vector<std::vector<float>> keys(workers.size());
    for (size_t rank = 0; rank < workers.size(); ++rank) {
      StepInput input;
      ASSERT_TRUE(workers[rank].rows->Read(PlaceOf(step, progress, rank, share), &input).ok());
      seen_.assign(input.candidates.begin(), input.candidates.end());
      for (uint64_t half = 0; half < halves; ++half) {
        for (uint64_t i = 0; i < share; ++i) {
          const uint64_t number = (step * halves + half) * kBatch + rank * share + i;
          keys[rank].insert(keys[rank].end(), kDim, static_cast<float>(number + 1));
        }
      }
    }
    for (size_t rank = 0; rank < workers.size(); ++rank) {
      const StepResult result{.embeddings = keys[rank]};
      ASSERT_TRUE(workers[rank].rows->Write(PlaceOf(step, progress, rank, share), result).ok());
    }
  }

  StepPlace PlaceOf(uint64_t step, double progress, size_t rank, uint64_t share) const {
    return {.step = step, .progress = progress, .pictures = pictures_, .first = rank * share, .count = share};
  }

  // The first float of each row of the queue as the last reader saw it.
  std::vector<float> SeenQueue() const {
    std::vector<float> firsts;
    for (uint64_t row = 0; row < kQueue; ++row) firsts.push_back(seen_[row * kDim]);
    return firsts;
  }

  job::Job job_;
  std::vector<uint32_t> pictures_ = std::vector<uint32_t>(kBatch);
  std::unique_ptr<MemoryTables> tables_;
  std::vector<float> seen_;  // The queue, as the last worker of the last step read it.
};

TEST_F(MocoRowsTest, TheQueueHasTheSameKeysInTheSameOrderForAnyNumberOfWorkers) {
  std::vector<std::vector<float>> queues;
  for (const int workers : {1, 2, 4}) {
    std::vector<Worker> all = Workers(workers);
    for (uint64_t step = 0; step < 5; ++step) StepAll(all, step);
    queues.push_back(RowsOf(tables_->table(kQueueTable), kQueue));
  }
  EXPECT_EQ(queues[0], queues[1]);
  EXPECT_EQ(queues[0], queues[2]);
  // Keys 25 to 32 and 33 to 40 have taken the places of 1 to 8 and 9 to 16.
  EXPECT_EQ(queues[0][0], 25);
  EXPECT_EQ(queues[0][8 * kDim], 33);
  EXPECT_EQ(queues[0][16 * kDim], 17);
}

TEST_F(MocoRowsTest, AStepSeesTheKeysOfAllStepsBeforeItAndNoneOfItsOwn) {
  std::vector<Worker> workers = Workers(2);
  for (uint64_t step = 0; step < 4; ++step) StepAll(workers, step);
  std::vector<float> expected(kQueue);
  std::iota(expected.begin(), expected.end(), 1.0f);
  EXPECT_EQ(SeenQueue(), expected) << "keys 1 to 24 are there at the step whose own are 25 to 32";
  EXPECT_EQ(seen_, [&] {
    std::vector<float> rows;
    for (const float number : expected) rows.insert(rows.end(), kDim, number);
    return rows;
  }());
}

TEST_F(MocoRowsTest, AJobThatGoesOnSeesWhatTheTablesHold) {
  std::vector<Worker> workers = Workers(1);
  for (uint64_t step = 0; step < 3; ++step) StepAll(workers, step);
  MocoRows anew(job_, tables_.get(), workers[0].learner.get(), 0, 1);
  StepInput input;
  ASSERT_TRUE(anew.Read(PlaceOf(3, 0, 0, kBatch), &input).ok());
  EXPECT_EQ(input.candidates[0], 1);
  EXPECT_EQ(input.candidates[23 * kDim], 24);
}

TEST_F(MocoRowsTest, SymmetricStepsAddTwoKeysAPicture) {
  job_.mutable_objective()->mutable_moco()->set_symmetric(true);
  job_.mutable_objective()->mutable_moco()->set_queue(32);
  std::vector<std::vector<float>> queues;
  for (const int workers : {1, 2}) {
    std::vector<Worker> all = Workers(workers);
    for (uint64_t step = 0; step < 3; ++step) StepAll(all, step);
    queues.push_back(RowsOf(tables_->table(kQueueTable), 32));
  }
  EXPECT_EQ(queues[0], queues[1]);
  EXPECT_EQ(queues[0][0], 33) << "the third step's are where the first's were";
  EXPECT_EQ(queues[0][16 * kDim], 17);
}

TEST_F(MocoRowsTest, EveryWorkerOfAShuffledStepHasTheSameKeyOrder) {
  job_.mutable_objective()->mutable_moco()->set_shuffle(true);
  std::vector<Worker> workers = Workers(2);
  for (size_t rank = 0; rank < 2; ++rank) {
    StepInput input;
    ASSERT_TRUE(workers[rank].rows->Read(PlaceOf(7, 0, rank, kBatch / 2), &input).ok());
    EXPECT_THAT(input.key_places, ::testing::ElementsAreArray(KeyOrder(job_.seed(), 7, kBatch)));
  }
}

TEST_F(MocoRowsTest, TheQueueBeginsWithDirections) {
  std::vector<Worker> workers = Workers(1);
  const std::vector<float> queue = RowsOf(tables_->table(kQueueTable), kQueue);
  for (uint64_t row = 0; row < kQueue; ++row) {
    double squares = 0;
    for (int64_t d = 0; d < kDim; ++d) squares += queue[row * kDim + d] * queue[row * kDim + d];
    EXPECT_NEAR(squares, 1, 1e-5) << row;
    EXPECT_NE(queue[row * kDim], queue[(row + 1) % kQueue * kDim]) << row;
  }
}

TEST_F(MocoRowsTest, TheKeyEncoderIsTheMovingAverageOfTheQueryEncoder) {
  for (const int workers : {1, 2}) {
    std::vector<Worker> all = Workers(workers);
    std::vector<double> expected(kParameters);
    std::iota(expected.begin(), expected.end(), 1.0);
    for (uint64_t step = 0; step < 4; ++step) {
      for (Worker& worker : all) {
        for (float& parameter : worker.learner->query()) parameter += 2;
      }
      StepAll(all, step);
      for (size_t i = 0; i < kParameters; ++i) {
        expected[i] = 0.75 * expected[i] + 0.25 * all[0].learner->QueryParameters()[i];
      }
    }
    StepAll(all, 4);
    const std::span<const float> keys = all.back().learner->KeyParameters();
    for (size_t i = 0; i < kParameters; ++i) ASSERT_NEAR(keys[i], expected[i], 1e-6 * expected[i]) << i;
  }
}

TEST_F(MocoRowsTest, SyncedEverySoManyStepsItGoesAsFarAsSoManyAverages) {
  job_.mutable_objective()->mutable_moco()->set_key_sync_interval(3);
  std::vector<Worker> workers = Workers(1);
  for (float& parameter : workers[0].learner->query()) parameter += 64;
  for (uint64_t step = 0; step < 2; ++step) StepAll(workers, step);
  EXPECT_EQ(RowsOf(tables_->table(kKeyEncoderTable), 1)[0], 1) << "not yet";
  StepAll(workers, 2);
  EXPECT_FLOAT_EQ(RowsOf(tables_->table(kKeyEncoderTable), 1)[0], 1 + 64 * (1 - 0.75f * 0.75f * 0.75f));
}

TEST_F(MocoRowsTest, MomentumGoesToOneByHalfACosineWhereAsked) {
  job::MoCo settings;
  settings.set_momentum(0.99);
  EXPECT_EQ(MocoRows::MomentumAt(settings, 0.7), 0.99);
  settings.set_momentum_schedule(job::MoCo::COSINE);
  EXPECT_NEAR(MocoRows::MomentumAt(settings, 0), 0.99, 1e-12);
  EXPECT_NEAR(MocoRows::MomentumAt(settings, 0.5), 0.995, 1e-12);
  EXPECT_NEAR(MocoRows::MomentumAt(settings, 1), 1, 1e-12);
}

}  // namespace
}  // namespace shoal
