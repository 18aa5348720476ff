// What someone probably meant who wrote a name that does not exist.
//
// Pure functions; safe from any thread.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shoal {

// Letters to insert, delete, change or swap with their neighbour to get from one to the other, upper and lower case
// being the same. Optimal string alignment: Damerau 1964, each swap edited no further.
size_t EditDistance(std::string_view from, std::string_view to);

// The candidate nearest to `name`, or empty where none is near: at most a third of the name's letters differ (one at
// least).
std::string NearestName(std::string_view name, const std::vector<std::string>& candidates);

// "; did you mean window?", or where nothing is near ", not one of a, b, c".
std::string Suggestion(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace shoal
