#include "worker/objectives/bank_rows.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "common/job/tables.h"
#include "gtest/gtest.h"
#include "tests/unit/worker/images/value_tables.h"

namespace shoal {
namespace {

constexpr uint64_t kPictures = 40, kBatch = 4;
constexpr int64_t kDim = 3;

class BankRowsTest : public ::testing::Test {
 protected:
  BankRowsTest() {
    job_.mutable_objective()->mutable_instance()->set_momentum(0.5);
    job_.mutable_encoder()->set_net(job::ImageEncoder::SMALL);
    job_.mutable_encoder()->set_batch(kBatch);
    job_.mutable_encoder()->mutable_head()->set_dim(kDim);
    tables_ = MakeValueTables(job_, kPictures);
  }

  BankRows Rows() { return BankRows(job_, tables_.get(), kPictures); }

  // Of worker `rank` of two, in a step of pictures 5, 17, 30, 2.
  StepPlace PlaceOf(uint64_t rank, uint64_t step = 0) const {
    return {.step = step, .pictures = pictures_, .first = 2 * rank, .count = 2};
  }

  job::Job job_;
  const std::vector<uint32_t> pictures_ = {5, 17, 30, 2};
  std::unique_ptr<MemoryTables> tables_;
};

TEST_F(BankRowsTest, ItBeginsWithDirections) {
  ASSERT_TRUE(Rows().Initialise().ok());
  const std::vector<float> bank = RowsOf(tables_->table(kBankTable), kPictures);
  for (uint64_t row = 0; row < kPictures; ++row) {
    EXPECT_NEAR(std::hypot(bank[row * kDim], bank[row * kDim + 1], bank[row * kDim + 2]), 1, 1e-5) << row;
  }
}

TEST_F(BankRowsTest, APicturesRowMovesTowardsItsFeaturesAndStaysOfUnitLength) {
  ASSERT_TRUE(Rows().Initialise().ok());
  const std::vector<float> before = RowsOf(tables_->table(kBankTable), kPictures);
  const std::vector<float> features = {1, 0, 0, 0, 1, 0};
  ASSERT_TRUE(Rows().Write(PlaceOf(0), {.embeddings = features}).ok());
  const std::vector<float> after = RowsOf(tables_->table(kBankTable), kPictures);
  for (uint64_t row = 0; row < kPictures; ++row) {
    const bool written = row == 5 || row == 17;
    EXPECT_EQ(std::equal(&before[row * kDim], &before[row * kDim] + kDim, &after[row * kDim]), !written) << row;
  }
  const float x = 0.5f * before[5 * kDim] + 0.5f, y = 0.5f * before[5 * kDim + 1], z = 0.5f * before[5 * kDim + 2];
  const float length = std::hypot(x, y, z);
  EXPECT_NEAR(after[5 * kDim], x / length, 1e-6);
  EXPECT_NEAR(after[5 * kDim + 1], y / length, 1e-6);
}

TEST_F(BankRowsTest, BySoftmaxEachStepSeesTheWholeBankAfterAllWorkersLastOne) {
  BankRows first = Rows(), second = Rows();
  ASSERT_TRUE(first.Initialise().ok());
  const std::vector<float> features = {1, 0, 0, 0, 1, 0};
  for (uint64_t step = 0; step < 3; ++step) {
    for (uint64_t rank = 0; rank < 2; ++rank) {
      StepInput input;
      ASSERT_TRUE((rank == 0 ? first : second).Read(PlaceOf(rank, step), &input).ok());
      EXPECT_EQ(std::vector<float>(input.candidates.begin(), input.candidates.end()),
                RowsOf(tables_->table(kBankTable), kPictures));
      EXPECT_EQ(std::vector<int64_t>(input.places.begin(), input.places.end()),
                rank == 0 ? (std::vector<int64_t>{5, 17}) : (std::vector<int64_t>{30, 2}));
    }
    ASSERT_TRUE(first.Write(PlaceOf(0, step), {.embeddings = features}).ok());
    ASSERT_TRUE(second.Write(PlaceOf(1, step), {.embeddings = features}).ok());
  }
}

TEST_F(BankRowsTest, ByNceAllWorkersDrawTheSameSampleAndAnotherAtTheNextStep) {
  job_.mutable_objective()->mutable_instance()->set_loss(job::InstanceDiscrimination::NCE);
  job_.mutable_objective()->mutable_instance()->set_negatives(16);
  BankRows first = Rows(), second = Rows();
  ASSERT_TRUE(first.Initialise().ok());
  const auto sample = [&](BankRows& rows, uint64_t rank, uint64_t step) {
    StepInput input;
    EXPECT_TRUE(rows.Read(PlaceOf(rank, step), &input).ok());
    EXPECT_EQ(input.positives.size(), 2u * kDim);
    return std::vector<float>(input.candidates.begin(), input.candidates.end());
  };
  EXPECT_EQ(sample(first, 0, 0), sample(second, 1, 0));
  EXPECT_NE(sample(first, 0, 0), sample(first, 0, 1));
  EXPECT_EQ(sample(first, 0, 0).size(), 16u * kDim);
}

TEST_F(BankRowsTest, ByNceThePositivesAreThePicturesOwnRows) {
  job_.mutable_objective()->mutable_instance()->set_loss(job::InstanceDiscrimination::NCE);
  BankRows rows = Rows();
  ASSERT_TRUE(rows.Initialise().ok());
  const std::vector<float> bank = RowsOf(tables_->table(kBankTable), kPictures);
  StepInput input;
  ASSERT_TRUE(rows.Read(PlaceOf(1), &input).ok());
  EXPECT_TRUE(std::equal(input.positives.begin(), input.positives.begin() + kDim, bank.begin() + 30 * kDim));
  EXPECT_TRUE(std::equal(input.positives.begin() + kDim, input.positives.end(), bank.begin() + 2 * kDim));
}

}  // namespace
}  // namespace shoal
