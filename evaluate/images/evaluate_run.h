// EvaluateRun: everything `shoal evaluate images` does, from an output folder and a labelled set to figures and files.
//
// Thread rule: one at a time in a process, as Torch's threads are the process's.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/images/picture_sets.h"
#include "evaluate/images/image_figures.h"

namespace shoal {

struct ImageEvaluation {
  std::string run;  // Its output folder.
  PictureSetOptions sets;
  FeatureMeasures measures;
  std::string features_folder;             // Empty: features are not kept.
  std::vector<std::string> neighbours_of;  // Paths, as FindPictureNeighbours takes them.
  uint64_t neighbours = 10;
  std::string sheet;  // Path of the PNG; empty: none.
};

// Figures of the trained features, the untrained net's and the raw pixels. Into features_folder, which is made, go
// {train,test}_{features,labels}.npy, the trained ones, and classes.txt, a class a line by label. Errors name what
// could not be read or written.
absl::StatusOr<ImageFigures> EvaluateRun(const ImageEvaluation& evaluation);

}  // namespace shoal
