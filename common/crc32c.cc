#include "common/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace shoal {

uint32_t Crc32c(std::string_view bytes, uint32_t crc) {
  constexpr size_t kChunk = size_t{1} << 30;  // ISA-L takes the length as an int.
  crc = ~crc;
  while (!bytes.empty()) {
    const size_t n = std::min(bytes.size(), kChunk);
    auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
    crc = crc32_iscsi(data, static_cast<int>(n), crc);
    bytes.remove_prefix(n);
  }
  return ~crc;
}

}  // namespace shoal
