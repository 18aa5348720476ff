// A file of a set as it was when it was found: what tells later whether it is still the same.
//
// Pure functions; safe from any thread.

#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace shoal {

struct FoundFile {
  std::string path;
  uint64_t bytes = 0;
  int64_t modified_ns = 0;         // Since the epoch.
  uint64_t device = 0, inode = 0;  // Equal where two paths lead to one file.

  bool operator==(const FoundFile&) const = default;
};

inline FoundFile MakeFoundFile(const std::string& path, const struct stat& info) {
  return {path, static_cast<uint64_t>(info.st_size), info.st_mtim.tv_sec * int64_t{1000000000} + info.st_mtim.tv_nsec,
          info.st_dev, info.st_ino};
}

}  // namespace shoal
