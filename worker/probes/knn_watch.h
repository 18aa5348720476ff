// KnnWatch: what a training asks now and then to know that it learns: the accuracy of nearest neighbours, by whatever
// features there are by then.
//
//   KnnWatch watch(*train, *test, {.views = views});
//   ASSIGN_OR_RETURN(const double accuracy, watch.Measure(learner.features(), compute));
//
// Thread rule: immutable; one Measure at a time as far as the encoder goes. Outlived by both image files.

#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "data/images/image_file.h"
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
  };

  // The bank's pictures vote on those of `test`; both have the same classes by the same labels.
  KnnWatch(const ImageFile& bank, const ImageFile& test, const Settings& settings)
      : bank_(bank), test_(test), settings_(settings) {}

  // The share of the test pictures that are classified rightly by features of `dim` numbers. Errors as those of
  // PictureFeatures and KnnAccuracy.
  absl::StatusOr<double> Measure(uint32_t dim, const FeatureFunction& compute) const;

 private:
  const ImageFile& bank_;
  const ImageFile& test_;
  const Settings settings_;
};

}  // namespace shoal
