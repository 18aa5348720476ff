// LearningRate: the learning rate at a place of the plan, as a pure function, so that it depends on no worker's
// progress.
//
// Thread rule: values; functions are pure.
// Sources: Goyal et al. 2017, "Accurate, Large Minibatch SGD", section 2.2 (linear warm-up); Loshchilov and Hutter
// 2017, "SGDR", equation 5 (cosine, without restarts).

#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace shoal {

enum class ScheduleKind { kConstant, kCosine, kStep };

struct LearningRateSettings {
  ScheduleKind kind = ScheduleKind::kCosine;
  double peak = 0.06;              // What the warm-up leads to.
  double warmup_epochs = 0;        // From 0, in a straight line.
  std::vector<double> milestones;  // Of kStep: epochs at which the rate is multiplied by `factor`.
  double factor = 0.1;
};

// At `place` of the whole plan (0 to 1) of `epochs` epochs.
inline double LearningRateAt(const LearningRateSettings& settings, double place, double epochs) {
  const double epoch = std::clamp(place, 0.0, 1.0) * epochs;
  if (epoch < settings.warmup_epochs) return settings.peak * epoch / settings.warmup_epochs;
  switch (settings.kind) {
    case ScheduleKind::kConstant:
      break;
    case ScheduleKind::kStep:
      return settings.peak *
             std::pow(settings.factor,
                      std::ranges::count_if(settings.milestones, [&](double milestone) { return epoch >= milestone; }));
    case ScheduleKind::kCosine: {
      const double rest = std::max(epochs - settings.warmup_epochs, 1e-12);
      const double wave = (1 + std::cos(std::numbers::pi * (epoch - settings.warmup_epochs) / rest)) / 2;
      return settings.peak * wave;
    }
  }
  return settings.peak;
}

}  // namespace shoal
