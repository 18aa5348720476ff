// ShuffleBN: keys in another order than their queries, and what it is for.

#include <algorithm>
#include <cmath>
#include <mutex>
#include <vector>

#include "common/random.h"
#include "common/shuffled_order.h"
#include "gmock/gmock.h"
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

std::unique_ptr<ContrastiveLearner> Make(const LearnerSettings& settings, const WorkerGroup& group = {}) {
  auto learner = ContrastiveLearner::Create(settings, group);
  EXPECT_TRUE(learner.ok()) << learner.status();
  return *std::move(learner);
}

std::vector<float> Random(size_t count, uint64_t key) {
  std::vector<float> values(count);
  CounterRandom random(key);
  for (float& value : values) value = 2 * random.NextFloat() - 1;
  return values;
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
  const auto first = Random(kBatch * kFloats, 1), second = Random(kBatch * kFloats, 2), queue = Random(8 * kDim, 3);
  const auto order = OrderOf(4);
  const auto shuffled = Reordered(second, order);
  const LearnerSettings settings = Settings(BatchNormKind::kSynchronised);
  const auto alone = Make(settings);
  const auto expected = KeysOf(*alone, {.first_views = first, .second_views = second, .candidates = queue});
  ThreadGroup group(2);
  group.Run([&](const WorkerGroup& of) {
    const auto learner = Make(settings, of);
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
  const auto views = Random(kBatch * kFloats, 1), queue = Random(8 * kDim, 3);
  std::vector<uint32_t> order = OrderOf(4);
  const auto error = [&](bool symmetric) {
    LearnerSettings settings = Settings(BatchNormKind::kLocal);
    settings.symmetric = symmetric;
    const StepInput input{.first_views = views, .second_views = views, .candidates = queue, .key_places = order};
    return std::string(Make(settings)->Step(input).status().message());
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

// Pictures that tell nothing of themselves, in pairs that are normalised together: of one of a pair only the first view
// shows the pair's colour, of the other only the second. A query and its key then share nothing but the statistics of
// their pairs, in which the colour is.
struct SecretSet {
  explicit SecretSet(uint64_t key) : first(Random(kBatch * kFloats, key)), second(Random(kBatch * kFloats, key + 1)) {
    CounterRandom random(StreamKey(key, 7));
    for (float& value : first) value *= 0.1f;
    for (float& value : second) value *= 0.1f;
    for (int64_t pair = 0; pair < kBatch / 2; ++pair) {
      const uint32_t colour = random.NextBelow(3);
      Show(colour, first.data() + 2 * pair * kFloats);
      Show(colour, second.data() + (2 * pair + 1) * kFloats);
    }
  }
  static void Show(uint32_t colour, float* picture) {
    for (int64_t pixel = 0; pixel < kSize * kSize; ++pixel) picture[3 * pixel + colour] += 2;
  }
  std::vector<float> first, second;
};

// By how much nearer a query's own key is than the queue's, the mean of the last of some steps.
double Advantage(bool shuffle, uint64_t seed) {
  constexpr int kSteps = 150, kCounted = 30, kQueueBatches = 4;
  LearnerSettings settings = Settings(BatchNormKind::kSplit, kBatch / 2);
  settings.encoder.seed = seed;
  const auto learner = Make(settings);
  std::vector<float> queue = Random(kQueueBatches * kBatch * kDim, seed);
  double advantage = 0;
  for (int step = 0; step < kSteps; ++step) {
    const SecretSet set(StreamKey(seed, step));
    const auto order = OrderOf(StreamKey(seed + 1, step));
    const auto second = shuffle ? Reordered(set.second, order) : set.second;
    StepInput input{.first_views = set.first, .second_views = second, .candidates = queue, .learning_rate = 0.05};
    if (shuffle) input.key_places = order;
    const auto result = learner->Step(input);
    EXPECT_TRUE(result.ok()) << result.status();
    if (step >= kSteps - kCounted) {
      advantage += (result->positive_similarity - result->negative_similarity) / kCounted;
    }
    std::ranges::copy(result->embeddings, queue.begin() + step % kQueueBatches * result->embeddings.size());
    const auto keys = learner->KeyParameters();
    for (size_t i = 0; i < keys.size(); ++i) keys[i] += 0.1f * (learner->QueryParameters()[i] - keys[i]);
  }
  return advantage;
}

// In order, two of the first four seeds find the way within so few steps, to 0.46 and 0.63; shuffled, none goes beyond
// 0.001.
TEST(ShuffledKeysTest, StatisticsOfThePartThatGiveAKeyAwayDoSoOnlyInOrder) {
  double best_in_order = 0;
  for (const uint64_t seed : {1, 4}) {
    best_in_order = std::max(best_in_order, Advantage(/*shuffle=*/false, seed));
    EXPECT_LT(std::abs(Advantage(/*shuffle=*/true, seed)), 0.05);
  }
  EXPECT_GT(best_in_order, 0.2);
}

}  // namespace
}  // namespace shoal
