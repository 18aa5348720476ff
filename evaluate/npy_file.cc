#include "evaluate/npy_file.h"

#include <bit>

#include "absl/strings/str_join.h"
#include "common/files.h"
#include "common/status.h"

namespace shoal {
namespace {

static_assert(std::endian::native == std::endian::little, "the header says little-endian");

// Magic, version, header length, a Python dictionary padded so that the data is 64-byte aligned.
std::string Header(std::string_view type, std::initializer_list<uint64_t> shape) {
  constexpr size_t kPrefix = 10, kAlign = 64;
  // Python's tuple of one is written (3,).
  const std::string tuple = Cat(absl::StrJoin(shape, ", "), shape.size() == 1 ? "," : "");
  std::string header = Cat("{'descr': '", type, "', 'fortran_order': False, 'shape': (", tuple, "), }");
  header.append(kAlign - (kPrefix + header.size() + 1) % kAlign, ' ');
  header += '\n';
  std::string prefix("\x93NUMPY\x01\x00", 8);
  prefix += static_cast<char>(header.size() & 0xff);
  prefix += static_cast<char>(header.size() >> 8);
  return prefix + header;
}

template <typename T>
absl::Status Write(const std::string& path, std::string_view type, std::span<const T> numbers,
                   std::initializer_list<uint64_t> shape) {
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  RETURN_IF_ERROR(file->Append(Header(type, shape)));
  RETURN_IF_ERROR(file->Append({reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()}));
  return file->Commit();
}

}  // namespace

absl::Status WriteNpy(const std::string& path, std::span<const float> numbers, std::initializer_list<uint64_t> shape) {
  return Write(path, "<f4", numbers, shape);
}

absl::Status WriteNpy(const std::string& path, std::span<const int32_t> numbers,
                      std::initializer_list<uint64_t> shape) {
  return Write(path, "<i4", numbers, shape);
}

}  // namespace shoal
