#include "worker/probes/knn_watch.h"

#include <span>
#include <vector>

#include "common/status.h"

namespace shoal {

double KnnWatch::chance() const {
  std::vector<int32_t> labels;
  for (const int32_t label : sets_.test().labels()) {
    if (label >= 0) labels.push_back(sets_.LabelInTrain(label));
  }
  return ShareOfCommonest(labels);
}

absl::StatusOr<double> KnnWatch::Measure(uint32_t dim, const FeatureFunction& compute) const {
  const FeatureEncoder encoder{.dim = dim, .views = settings_.views, .compute = compute};
  ASSIGN_OR_RETURN(const FeaturesOfSets features,
                   PictureFeatures(sets_, encoder, settings_.threads, settings_.max_broken_fraction));
  ASSIGN_OR_RETURN(const auto accuracies,
                   KnnAccuracy(features.train, features.test, std::span(&settings_.neighbours, 1),
                               settings_.temperature, settings_.threads));
  return accuracies[0];
}

}  // namespace shoal
