// Printable: a path or a name as one line of text, whatever bytes are in it: C's escapes stand for control bytes and
// for the backslash, so that two names that differ do so as text too. Other bytes, UTF-8's among them, stay.
//
// A pure function; safe from any thread.

#pragma once

#include <string>
#include <string_view>

namespace shoal {

std::string Printable(std::string_view text);

}  // namespace shoal
