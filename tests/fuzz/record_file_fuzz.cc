// Any bytes as a CIFAR file, as IDX pictures or as IDX labels, plain or gzip'ed: what is wrong is refused, and every
// record that comes has its pixels and a label that may be. The first byte chooses the kind.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/text.h"
#include "data/images/cifar.h"
#include "data/images/idx.h"

namespace shoal {
namespace {

constexpr uint64_t kMaxPixels = 1 << 16;
constexpr uint64_t kMostRecords = 1000;

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

// A file without a name on any disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("records", 0)) {
    Check(::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { ::close(fd_); }
  std::string path() const { return Cat("/proc/self/fd/", fd_); }

 private:
  const int fd_;
};

void ReadAll(absl::StatusOr<std::unique_ptr<RecordFile>> file) {
  if (!file.ok()) return;
  ImageBuffer buffer;
  uint64_t sum = 0;
  for (uint64_t i = 0; i < kMostRecords; ++i) {
    const auto record = (*file)->Next(&buffer);
    if (!record.ok() || !record->has_value()) return;
    const ImageView& picture = (*record)->picture;
    for (size_t at = 0; at < picture.bytes(); ++at) sum += picture.pixels[at];
    Check((*record)->label >= kNoLabel && (*record)->label < 256 && picture.bytes() > 0);
    Check(i < (*file)->records() && sum < UINT64_MAX / 2);
  }
}

// Four pictures of a pixel each.
std::string_view GoodImages() { return {"\0\0\x08\x03\0\0\0\x04\0\0\0\x01\0\0\0\x01\x0a\x0b\x0c\x0d", 20}; }

}  // namespace
}  // namespace shoal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const shoal::MemoryFile file({reinterpret_cast<const char*>(data) + 1, size - 1});
  const shoal::MemoryFile good(shoal::GoodImages());
  switch (data[0] % 3) {
    case 0:
      shoal::ReadAll(shoal::OpenCifarFile(file.path()));
      break;
    case 1:
      shoal::ReadAll(shoal::OpenIdxFile(file.path(), "", shoal::kMaxPixels));
      break;
    default:
      shoal::ReadAll(shoal::OpenIdxFile(good.path(), file.path(), shoal::kMaxPixels));
  }
  return 0;
}
