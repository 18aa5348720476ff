#include "data/spill_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/status.h"

namespace shoal {
namespace {

absl::Status WriteAt(int fd, uint64_t offset, std::string_view bytes, const std::string& folder) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const absl::Status why =
          ErrnoError(errno, Cat("cannot write ", bytes.size(), " bytes to a temporary file in ", folder));
      return absl::Status(why.code(),
                          Cat(why.message(), "; data.corpus.cache_directory can name a folder with more room"));
    }
    bytes.remove_prefix(n);
    offset += n;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SpillFile>> SpillFile::Create(const std::string& folder) {
  // Not O_TMPFILE: NFS and overlayfs refuse it.
  std::string path = Cat(folder, "/.spill.XXXXXX");
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, Cat("cannot create a temporary file in ", folder));
  ::unlink(path.c_str());
  return std::unique_ptr<SpillFile>(new SpillFile(fd, folder));
}

SpillFile::~SpillFile() { ::close(fd_); }

absl::StatusOr<uint64_t> SpillFile::Append(std::span<const std::string_view> parts) {
  uint64_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  const uint64_t begin = size_.fetch_add(bytes, std::memory_order_relaxed);
  uint64_t offset = begin;
  for (const std::string_view part : parts) {
    RETURN_IF_ERROR(WriteAt(fd_, offset, part, folder_));
    offset += part.size();
  }
  return begin;
}

absl::Status SpillFile::Read(uint64_t offset, std::span<char> bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, Cat("cannot read a temporary file in ", folder_));
    if (n == 0) return Internal("a temporary file in ", folder_, " ends ", bytes.size(), " bytes early");
    bytes = bytes.subspan(n);
    offset += n;
  }
  return absl::OkStatus();
}

}  // namespace shoal
