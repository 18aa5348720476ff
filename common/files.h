// Files: read, map, write whole files atomically. Those of a checkpoint go through file_system.h.
//
// Thread rule: functions are safe from any thread; a file object belongs to one.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoal {

// A file's bytes, read-only, as long as the object lives.
class MappedFile {
 public:
  // NotFound, PermissionDenied ... name the path; InvalidArgument: it is not a regular file. An empty file maps to no
  // bytes.
  static absl::StatusOr<MappedFile> Open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  MappedFile(void* data, size_t size) : data_(data), size_(size) {}
  void* data_ = nullptr;
  size_t size_ = 0;
};

// Whether a file outlives the machine's crash, for which the disk must be waited for; a process's crash it outlives
// anyway.
enum class Durability { kSynced, kUnsynced };

// A file that appears whole or not at all: written under another name in the same folder, synced, renamed by Commit;
// removed by the destructor where Commit was not reached. Any number of writers of one path do not meet; the last
// Commit stands. A link is followed; what is no file (a device, a pipe) is refused, as a rename would replace it.
//
// The other name is path.tmp.<host>.<pid>.<number>. A writer holds a lock on its file, which goes when its process
// does, however that ended: so a file that can be locked is a dead writer's, and the next writer of that path on that
// host removes it. Those of other hosts stay, because a shared folder's locks may be each host's own; so do all where
// the file system has no locks.
class AtomicFile {
 public:
  static absl::StatusOr<std::unique_ptr<AtomicFile>> Create(const std::string& path);
  virtual ~AtomicFile() = default;
  // Buffered. Errors name the path and what the system said (no space left: how much was to be written).
  virtual absl::Status Append(std::string_view bytes) = 0;
  // At an offset already appended, as for a header that is known last.
  virtual absl::Status Rewrite(uint64_t offset, std::string_view bytes) = 0;
  virtual uint64_t size() const = 0;
  // Syncs the file, renames it, syncs the folder. Unsynced: renames it only.
  virtual absl::Status Commit(Durability durability) = 0;
  absl::Status Commit() { return Commit(Durability::kSynced); }
};

absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes,
                                 Durability durability = Durability::kSynced);

// The whole file. ResourceExhausted where it has more than `max_bytes`, as an endless device has.
inline constexpr uint64_t kMaxReadFileBytes = uint64_t{1} << 30;
absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes = kMaxReadFileBytes);

// Makes the folder and its parents. AlreadyExists: a file stands in the way.
absl::Status MakeDirectories(const std::string& path);

// Waits until the disk has the folder's entries: without it a crash may lose a file's new name.
absl::Status SyncDirectory(const std::string& path);

// All of `bytes` to a descriptor; `path` is its name in errors.
absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path);

}  // namespace shoal
