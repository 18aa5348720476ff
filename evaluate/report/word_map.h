// WordMap: the commonest words in the plane, as an SVG element: near words have near vectors, as far as two dimensions
// can tell.
//
// The plane is that of the two greatest variances (PCA) of the words' unit vectors. Labels that would cover another are
// moved around their point; where no place is free the point stands alone and tells its word when pointed at.
//
// Pure functions; safe from any thread.

#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/word_vectors.h"

namespace shoal {

struct PlanePoint {
  double x = 0, y = 0;
};

struct Plane {
  std::vector<PlanePoint> points;  // One for each row, centred.
  double explained = 0;            // Share of the variance that the plane keeps.
};

// Of `rows` of the vectors, each made a unit vector; rows without a direction lie in the middle. Signs of the axes are
// chosen so that the same vectors give the same picture.
Plane ProjectToPlane(const WordVectors& vectors, std::span<const uint64_t> rows);

struct MapLabel {
  std::string text;
  PlanePoint point;  // In the drawing.
  double size = 11;  // Of the font.
  bool shown = false;
  double left = 0, baseline = 0;  // Where the text stands, if shown.
};

// Finds places for the labels, the first ones first, within [0, width] x [0, height].
void PlaceLabels(double width, double height, std::vector<MapLabel>* labels);

// Of the first `words` words. Empty where there are fewer than three.
std::string WordMapSvg(const WordVectors& vectors, uint64_t words);

}  // namespace shoal
