// ShuffleBN: keys in another order than their queries, and what it is for.

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <vector>

#include "common/random.h"
#include "common/shuffled_order.h"
#include "gmock/gmock.h"
#include "tests/unit/models/made_learner.h"
#include "tests/unit/models/thread_group.h"
#include "worker/models/contrastive_learner.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSize = 8, kFloats = 3 * kSize * kSize, kDim = 8, kBatch = 16;

LearnerSettings Settings(BatchNormKind batch_norm, int parts = 1) {
  LearnerSettings settings;
  settings.method = ContrastiveMethod::kMoco;
  settings.image_size = kSize;
  settings.temperature = 0.2;
  settings.encoder.embedding_dim = kDim;
  settings.encoder.head = HeadKind::kLinear;
  settings.encoder.batch_norm = batch_norm;
  settings.encoder.batch_norm_parts = parts;
  return settings;
}

std::vector<uint32_t> OrderOf(uint64_t key) {
  std::vector<uint32_t> order(kBatch);
  LayOutShuffled(CounterRandom(key), order);
  return order;
}

// `views` [batch] in the order in which keys are computed.
std::vector<float> Reordered(const std::vector<float>& views, const std::vector<uint32_t>& order) {
  std::vector<float> reordered(views.size());
  for (size_t i = 0; i < order.size(); ++i) {
    std::copy_n(views.begin() + order[i] * kFloats, kFloats, reordered.begin() + i * kFloats);
  }
  return reordered;
}

std::vector<float> Copy(std::span<const float> floats) { return {floats.begin(), floats.end()}; }

std::vector<float> KeysOf(ContrastiveLearner& learner, const StepInput& input) {
  const auto result = learner.Step(input);
  EXPECT_TRUE(result.ok()) << result.status();
  return Copy(result->embeddings);
}

double Furthest(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double furthest = 0;
  for (size_t i = 0; i < a.size(); ++i) furthest = std::max<double>(furthest, std::abs(a[i] - b[i]));
  return furthest;
}

TEST(ShuffledKeysTest, WhereAllKeysShareTheirStatisticsEachPicturesKeyIsTheOneItHasInOrder) {
  const auto first = RandomFloats(kBatch * kFloats, 1), second = RandomFloats(kBatch * kFloats, 2),
             queue = RandomFloats(8 * kDim, 3);
  const auto order = OrderOf(4);
  const auto shuffled = Reordered(second, order);
  const LearnerSettings settings = Settings(BatchNormKind::kSynchronised);
  const auto alone = MakeLearner(settings);
  const auto expected = KeysOf(*alone, {.first_views = first, .second_views = second, .candidates = queue});
  ThreadGroup group(2);
  group.Run([&](const WorkerGroup& of) {
    const auto learner = MakeLearner(settings, of);
    const auto half = [&of](std::span<const float> span) {
      return span.subspan(of.rank * span.size() / 2, span.size() / 2);
    };
    const auto keys =
        KeysOf(*learner,
               {.first_views = half(first), .second_views = half(shuffled), .candidates = queue, .key_places = order});
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    EXPECT_LT(Furthest(keys, half(expected)), 1e-5);
    EXPECT_LT(Furthest(learner->QueryParameters(), alone->QueryParameters()), 2e-5) << "each query has its own key";
  });
}

TEST(ShuffledKeysTest, KeyPlacesThatAreNoOrderOfTheStepsPicturesAreRefused) {
  const auto views = RandomFloats(kBatch * kFloats, 1), queue = RandomFloats(8 * kDim, 3);
  std::vector<uint32_t> order = OrderOf(4);
  const auto error = [&](bool symmetric) {
    LearnerSettings settings = Settings(BatchNormKind::kLocal);
    settings.symmetric = symmetric;
    const StepInput input{.first_views = views, .second_views = views, .candidates = queue, .key_places = order};
    return std::string(MakeLearner(settings)->Step(input).status().message());
  };
  EXPECT_EQ(error(false), "");
  EXPECT_THAT(error(true), HasSubstr("key_places: 16 numbers, expected 0"));
  order[3] = order[5];
  EXPECT_THAT(error(false), HasSubstr("is there twice, of 16 pictures"));
  order[3] = 16;
  EXPECT_THAT(error(false), HasSubstr("key_places: 16 is no place of a step of 16 pictures"));
  order.pop_back();
  EXPECT_THAT(error(false), HasSubstr("key_places: 15 numbers, expected 16"));
}

// Pictures that tell nothing of themselves, in fours that are normalised together: of a four one picture shows its
// colour in the first view, another in the second, and two in neither. The colour is in the statistics of the four, so
// that the two lie on the same side of its mean in both views: their queries and keys share that, and nothing else.
struct SecretSet {
  explicit SecretSet(uint64_t key)
      : first(RandomFloats(kBatch * kFloats, key)), second(RandomFloats(kBatch * kFloats, key + 1)) {
    CounterRandom random(StreamKey(key, 7));
    for (float& value : first) value *= 0.1f;
    for (float& value : second) value *= 0.1f;
    for (int64_t four = 0; four < kBatch / 4; ++four) {
      const uint32_t colour = random.NextBelow(3);
      Show(colour, first.data() + 4 * four * kFloats);
      Show(colour, second.data() + (4 * four + 1) * kFloats);
    }
  }
  static void Show(uint32_t colour, float* picture) {
    for (int64_t pixel = 0; pixel < kSize * kSize; ++pixel) picture[3 * pixel + colour] += 2;
  }
  std::vector<float> first, second;
};

// A set's second views in the order in which their keys are computed.
struct KeyViews {
  KeyViews(const SecretSet& set, bool shuffle, uint64_t key) : views(set.second) {
    if (!shuffle) return;
    order = OrderOf(key);
    views = Reordered(set.second, order);
  }
  std::vector<float> views;
  std::vector<uint32_t> order;  // Empty where it is the pictures'.
};

std::unique_ptr<ContrastiveLearner> Trained(bool shuffle, uint64_t seed) {
  constexpr int kSteps = 50, kQueueBatches = 4;
  LearnerSettings settings = Settings(BatchNormKind::kSplit, kBatch / 4);
  settings.encoder.seed = seed;
  auto learner = MakeLearner(settings);
  std::vector<float> queue = RandomFloats(kQueueBatches * kBatch * kDim, seed);
  for (int step = 0; step < kSteps; ++step) {
    const SecretSet set(StreamKey(seed, step));
    const KeyViews second(set, shuffle, StreamKey(seed + 1, step));
    const auto keys = KeysOf(*learner, {.first_views = set.first,
                                        .second_views = second.views,
                                        .candidates = queue,
                                        .key_places = second.order,
                                        .learning_rate = 0.05});
    std::ranges::copy(keys, queue.begin() + step % kQueueBatches * keys.size());
    const auto slow = learner->KeyParameters();
    for (size_t i = 0; i < slow.size(); ++i) slow[i] += 0.1f * (learner->QueryParameters()[i] - slow[i]);
  }
  std::ranges::copy(learner->QueryParameters(), learner->KeyParameters().begin());
  return learner;
}

double Cosine(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// By how much nearer queries that show no colour are to their own keys than to those of other fours, as a share of the
// distance to these (cosines): the mean over some steps.
double Advantage(bool shuffle, uint64_t seed) {
  constexpr int kSteps = 20;
  const auto learner = Trained(shuffle, seed);
  const auto keys_of = [&](std::span<const float> views, std::span<const uint32_t> order) {
    static constexpr float kCandidate[kDim] = {1};
    return KeysOf(*learner,
                  {.first_views = views, .second_views = views, .candidates = kCandidate, .key_places = order});
  };
  const auto row = [](std::span<const float> rows, int64_t i) { return rows.subspan(i * kDim, kDim); };
  double own = 0, others = 0;
  for (int step = 0; step < kSteps; ++step) {
    const SecretSet set(StreamKey(seed + 2, step));
    const KeyViews second(set, shuffle, StreamKey(seed + 3, step));
    const auto queries = keys_of(set.first, {}), keys = keys_of(second.views, second.order);
    for (int64_t i = 0; i < kBatch; ++i) {
      for (int64_t j = 0; j < kBatch; ++j) {
        if (i % 4 < 2 || j % 4 < 2 || i / 4 == j / 4) continue;
        own += 1 - Cosine(row(queries, i), row(keys, i));
        others += 1 - Cosine(row(queries, i), row(keys, j));
      }
    }
  }
  return 1 - own / others;
}

// Over seeds 1 to 8: in order 0.53 to 0.97, shuffled -0.03 to 0.06.
TEST(ShuffledKeysTest, StatisticsOfThePartThatGiveAKeyAwayDoSoOnlyInOrder) {
  for (const uint64_t seed : {1, 2, 3, 4}) {
    EXPECT_GT(Advantage(/*shuffle=*/false, seed), 0.3) << seed;
    EXPECT_LT(Advantage(/*shuffle=*/true, seed), 0.15) << seed;
  }
}

}  // namespace
}  // namespace shoal
