// FaultFileSystem: a file system in memory that can be told to fail: an operation with an error, a write that ends
// early, or a crash, after which only what was synced is sure to be there.
//
// What a crash leaves of the rest is drawn by a seed: of each file's bytes after its last sync a beginning, and of each
// folder's changed entries any, as file systems of all kinds do.
//
// Thread rule: one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_system.h"
#include "common/random.h"

namespace shoal {

class FaultFileSystem final : public FileSystem {
 public:
  // Operations that change something, so far; each has the number that this was when it began.
  uint64_t operations() const { return operations_; }

  // Asked before each such operation; an error is the operation's, which then changes nothing, but for a write, of
  // which half is done.
  using Fault = std::function<absl::Status(uint64_t operation, std::string_view what)>;
  void SetFault(Fault fault) { fault_ = std::move(fault); }

  // The machine as it comes up after a crash now. `seed` 0: exactly what was synced; 1: everything; else drawn.
  std::unique_ptr<FaultFileSystem> AfterCrash(uint64_t seed) const;

  // A file's bytes, to be damaged; nullptr: there is no such file.
  std::string* BytesOf(const std::string& path);

  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status MakeFolders(const std::string& path) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status SyncFolder(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override;

 private:
  friend class FaultFile;
  struct Node {
    bool folder = false;
    std::string bytes, synced_bytes;
    // By name: what is there, and what the disk knows of.
    std::map<std::string, std::shared_ptr<Node>> entries, synced_entries;
  };
  using NodePtr = std::shared_ptr<Node>;

  absl::Status Operate(std::string_view what);
  NodePtr Find(const std::string& path) const;
  static NodePtr Survivor(const Node& node, uint64_t seed, CounterRandom* random);

  NodePtr root_ = std::make_shared<Node>(Node{.folder = true});
  uint64_t operations_ = 0;
  Fault fault_;
};

}  // namespace shoal
