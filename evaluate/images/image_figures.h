// ImageFigures: what was measured of an image encoder and of its controls, as a table for people and as JSON for
// machines.
//
// The same two measures, nearest neighbours and the linear probe, are taken of the trained features, of those of the
// same net untrained, and of the raw pixels: a figure says something only beside them.
//
// Thread rule: values; MeasureFeatures is safe from any thread and starts threads of its own.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "evaluate/images/linear_probe.h"
#include "evaluate/images/picture_neighbours.h"
#include "worker/probes/features.h"
#include "worker/probes/knn_classifier.h"

namespace shoal {

// How to measure.
struct FeatureMeasures {
  std::vector<uint64_t> neighbours = {kUsualNeighbours};  // The k's; the first is the one that counts.
  double temperature = kUsualKnnTemperature;
  double c = 0;  // As LinearProbeOptions'.
  uint32_t threads = 1;
};

struct FeatureFigures {
  uint32_t dim = 0;
  std::vector<double> knn;  // A share for each k.
  LinearProbeResult linear;
  double spread = 0;  // Of the classified pictures' features (worker/probes/sphere_statistics.h).
};

absl::StatusOr<FeatureFigures> MeasureFeatures(const Features& train, const Features& test,
                                               const FeatureMeasures& measures);

struct ImageFigures {
  std::string run;
  std::string net;
  uint64_t image_size = 0;
  uint64_t train_pictures = 0, test_pictures = 0, classes = 0;
  double chance = 0;  // The share of the commonest class among the classified pictures.
  FeatureMeasures measures;
  FeatureFigures trained, untrained, raw;
  std::vector<PictureNeighbours> neighbours;
};

std::string FiguresTable(const ImageFigures& figures);
std::string FiguresJson(const ImageFigures& figures);

}  // namespace shoal
