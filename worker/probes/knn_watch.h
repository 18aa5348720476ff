// KnnWatch: what a training asks now and then to know that it learns: the accuracy of nearest neighbours, by whatever
// features there are by then.
//
//   KnnWatch watch(std::move(sets), {.views = views});
//   ASSIGN_OR_RETURN(const double accuracy, watch.Measure(learner.features(), compute));
//
// Thread rule: immutable; one Measure at a time as far as the encoder goes.

#pragma once

#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "data/images/picture_sets.h"
#include "worker/probes/knn_classifier.h"
#include "worker/probes/picture_features.h"

namespace shoal {

class KnnWatch {
 public:
  struct Settings {
    AugmentationSettings views;
    uint64_t neighbours = kUsualNeighbours;
    double temperature = kUsualKnnTemperature;
    uint32_t threads = 1;
    double max_broken_fraction = 0;  // Of each set's pictures.
  };

  KnnWatch(PictureSets sets, const Settings& settings) : sets_(std::move(sets)), settings_(settings) {}

  // The share of the commonest class among the pictures to classify.
  double chance() const;

  // The share of the pictures to classify that are classified rightly by features of `dim` numbers. Errors as those of
  // PictureFeatures and KnnAccuracy.
  absl::StatusOr<double> Measure(uint32_t dim, const FeatureFunction& compute) const;

 private:
  PictureSets sets_;
  const Settings settings_;
};

}  // namespace shoal
