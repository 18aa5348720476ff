#include "common/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/host.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr size_t kWriteBufferBytes = size_t{1} << 20;
// Names that are tried for a temporary file; one is passed over where it is taken by what could not be swept.
constexpr int kMostNames = 1000;

std::filesystem::path FolderOf(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

// Locks a temporary file for its writer. False: one that swept leftovers was quicker, and the file is gone.
bool Claim(int fd, const std::string& name) {
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
  struct stat locked, named;
  return ::fstat(fd, &locked) == 0 && ::stat(name.c_str(), &named) == 0 && locked.st_ino == named.st_ino;
}

// What the temporary files of this host's writers of `path` begin with. Without a dot in the host's name, which might
// make it the beginning of another host's.
std::string TemporaryPrefix(const std::string& path) {
  std::string host = HostName();
  std::replace_if(
      host.begin(), host.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '-'; }, '_');
  return Cat(path, ".tmp.", host, ".");
}

// Removes the temporary files of writers that were killed. One that cannot be removed stays.
void SweepLeftovers(const std::filesystem::path& prefix) {
  const std::string beginning = prefix.filename();
  std::error_code error;
  std::filesystem::directory_iterator entry(FolderOf(prefix), error);
  for (const auto end = std::filesystem::end(entry); !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!name.starts_with(beginning)) continue;
    if (name.find_first_not_of("0123456789.", beginning.size()) != name.npos) continue;
    const int fd = ::open(entry->path().c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
    ::close(fd);
  }
}

class PosixAtomicFile final : public AtomicFile {
 public:
  PosixAtomicFile(std::string path, std::string temporary, int fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {
    pending_.reserve(kWriteBufferBytes);
  }
  ~PosixAtomicFile() override {
    if (fd_ < 0) return;
    ::close(fd_);
    ::unlink(temporary_.c_str());
  }

  absl::Status Append(std::string_view bytes) override {
    size_ += bytes.size();
    if (pending_.size() + bytes.size() > kWriteBufferBytes) {
      RETURN_IF_ERROR(FlushPending());
    }
    if (bytes.size() >= kWriteBufferBytes) return WriteAll(fd_, bytes, path_);
    pending_.append(bytes);
    return absl::OkStatus();
  }

  absl::Status Rewrite(uint64_t offset, std::string_view bytes) override {
    if (offset + bytes.size() > size_) return InvalidArgument(path_, ": bytes past ", size_, " cannot be rewritten");
    RETURN_IF_ERROR(FlushPending());
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), offset);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoError(errno, Cat("cannot write ", bytes.size(), " bytes to ", path_));
      bytes.remove_prefix(n);
      offset += n;
    }
    return absl::OkStatus();
  }

  uint64_t size() const override { return size_; }

  absl::Status Commit(Durability durability) override {
    RETURN_IF_ERROR(FlushPending());
    const bool sync = durability == Durability::kSynced;
    if (sync && ::fsync(fd_) != 0) return ErrnoError(errno, Cat("cannot sync ", path_));
    // Before the lock goes with the descriptor, or another writer might sweep the file.
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
      return ErrnoError(errno, Cat("cannot rename ", temporary_, " to ", path_));
    }
    ::close(std::exchange(fd_, -1));
    return sync ? SyncDirectory(FolderOf(path_)) : absl::OkStatus();
  }

 private:
  absl::Status FlushPending() {
    RETURN_IF_ERROR(WriteAll(fd_, pending_, path_));
    pending_.clear();
    return absl::OkStatus();
  }

  const std::string path_, temporary_;
  int fd_;
  uint64_t size_ = 0;
  std::string pending_;
};

// Where a file of that name is to be: a link leads there.
absl::StatusOr<std::string> PlaceOf(const std::string& name) {
  namespace fs = std::filesystem;
  constexpr int kMostLinks = 40;
  std::error_code error;
  fs::path path = name;
  for (int i = 0; i < kMostLinks && fs::is_symlink(path, error); ++i) {
    path = path.parent_path() / fs::read_symlink(path, error);
  }
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status) || fs::is_regular_file(status) || fs::is_directory(status)) return path.string();
  return InvalidArgument("cannot write ", name, ": it is a device, a pipe or a socket, not a file; name a file");
}

}  // namespace

absl::StatusOr<MappedFile> MappedFile::Open(const std::string& path) {
  // Without O_NONBLOCK the opening of a pipe waits for its writer, without end.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoError(errno, Cat("cannot open ", path));
  struct stat info;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return InvalidArgument(path, " is not a regular file");
  }
  void* data = nullptr;
  if (info.st_size > 0) data = ::mmap(nullptr, info.st_size, PROT_READ, MAP_SHARED, fd, 0);
  const int error = errno;
  ::close(fd);
  if (data == MAP_FAILED) return ErrnoError(error, Cat("cannot map ", path, " (", info.st_size, " bytes)"));
  return MappedFile(data, info.st_size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

absl::StatusOr<std::unique_ptr<AtomicFile>> AtomicFile::Create(const std::string& name) {
  static std::atomic<uint64_t> number = 0;
  ASSIGN_OR_RETURN(const std::string path, PlaceOf(name));
  const std::string prefix = TemporaryPrefix(path);
  SweepLeftovers(prefix);
  for (int i = 0; i < kMostNames; ++i) {
    std::string temporary = Cat(prefix, ::getpid(), ".", number++);
    const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return ErrnoError(errno, Cat("cannot create ", path));
    if (Claim(fd, temporary)) return std::make_unique<PosixAtomicFile>(path, std::move(temporary), fd);
    ::close(fd);
  }
  return ResourceExhausted("cannot create ", path, ": ", kMostNames, " names for a temporary file beside it, ", prefix,
                           "*, are taken; remove those files");
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes, Durability durability) {
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  RETURN_IF_ERROR(file->Append(bytes));
  return file->Commit(durability);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, Cat("cannot open ", path));
  std::string bytes;
  char chunk[1 << 16];
  ssize_t n;
  while ((n = ::read(fd, chunk, sizeof(chunk))) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    bytes.append(chunk, n);
    if (bytes.size() > max_bytes) break;
  }
  const int error = errno;
  ::close(fd);
  if (n < 0) return ErrnoError(error, Cat("cannot read ", path));
  if (bytes.size() > max_bytes) return ResourceExhausted(path, " has more than ", max_bytes, " bytes, the most it may");
  return bytes;
}

absl::Status MakeDirectories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error == std::errc::not_a_directory || error == std::errc::file_exists) {
    return absl::AlreadyExistsError(
        Cat("cannot make folder ", path, ": a file of that name, or of a parent's, exists"));
  }
  if (error) return ErrnoError(error.value(), Cat("cannot make folder ", path));
  return absl::OkStatus();
}

absl::Status SyncDirectory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, Cat("cannot open folder ", path));
  const int failed = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  // Some network file systems refuse to sync folders; they order renames themselves.
  if (failed && error != EINVAL) return ErrnoError(error, Cat("cannot sync folder ", path));
  return absl::OkStatus();
}

absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, Cat("cannot write ", bytes.size(), " bytes to ", path));
    bytes.remove_prefix(n);
  }
  return absl::OkStatus();
}

}  // namespace shoal
