#include "common/file_system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/files.h"
#include "common/status.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~PosixWritableFile() override { ::close(fd_); }

  absl::Status Append(std::string_view bytes) override { return WriteAll(fd_, bytes, path_); }
  absl::Status Sync() override {
    return ::fsync(fd_) == 0 ? absl::OkStatus() : ErrnoError(errno, Cat("cannot sync ", path_));
  }

 private:
  const std::string path_;
  const int fd_;
};

class PosixReadableFile final : public ReadableFile {
 public:
  PosixReadableFile(std::string path, int fd, uint64_t size) : path_(std::move(path)), fd_(fd), size_(size) {}
  ~PosixReadableFile() override { ::close(fd_); }

  uint64_t size() const override { return size_; }
  absl::Status Read(uint64_t offset, uint64_t bytes, char* out) const override {
    while (bytes > 0) {
      const ssize_t n = ::pread(fd_, out, bytes, static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoError(errno, Cat("cannot read ", path_));
      if (n == 0) return DataLoss(path_, " ends at byte ", offset, "; ", bytes, " more were to follow");
      offset += n;
      bytes -= n;
      out += n;
    }
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const int fd_;
  const uint64_t size_;
};

class PosixFileSystem final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return ErrnoError(errno, Cat("cannot create ", path));
    return std::make_unique<PosixWritableFile>(path, fd);
  }

  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return ErrnoError(errno, Cat("cannot open ", path));
    struct stat info;
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
      ::close(fd);
      return InvalidArgument(path, " is not a regular file");
    }
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return std::make_unique<PosixReadableFile>(path, fd, info.st_size);
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
    return ErrnoError(errno, Cat("cannot rename ", from, " to ", to));
  }

  absl::Status MakeFolders(const std::string& path) override { return MakeDirectories(path); }

  absl::Status Remove(const std::string& path) override {
    std::error_code error;
    fs::remove_all(path, error);
    return error ? ErrnoError(error.value(), Cat("cannot remove ", path)) : absl::OkStatus();
  }

  absl::Status SyncFolder(const std::string& path) override { return SyncDirectory(path); }

  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override {
    std::error_code error;
    std::vector<std::string> names;
    fs::directory_iterator entry(path, error);
    for (const auto end = fs::end(entry); !error && entry != end; entry.increment(error)) {
      names.push_back(entry->path().filename());
    }
    if (error) return ErrnoError(error.value(), Cat("cannot list ", path));
    std::sort(names.begin(), names.end());
    return names;
  }
};

}  // namespace

FileSystem& FileSystem::Real() {
  static PosixFileSystem file_system;
  return file_system;
}

}  // namespace shoal
