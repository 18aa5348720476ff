// What tells features that fill the sphere from those that have collapsed. Rows are divided by their lengths first; a
// row without a direction counts as 0.
//
// Thread rule: pure functions; safe from any thread.
// Source: Wang and Isola 2020, "Understanding Contrastive Representation Learning through Alignment and Uniformity on
// the Hypersphere", section 4.1.

#pragma once

#include <cstdint>
#include <span>

namespace shoal {

// The standard deviation of each number over the rows [n, dim], the mean of them all, times sqrt(dim): 0 where all rows
// are one, about 1 where they are spread evenly.
double Spread(std::span<const float> rows, uint32_t dim);

// The logarithm of the mean of e^(-2 |x - y|^2) over all pairs of different rows [n, dim]: 0 where all are one point,
// near -4 where they are spread evenly over a sphere of many dimensions. 0 of fewer than two rows. It takes time with
// the square of n: give it a batch.
double Uniformity(std::span<const float> rows, uint32_t dim);

}  // namespace shoal
