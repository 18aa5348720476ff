#include "worker/probes/knn_classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Clusters that overlap: each class has a direction, of which a picture has a part.
Features Clusters(uint64_t key, uint64_t pictures, uint32_t dim, int32_t classes, double part) {
  Features features{.dim = dim};
  CounterRandom random(key), centres(17);
  std::vector<float> directions(classes * dim);
  for (float& x : directions) x = centres.NextFloat() - 0.5f;
  for (uint64_t i = 0; i < pictures; ++i) {
    const int32_t label = static_cast<int32_t>(i % classes);
    for (uint32_t k = 0; k < dim; ++k) {
      features.rows.push_back(static_cast<float>(random.NextDouble() - 0.5 + part * directions[label * dim + k]));
    }
    features.labels.push_back(label);
  }
  return features;
}

// The paper's words, in double, a picture at a time.
int32_t ClassOf(const Features& bank, std::span<const float> query, uint64_t k, double temperature) {
  std::vector<double> cosines(bank.size());
  const auto length = [](std::span<const float> x) {
    return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
  };
  for (uint64_t i = 0; i < bank.size(); ++i) {
    const double product = std::inner_product(query.begin(), query.end(), bank.row(i).begin(), 0.0);
    cosines[i] = product / (length(query) * length(bank.row(i)));
  }
  std::vector<uint64_t> order(bank.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint64_t a, uint64_t b) { return cosines[a] > cosines[b]; });
  std::vector<double> votes(100);
  for (uint64_t n = 0; n < std::min<uint64_t>(k, order.size()); ++n) {
    votes[bank.labels[order[n]]] += std::exp(cosines[order[n]] / temperature);
  }
  return static_cast<int32_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
}

std::vector<int32_t> Classes(const Features& bank, std::span<const float> queries, uint64_t k,
                             double temperature = 0.1) {
  return KnnClassifier(bank, temperature).Classify(queries, std::span(&k, 1), /*threads=*/1).value()[0];
}

TEST(KnnClassifierTest, TheVoteIsThatOfAPlainReferenceInDouble) {
  const Features bank = Clusters(1, 2000, 24, 10, 0.4), test = Clusters(2, 300, 24, 10, 0.4);
  const std::vector<uint64_t> ks = {200, 1, 20, 5000};
  const auto predicted = KnnClassifier(bank, 0.1).Classify(test.rows, ks, /*threads=*/2).value();
  ASSERT_EQ(predicted.size(), ks.size());
  for (size_t n = 0; n < ks.size(); ++n) {
    for (uint64_t i = 0; i < test.size(); ++i) {
      ASSERT_EQ(predicted[n][i], ClassOf(bank, test.row(i), ks[n], 0.1)) << "k " << ks[n] << ", picture " << i;
    }
  }
}

TEST(KnnClassifierTest, ClustersAreToldApartAndFeaturesWithoutThemAreAtChance) {
  const std::vector<uint64_t> ks = {kUsualNeighbours};
  const double told = KnnAccuracy(Clusters(1, 3000, 16, 10, 2), Clusters(2, 1000, 16, 10, 2), ks, 0.1, 1).value()[0];
  const double chance = KnnAccuracy(Clusters(1, 3000, 16, 10, 0), Clusters(2, 1000, 16, 10, 0), ks, 0.1, 1).value()[0];
  EXPECT_GT(told, 0.95);
  EXPECT_NEAR(chance, 0.1, 0.04);
}

TEST(KnnClassifierTest, OfEqualVotesTheSmallerLabelWins) {
  const Features bank{.dim = 2, .rows = {0, 1, /**/ 1, 0, /**/ 0, 1, /**/ 1, 0}, .labels = {7, 3, 3, 7}};
  EXPECT_THAT(Classes(bank, std::vector<float>{1, 1}, 4), ElementsAre(3));
}

TEST(KnnClassifierTest, OfEqualCosinesTheEarlierPictureVotes) {
  const Features bank{.dim = 1, .rows = {1, 2, 3, 4}, .labels = {2, 2, 1, 0}};
  EXPECT_THAT(Classes(bank, std::vector<float>{5}, 1), ElementsAre(2));
  EXPECT_THAT(Classes(bank, std::vector<float>{5}, 3), ElementsAre(2));
}

TEST(KnnClassifierTest, ANearerPictureOutvotesTwoFartherOnesAtALowTemperatureOnly) {
  const Features bank{.dim = 2, .rows = {1, 0, /**/ 1, 1, /**/ 1, 1}, .labels = {0, 1, 1}};
  const std::vector<float> query = {1, 0};
  EXPECT_THAT(Classes(bank, query, 3, /*temperature=*/0.1), ElementsAre(0));
  EXPECT_THAT(Classes(bank, query, 3, /*temperature=*/10), ElementsAre(1));
  EXPECT_THAT(Classes(bank, query, 3, /*temperature=*/1e-4), ElementsAre(0)) << "e^10000 is no number";
}

TEST(KnnClassifierTest, MoreNeighboursThanPicturesAreAllPictures) {
  const Features bank{.dim = 1, .rows = {1, 1, 1}, .labels = {1, 0, 0}};
  EXPECT_THAT(Classes(bank, std::vector<float>{1}, 1000), ElementsAre(0));
}

TEST(KnnClassifierTest, SetsThatDoNotFitAreRefused) {
  const Features one{.dim = 1, .rows = {1}, .labels = {0}}, two{.dim = 2, .rows = {1, 1}, .labels = {0}};
  const std::vector<uint64_t> ks = {1};
  EXPECT_THAT(std::string(KnnAccuracy(one, two, ks, 0.1, 1).status().message()),
              HasSubstr("features of 1 and of 2 numbers"));
  EXPECT_THAT(std::string(KnnAccuracy(one, {.dim = 1}, ks, 0.1, 1).status().message()),
              HasSubstr("1 pictures to compare with and 0 to classify"));
}

TEST(KnnClassifierTest, TheCommonestClassIsTheChance) {
  EXPECT_DOUBLE_EQ(ShareOfCommonest(std::vector<int32_t>{1, 2, 2, 5}), 0.5);
  EXPECT_EQ(ShareOfCommonest({}), 0);
}

}  // namespace
}  // namespace shoal
