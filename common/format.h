// Numbers as people read them, in lines of progress, tables and pages. Pure functions; safe from any thread.

#pragma once

#include <cstdint>
#include <string>

namespace shoal {

// "1.5 GB", in powers of 1,000.
std::string FormatBytes(uint64_t bytes);

// "69,397".
std::string FormatCount(uint64_t count);

// "1.83 M", "830 k", "1234", "0.35": three digits or so, of what may be any size.
std::string FormatScaled(double number);

// "3:12", "2:03:12", as a clock counts: a time that is left, or that a whole run took.
std::string FormatClock(double seconds);

// "0.84 s", "41 s", "3 min 12 s", "2 h 03 min": short times keep their fraction, each has its unit.
std::string FormatDuration(double seconds);

}  // namespace shoal
