// Numbers as people read them. Pure functions; safe from any thread.

#pragma once

#include <cstdint>
#include <string>

namespace shoal {

// "1.5 GB", in powers of 1,000.
std::string FormatBytes(uint64_t bytes);

// "69,397".
std::string FormatCount(uint64_t count);

// "1.83 M", "830 k", "12".
std::string FormatScaled(double number);

// "3:12", "2:03:12".
std::string FormatDuration(double seconds);

}  // namespace shoal
