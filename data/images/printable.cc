#include "data/images/printable.h"

#include "absl/strings/str_format.h"

namespace shoal {

std::string Printable(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      line += "\\\\";
    } else if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += absl::StrFormat("\\%03o", byte);
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace shoal
