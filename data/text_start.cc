#include "data/text_start.h"

#include <algorithm>

#include "common/byte_order_mark.h"
#include "common/status.h"

namespace shoal {
namespace {

using namespace std::string_view_literals;

struct OtherFormat {
  std::string_view start;
  std::string_view what_and_cure;
  size_t any_at = std::string_view::npos;  // This byte may be any.
};

constexpr OtherFormat kOtherFormats[] = {
    {"\xff\xfe"sv, "UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {"\xfe\xff"sv, "UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    // The fourth byte is the level; the first block follows, or, where there is none, the end.
    {"BZh91AY&SY"sv, "compressed by bzip2; unpack it: bunzip2", 3},
    {"BZh9\x17rE8P\x90"sv, "compressed by bzip2; unpack it: bunzip2", 3},
    {"PK\x03\x04"sv, "a zip archive; unpack it: unzip"},
    {"PK\x05\x06"sv, "a zip archive; unpack it: unzip"},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive; unpack it: 7z x"},
    {"\x1f\x9d"sv, "compressed by compress; unpack it: gzip -d"},
    {"\x04\x22\x4d\x18"sv, "compressed by lz4; unpack it: lz4 -d"},
    {"\x02\x21\x4c\x18"sv, "compressed by lz4; unpack it: lz4 -d"},
    {"%PDF-"sv, "PDF; convert it: pdftotext"},
};

static_assert(std::ranges::all_of(kOtherFormats,
                                  [](const OtherFormat& each) { return each.start.size() <= kTextStartBytes; }));

bool StartsAs(std::string_view text, const OtherFormat& format) {
  if (text.size() < format.start.size()) return false;
  for (size_t i = 0; i < format.start.size(); ++i) {
    if (text[i] != format.start[i] && i != format.any_at) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string_view> TextFrom(const std::string& path, std::string_view text) {
  for (const OtherFormat& format : kOtherFormats) {
    if (StartsAs(text, format)) return InvalidArgument(path, " is ", format.what_and_cure);
  }
  return WithoutByteOrderMark(text);
}

}  // namespace shoal
