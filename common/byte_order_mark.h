// The UTF-8 byte order mark, which editors on Windows put in front of a text: it belongs to no text's grammar.
//
// Thread rule: a pure function; safe from any thread.

#pragma once

#include <string_view>

namespace shoal {

// `text` from behind the mark on, where one stands in front.
inline std::string_view WithoutByteOrderMark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

}  // namespace shoal
