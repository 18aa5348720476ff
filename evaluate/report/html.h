// Text on its way into HTML and SVG.
//
// Pure functions; safe from any thread.

#pragma once

#include <string>
#include <string_view>

namespace shoal {

// Fit for text and for quoted attributes: & < > " ' as entities. Control characters, which HTML cannot hold, and bytes
// that are no UTF-8 become U+FFFD.
std::string EscapeHtml(std::string_view text);

// Width of `text` in a sans-serif font, about, in units of the font's size. Wide scripts count fully.
double TextWidth(std::string_view text);

}  // namespace shoal
