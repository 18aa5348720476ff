// What this build is, as handshakes, results and metrics say it. Constants; safe from any thread.

#pragma once

#include <string_view>

namespace shoal {

// "0.1.0", the project's version in CMakeLists.txt.
std::string_view Version();

// "GNU 12.2.0".
std::string_view Compiler();

}  // namespace shoal
