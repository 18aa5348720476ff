// Any bytes as a list of pictures: a line that is none is refused, and every entry has a path and a label that may be.

#include <cstdint>
#include <string_view>

#include "data/images/image_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto list = shoal::ParseImageList({reinterpret_cast<const char*>(data), size}, "list", "folder");
  if (!list.ok()) return 0;
  for (const shoal::ImageList::Entry& entry : list->entries) {
    if (entry.path.empty() || entry.label < -1) __builtin_trap();
    if (entry.label >= 0 && static_cast<size_t>(entry.label) >= list->classes.size()) __builtin_trap();
  }
  return 0;
}
