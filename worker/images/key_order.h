// KeyOrder: whose keys are computed together in a step of MoCo with ShuffleBN: a permutation of the step's pictures.
//
// Queries are computed in the order of the pictures, keys in this one, so that a query and its key are normalised among
// different pictures: no statistics that both share tell which key is the query's own. Views are drawn by (seed, epoch,
// picture, view) alone, so that any worker can make the view of any picture: keys are brought back to the order of the
// pictures, pixels never travel.
//
// Pure function; safe from any thread.
// Source: He et al. 2020, "Momentum Contrast", section 3.3.

#pragma once

#include <cstdint>
#include <vector>

namespace shoal {

// [batch]: key i of a step is of the picture at place [i] of the step. The same for every worker, and another at each
// step.
std::vector<uint32_t> KeyOrder(uint64_t seed, uint64_t step, uint64_t batch);

}  // namespace shoal
