// The sampler: that a plan holds the windows, weights and words that skip-gram prescribes, whoever draws it.

#include "worker/objectives/skip_gram_sampler.h"

#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

constexpr uint32_t kWords = 50;

job::SkipGram Settings(uint32_t centres = 1, uint32_t block_negatives = 0) {
  job::SkipGram settings;
  settings.set_subsample(0);
  settings.mutable_block()->set_centres(centres);
  settings.mutable_block()->set_negatives(block_negatives);
  return settings;
}

std::vector<uint64_t> Counts() {
  std::vector<uint64_t> counts(kWords);
  for (uint32_t i = 0; i < kWords; ++i) counts[i] = 1000 / (i + 1);
  return counts;
}

// Consecutive words differ.
std::vector<uint32_t> Sentence(size_t length) {
  std::vector<uint32_t> sentence(length);
  for (size_t i = 0; i < length; ++i) sentence[i] = (i * 7) % kWords;
  return sentence;
}

SkipGramPlan Sample(const job::SkipGram& settings, const std::vector<uint32_t>& sentence, uint32_t epoch = 0,
                    uint64_t unit = 0) {
  SkipGramSampler sampler(settings, Counts(), /*seed=*/1);
  sampler.BeginEpoch(epoch);
  SkipGramPlan plan;
  sampler.Sample(sentence, 0, sentence.size(), unit, /*sentence_index=*/3, 0.025f, &plan);
  return plan;
}

// The weight with which each (context place, output word) occurs in the plan, as a positive or a negative.
using Weights = std::map<std::pair<uint32_t, uint32_t>, double>;
void AddWeights(const SkipGramPlan& plan, Weights* positive, Weights* negative) {
  for (const SkipGramPlan::Window& window : plan.windows) {
    for (uint32_t i = 0; i < window.span; ++i) {
      const uint32_t context = window.first_context + i;
      if (window.centres == 1 && context == window.centre) continue;
      const uint32_t mask = window.centres == 1 ? 1 : plan.masks[window.first_mask + i];
      for (uint32_t b = 0; b < window.outputs; ++b) {
        const uint32_t word = plan.outputs[window.first_output + b];
        if (b < window.centres) {
          if (mask >> b & 1) (*positive)[{context, word}] += 1;
        } else {
          (*negative)[{context, word}] += std::popcount(mask) * plan.weights[window.first_weight + b];
        }
      }
    }
  }
}

double Total(const Weights& weights) {
  double total = 0;
  for (const auto& [pair, weight] : weights) total += weight;
  return total;
}

bool operator==(const SkipGramPlan::Window& a, const SkipGramPlan::Window& b) {
  return std::tie(a.first_context, a.span, a.centre, a.first_output, a.outputs, a.measured) ==
         std::tie(b.first_context, b.span, b.centre, b.first_output, b.outputs, b.measured);
}

std::vector<int> Spans(const SkipGramPlan& plan) {
  std::vector<int> spans;
  for (const SkipGramPlan::Window& window : plan.windows) spans.push_back(window.span);
  return spans;
}

TEST(SkipGramSamplerTest, TheSamplesOfASentenceDoNotDependOnWhatWasSampledBefore) {
  const std::vector<uint32_t> sentence = Sentence(200), other = Sentence(77);
  job::SkipGram settings = Settings();
  settings.set_subsample(0.01);
  const SkipGramPlan alone = Sample(settings, sentence, /*epoch=*/2, /*unit=*/9);

  SkipGramSampler sampler(settings, Counts(), /*seed=*/1);
  SkipGramPlan plan;
  sampler.BeginEpoch(0);
  sampler.Sample(other, 0, other.size(), 1, 1, 0.1f, &plan);
  plan.Clear();
  sampler.BeginEpoch(2);
  sampler.Sample(sentence, 0, sentence.size(), 9, 3, 0.025f, &plan);
  EXPECT_EQ(plan.inputs, alone.inputs);
  EXPECT_EQ(plan.outputs, alone.outputs);
  ASSERT_EQ(plan.windows.size(), alone.windows.size());
  for (size_t i = 0; i < plan.windows.size(); ++i) EXPECT_TRUE(plan.windows[i] == alone.windows[i]) << i;
}

TEST(SkipGramSamplerTest, EpochsUnitsAndSentencesDrawDifferentSamples) {
  const std::vector<uint32_t> sentence = Sentence(200);
  const SkipGramPlan plan = Sample(Settings(), sentence, /*epoch=*/0, /*unit=*/0);
  EXPECT_NE(Sample(Settings(), sentence, /*epoch=*/1, /*unit=*/0).outputs, plan.outputs);
  EXPECT_NE(Sample(Settings(), sentence, /*epoch=*/0, /*unit=*/1).outputs, plan.outputs);
  // Of another sentence, and of another piece of one, with the same words.
  SkipGramSampler sampler(Settings(), Counts(), /*seed=*/1);
  sampler.BeginEpoch(0);
  SkipGramPlan same, other_sentence, other_piece;
  sampler.Sample(sentence, 0, sentence.size(), 0, /*sentence_index=*/3, 0.025f, &same);
  EXPECT_EQ(same.outputs, plan.outputs);
  sampler.Sample(sentence, 0, sentence.size(), 0, /*sentence_index=*/4, 0.025f, &other_sentence);
  EXPECT_NE(other_sentence.outputs, plan.outputs);
  std::vector<uint32_t> twice = sentence;
  twice.insert(twice.end(), sentence.begin(), sentence.end());
  sampler.Sample(twice, sentence.size(), twice.size(), 0, /*sentence_index=*/3, 0.025f, &other_piece);
  EXPECT_EQ(other_piece.inputs, plan.inputs);
  EXPECT_NE(other_piece.outputs, plan.outputs);
  EXPECT_NE(Spans(other_piece), Spans(plan));
}

TEST(SkipGramSamplerTest, APieceThatIsSampledInPartsHasTheSameWindows) {
  const std::vector<uint32_t> sentence = Sentence(200);
  const SkipGramPlan whole = Sample(Settings(4, 8), sentence);
  SkipGramSampler sampler(Settings(4, 8), Counts(), /*seed=*/1);
  sampler.BeginEpoch(0);
  SkipGramPlan plan;
  sampler.Begin(sentence, 0, sentence.size(), /*unit=*/0, /*sentence_index=*/3, 0.025f, &plan);
  int parts = 1;
  for (; !sampler.AddWindows(plan.outputs.size() + 30, &plan); ++parts) ASSERT_LT(parts, 200);
  EXPECT_GT(parts, 10);
  EXPECT_EQ(plan.outputs, whole.outputs);
  EXPECT_EQ(plan.masks, whole.masks);
  ASSERT_EQ(plan.windows.size(), whole.windows.size());
  for (size_t i = 0; i < plan.windows.size(); ++i) EXPECT_TRUE(plan.windows[i] == whole.windows[i]) << i;
}

TEST(SkipGramSamplerTest, AWindowHoldsTheNeighboursWithinAReachThatIsUniform) {
  constexpr size_t kLength = 20000;
  const SkipGramPlan plan = Sample(Settings(), Sentence(kLength));
  ASSERT_EQ(plan.windows.size(), kLength);
  std::map<uint32_t, int> reaches;
  uint64_t pairs = 0;
  for (const SkipGramPlan::Window& window : plan.windows) {
    pairs += window.contexts();
    if (window.centre < 5 || window.centre >= kLength - 5) continue;
    const uint32_t reach = window.centre - window.first_context;
    EXPECT_EQ(window.span, 2 * reach + 1);
    ++reaches[reach];
  }
  EXPECT_EQ(plan.pairs, pairs);
  ASSERT_EQ(reaches.size(), 5);
  for (const auto& [reach, count] : reaches) EXPECT_NEAR(count, kLength / 5.0, 5 * std::sqrt(kLength / 5.0)) << reach;
}

TEST(SkipGramSamplerTest, WindowsEndWithThePiece) {
  const SkipGramPlan plan = Sample(Settings(), Sentence(3));
  ASSERT_EQ(plan.windows.size(), 3);
  for (const SkipGramPlan::Window& window : plan.windows) {
    EXPECT_LE(window.first_context + window.span, 3);
    EXPECT_GE(window.contexts(), 1);
  }
}

TEST(SkipGramSamplerTest, ALoneWordMakesNoWindow) { EXPECT_TRUE(Sample(Settings(), {7}).windows.empty()); }

TEST(SkipGramSamplerTest, NoNegativeIsItsCentreAndNoneStandsTwice) {
  for (const uint32_t centres : {1, 4}) {
    const SkipGramPlan plan = Sample(Settings(centres, 8), Sentence(5000));
    for (const SkipGramPlan::Window& window : plan.windows) {
      const auto begin = plan.outputs.begin() + window.first_output;
      EXPECT_EQ(std::set<uint32_t>(begin, begin + window.outputs).size(), window.outputs);
    }
  }
}

TEST(SkipGramSamplerTest, ANegativeDrawnTwiceWeighsTwice) {
  // With fifty words of which few are common, eight draws often coincide.
  const SkipGramPlan plan = Sample(Settings(1, 8), Sentence(2000));
  int repeated = 0;
  for (const SkipGramPlan::Window& window : plan.windows) {
    double weight = 0;
    for (int b = window.centres; b < window.outputs; ++b) weight += plan.weights[window.first_weight + b];
    EXPECT_NEAR(weight, 5, 1e-5);
    repeated += window.outputs < 1 + 8;
  }
  EXPECT_GT(repeated, 100);
}

TEST(SkipGramSamplerTest, AVocabularyOfTwoWordsHasOneNegative) {
  SkipGramSampler sampler(Settings(), {{100, 1}}, /*seed=*/1);
  sampler.BeginEpoch(0);
  SkipGramPlan plan;
  const std::vector<uint32_t> sentence = {0, 1, 0};
  sampler.Sample(sentence, 0, 3, 0, 0, 0.1f, &plan);
  ASSERT_EQ(plan.windows.size(), 3);
  EXPECT_EQ(plan.windows[1].outputs, 2);
  EXPECT_EQ(plan.outputs[plan.windows[1].first_output + 1], 0);
  EXPECT_FLOAT_EQ(plan.weights[plan.windows[1].first_weight + 1], 5);
}

TEST(SkipGramSamplerTest, FrequentWordsAreDroppedByWord2vecsFormula) {
  job::SkipGram settings = Settings();
  settings.set_subsample(0.01);
  std::vector<uint64_t> counts(100, 1000);
  counts[0] = 100000;
  SkipGramSampler sampler(settings, counts, /*seed=*/1);
  sampler.BeginEpoch(0);
  const std::vector<uint32_t> sentence(100000, 0);
  SkipGramPlan plan;
  sampler.Sample(sentence, 0, sentence.size(), 0, 0, 0.1f, &plan);
  const double f = 100000.0 / 199000, keep = (std::sqrt(f / 0.01) + 1) * 0.01 / f;
  EXPECT_NEAR(plan.inputs.size() / 1e5, keep, 5 * std::sqrt(keep * (1 - keep) / 1e5));
}

TEST(SkipGramSamplerTest, RareWordsAllStay) {
  job::SkipGram settings = Settings();
  settings.set_subsample(0.5);
  EXPECT_EQ(Sample(settings, Sentence(1000)).inputs.size(), 1000);
}

// One plan by blocks and one without have the same positive pairs, as both draw the same reaches; and each context
// meets the same total weight of negatives.
TEST(SkipGramSamplerTest, ABlockHasThePairsOfItsCentres) {
  const std::vector<uint32_t> sentence = Sentence(3000);
  Weights plain_positive, plain_negative;
  AddWeights(Sample(Settings(), sentence), &plain_positive, &plain_negative);
  for (const auto& [centres, negatives] : {std::pair{2, 5}, {4, 8}, {8, 64}, {3, 0}}) {
    const SkipGramPlan plan = Sample(Settings(centres, negatives), sentence);
    Weights positive, negative;
    AddWeights(plan, &positive, &negative);
    EXPECT_EQ(positive, plain_positive) << centres;
    EXPECT_NEAR(Total(negative), Total(plain_negative), 1e-3 * Total(negative)) << centres;
    EXPECT_EQ(plan.pairs, Total(plain_positive));
  }
}

// The gradient is linear in the weights of (context, output) pairs; so equal expected weights are equal expected
// gradients. Over many epochs each word is met as a negative as often with blocks as without.
TEST(SkipGramSamplerTest, BlocksLeaveTheExpectedWeightOfEveryNegativeAsItIs) {
  const std::vector<uint32_t> sentence = Sentence(2000);
  std::vector<double> plain(kWords), block(kWords);
  for (uint32_t epoch = 0; epoch < 30; ++epoch) {
    Weights unused, plain_negative, block_negative;
    AddWeights(Sample(Settings(), sentence, epoch), &unused, &plain_negative);
    AddWeights(Sample(Settings(4, 8), sentence, epoch), &unused, &block_negative);
    for (const auto& [pair, weight] : plain_negative) plain[pair.second] += weight;
    for (const auto& [pair, weight] : block_negative) block[pair.second] += weight;
  }
  // A block avoids all its centres, a plain window its one; so a word's own neighbourhood differs by a few per cent.
  for (uint32_t word = 0; word < kWords; ++word) EXPECT_NEAR(block[word] / plain[word], 1, 0.08) << word;
}

TEST(SkipGramSamplerTest, ABlockEndsBeforeACentreComesTwice) {
  const std::vector<uint32_t> sentence = {1, 2, 1, 3, 3, 3, 4, 5};
  const SkipGramPlan plan = Sample(Settings(4, 5), sentence);
  std::vector<int> sizes;
  for (const SkipGramPlan::Window& window : plan.windows) sizes.push_back(window.centres);
  EXPECT_THAT(sizes, ::testing::ElementsAre(2, 2, 1, 3));
}

TEST(SkipGramSamplerTest, OneWindowInSixtyFourIsMeasured) {
  const SkipGramPlan plan = Sample(Settings(), Sentence(6400));
  int measured = 0;
  for (const SkipGramPlan::Window& window : plan.windows) measured += window.measured;
  EXPECT_EQ(measured, 100);
}

TEST(SkipGramSamplerTest, TheFullSoftmaxDrawsNoNegatives) {
  job::SkipGram settings = Settings(4, 8);
  settings.set_loss(job::SkipGram::FULL_SOFTMAX);
  const SkipGramPlan plan = Sample(settings, Sentence(100));
  EXPECT_EQ(plan.windows.size(), 100);
  EXPECT_EQ(plan.outputs.size(), 100);
}

}  // namespace
}  // namespace shoal
