// What tests of the learner begin with: a learner that must come to be, and floats to give it.

#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"
#include "worker/models/contrastive_learner.h"

namespace shoal {

inline std::unique_ptr<ContrastiveLearner> MakeLearner(const LearnerSettings& settings, const WorkerGroup& group = {}) {
  auto learner = ContrastiveLearner::Create(settings, group);
  EXPECT_TRUE(learner.ok()) << learner.status();
  return *std::move(learner);
}

// In [-1, 1); the same for the same key.
inline std::vector<float> RandomFloats(size_t count, uint64_t key) {
  std::vector<float> values(count);
  CounterRandom random(key);
  for (float& value : values) value = 2 * random.NextFloat() - 1;
  return values;
}

}  // namespace shoal
