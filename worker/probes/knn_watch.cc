#include "worker/probes/knn_watch.h"

#include <span>

#include "common/status.h"

namespace shoal {

absl::StatusOr<double> KnnWatch::Measure(uint32_t dim, const FeatureFunction& compute) const {
  const FeatureEncoder encoder{.dim = dim, .views = settings_.views, .compute = compute};
  ASSIGN_OR_RETURN(const Features bank, PictureFeatures(bank_, encoder, settings_.threads));
  ASSIGN_OR_RETURN(const Features test, PictureFeatures(test_, encoder, settings_.threads));
  ASSIGN_OR_RETURN(const auto accuracies, KnnAccuracy(bank, test, std::span(&settings_.neighbours, 1),
                                                      settings_.temperature, settings_.threads));
  return accuracies[0];
}

}  // namespace shoal
