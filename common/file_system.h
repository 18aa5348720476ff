// FileSystem: files and folders of a checkpoint, passed in so that tests can make them fail: short of space, broken, or
// gone with a crash.
//
// A path's parent exists unless a function says otherwise. Errors name the path and what the system said.
//
// Thread rule: FileSystem is safe from any thread; a file object belongs to one.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoal {

class WritableFile {
 public:
  virtual ~WritableFile() = default;  // Closes; what was not synced may be lost by a crash.

  // All of `bytes`, unbuffered.
  virtual absl::Status Append(std::string_view bytes) = 0;
  // Waits until the disk has everything.
  virtual absl::Status Sync() = 0;
};

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;

  virtual uint64_t size() const = 0;
  // Reads `bytes` bytes at `offset`. DataLoss: the file ends before.
  virtual absl::Status Read(uint64_t offset, uint64_t bytes, char* out) const = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The machine's own.
  static FileSystem& Real();

  // A new file; one that is there is emptied.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(const std::string& path) = 0;
  virtual absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(const std::string& path) = 0;
  // A file or a folder; in one file system, a file at `to` is replaced at one stroke.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  // The folder and its parents; no error where it is there.
  virtual absl::Status MakeFolders(const std::string& path) = 0;
  // A file, or a folder and all in it; no error where there is none.
  virtual absl::Status Remove(const std::string& path) = 0;
  // Waits until the disk has the folder's entries: files made, renamed and removed in it.
  virtual absl::Status SyncFolder(const std::string& path) = 0;
  // Names in the folder, sorted. NotFound: there is none.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& path) = 0;
};

}  // namespace shoal
