#include "worker/augment/colour_plan.h"

#include <algorithm>

#include "worker/augment/view_arithmetic.h"

namespace shoal {
namespace {

using Kind = ColourStep::Kind;
constexpr Kind kKinds[] = {Kind::kBrightness, Kind::kContrast, Kind::kSaturation, Kind::kHue, Kind::kGrey};

class Planner {
 public:
  Planner(std::span<const BatchView> views, std::span<const int64_t> piece, ColourPlan* plan) : plan_(*plan) {
    for (const int64_t number : piece) views_.push_back(&views[number].drawn);
  }

  void AddRound(int round) {
    for (const Kind kind : kKinds) {
      const auto has_it = [&](const DrawnView& view) {
        return round < view.colour_steps && view.colour[round].kind == kind;
      };
      const ColourPlan::Group group = Choose(has_it, [&](const DrawnView& view) {
        const float factor = view.colour[round].factor;
        return kind == Kind::kHue ? HueTurn(factor) : factor;
      });
      if (group.count > 0) plan_.steps.push_back({kind, group});
    }
  }

  void AddBlur(int kernel) {
    std::vector<std::vector<float>> weights;
    size_t widest = 0;
    plan_.blurred = Choose([](const DrawnView& view) { return view.blur_sigma > 0; },
                           [&](const DrawnView& view) {
                             FillBlurWeights(view.blur_sigma, kernel, &weights.emplace_back());
                             widest = std::max(widest, weights.back().size());
                             return view.blur_sigma;
                           });
    for (std::vector<float>& own : weights) {
      own.resize(widest, 0);
      plan_.blur_weights.insert(plan_.blur_weights.end(), own.begin(), own.end());
    }
  }

  void AddSolarisation() {
    plan_.solarised = Choose([](const DrawnView& view) { return view.solarise; }, [](const DrawnView&) { return 0; });
  }

 private:
  // The views that `has_it`, with each one's number.
  template <typename HasIt, typename NumberOf>
  ColourPlan::Group Choose(const HasIt& has_it, const NumberOf& number_of) {
    const auto begin = static_cast<int64_t>(plan_.places.size());
    for (size_t place = 0; place < views_.size(); ++place) {
      if (!has_it(*views_[place])) continue;
      plan_.places.push_back(static_cast<int64_t>(place));
      plan_.numbers.push_back(static_cast<float>(number_of(*views_[place])));
    }
    return {begin, static_cast<int64_t>(plan_.places.size()) - begin};
  }

  ColourPlan& plan_;
  std::vector<const DrawnView*> views_;
};

}  // namespace

ColourPlan PlanColours(const AugmentationSettings& settings, std::span<const BatchView> views,
                       std::span<const int64_t> piece) {
  ColourPlan plan;
  Planner planner(views, piece, &plan);
  for (int round = 0; round < DrawnView::kMaxColourSteps; ++round) planner.AddRound(round);
  planner.AddBlur(settings.blur_kernel);
  planner.AddSolarisation();
  return plan;
}

}  // namespace shoal
