#include "data/images/picture_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "common/status.h"

namespace shoal {
namespace {

absl::Status ReadFrom(int fd, uint64_t max_file_bytes, uint64_t most, std::string* bytes, bool* whole) {
  struct stat info;
  if (::fstat(fd, &info) != 0) return ErrnoError(errno, "cannot read it");
  if (!S_ISREG(info.st_mode)) return InvalidArgument("it is no regular file");
  const uint64_t size = static_cast<uint64_t>(info.st_size);
  if (size > max_file_bytes) {
    return ResourceExhausted("the file has ", size, " bytes, more than data.images.max_file_bytes = ", max_file_bytes);
  }
  bytes->resize(std::min(size, most));
  *whole = bytes->size() == size;
  size_t read = 0;
  while (read < bytes->size()) {
    const ssize_t n = ::read(fd, bytes->data() + read, bytes->size() - read);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, "cannot read it");
    if (n == 0) break;  // It was cut short while it was read: the decoder will tell.
    read += n;
  }
  bytes->resize(read);
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadPictureStart(const std::string& path, uint64_t max_file_bytes, uint64_t most, std::string* bytes,
                              bool* whole) {
  // Not blocking: a pipe without a writer would be waited for.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoError(errno, "cannot open it");
  const absl::Status status = ReadFrom(fd, max_file_bytes, most, bytes, whole);
  ::close(fd);
  return status;
}

absl::Status ReadPictureBytes(const std::string& path, uint64_t max_file_bytes, std::string* bytes) {
  bool whole = false;
  return ReadPictureStart(path, max_file_bytes, UINT64_MAX, bytes, &whole);
}

}  // namespace shoal
