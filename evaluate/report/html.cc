#include "evaluate/report/html.h"

#include <utf8proc.h>

namespace shoal {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// The letter that `text` begins with; -1 where its first byte begins none. Takes it off `text`.
int32_t TakeLetter(std::string_view* text) {
  utf8proc_int32_t letter = -1;
  const auto bytes = reinterpret_cast<const utf8proc_uint8_t*>(text->data());
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, text->size(), &letter);
  text->remove_prefix(length > 0 ? length : 1);
  return length > 0 ? letter : -1;
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    const std::string_view before = text;
    const int32_t letter = TakeLetter(&text);
    const std::string_view bytes = before.substr(0, before.size() - text.size());
    const bool control = letter < 0x20 && letter != '\n' && letter != '\t';
    if (control || (letter >= 0x7f && letter < 0xa0)) {
      html += kReplacement;
    } else if (letter == '&') {
      html += "&amp;";
    } else if (letter == '<') {
      html += "&lt;";
    } else if (letter == '>') {
      html += "&gt;";
    } else if (letter == '"') {
      html += "&quot;";
    } else if (letter == '\'') {
      html += "&#39;";
    } else {
      html += bytes;
    }
  }
  return html;
}

double TextWidth(std::string_view text) {
  double width = 0;
  while (!text.empty()) {
    const int32_t letter = TakeLetter(&text);
    width += letter >= 0x80 && utf8proc_charwidth(letter) == 2 ? 1.0 : 0.57;
  }
  return width;
}

}  // namespace shoal
