// LineChart: one quantity over time, as an SVG element to stand in a page.
//
// Colours and fonts are the page's: the elements carry classes (grid, axis, line, area, epoch, last).
//
// Pure functions; safe from any thread.

#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shoal {

struct LineChart {
  std::string title;
  std::vector<std::pair<double, double>> points;  // (seconds, value), seconds rising; not finite values are left out.
  std::vector<double> marks;                      // Seconds at which an epoch began, rising; some where they are many.
  bool from_zero = false;                         // The value axis begins at 0.
};

// About `count` round numbers (1, 2, 5 times a power of ten apart) that cover [low, high]; two at least. Where the two
// ends differ by rounding only, a range around them.
std::vector<double> RoundTicks(double low, double high, int count);

// Empty where there are fewer than two points.
std::string LineChartSvg(const LineChart& chart);

}  // namespace shoal
