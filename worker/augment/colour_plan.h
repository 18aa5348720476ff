// ColourPlan: which views of a batch each operation on colours is done to, as tables for a device.
//
// A batch's views have steps of their own in an order of their own. They are done in rounds: of each view the first
// step, then of each the second; within a round all views with the same kind of step are one group, and worked on at
// once. All groups lie in one table, so that one copy takes them to the device before the first is needed.
//
// Thread rule: values and a pure function; safe from any thread. Knows no Torch.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/job/augmentation_settings.h"
#include "worker/augment/picture_batch.h"

namespace shoal {

struct ColourPlan {
  // Rows [begin, begin + count) of the tables.
  struct Group {
    int64_t begin = 0, count = 0;
  };
  struct Step {
    ColourStep::Kind kind;
    Group group;
  };

  std::vector<int64_t> places;  // Of the groups' views in the piece.
  std::vector<float> numbers;   // Each one's factor; of a hue its turn.

  std::vector<Step> steps;  // In the order in which they are done; then come:
  Group blurred, solarised;
  std::vector<float> blur_weights;  // [blurred, the widest radius + 1], zeros where a view's is smaller.
};

// For the views numbered `piece` of `views`, whose place is that in `piece`.
ColourPlan PlanColours(const AugmentationSettings& settings, std::span<const BatchView> views,
                       std::span<const int64_t> piece);

}  // namespace shoal
