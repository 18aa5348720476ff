// CheckpointFolder: the checkpoints of one run, OUTPUT/checkpoints: a folder each, with shard files and, last of all, a
// manifest (docs/formats/checkpoint.md).
//
// A checkpoint is there once its manifest is: a folder without one is unfinished, and swept. Paths in it are relative,
// so that it survives being copied or renamed. Reading changes nothing, so a copy may be read-only.
//
// Thread rule: safe from any thread; one writer at a time.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/file_system.h"
#include "proto/checkpoint.pb.h"

namespace shoal {

inline constexpr std::string_view kCheckpointsFolderName = "checkpoints";
inline constexpr std::string_view kManifestFileName = "manifest";

class CheckpointFolder {
 public:
  // `output`: the run's output folder. Nothing is made yet.
  CheckpointFolder(FileSystem* files, const std::string& output);

  const std::string& output() const { return output_; }
  const std::string& path() const { return path_; }
  // Of one checkpoint: PATH/00000042.
  std::string PathOf(uint64_t number) const;

  // Numbers of the checkpoints, rising. None where there is no folder.
  absl::StatusOr<std::vector<uint64_t>> List() const;

  // NotFound; DataLoss: it is damaged or of another version.
  absl::StatusOr<checkpoint::Manifest> Read(uint64_t number) const;

  // What can be said without reading the shards: every file is there and of the right size, and each store has the
  // shards of all servers that it lay on. DataLoss names what is missing.
  absl::Status Check(const checkpoint::Manifest& manifest) const;
  // Reads every shard whole, besides.
  absl::Status Verify(const checkpoint::Manifest& manifest) const;

  // The newest that Check finds nothing wrong with; nothing where there is none. Each newer one is a line of
  // `passed_over`, with the reason. FailedPrecondition: there are some, those that were set aside too, and none of them
  // can be gone on from: nobody may take that for a run without checkpoints.
  absl::StatusOr<std::optional<checkpoint::Manifest>> Newest(std::vector<std::string>* passed_over) const;

  // The number after all that are there; makes its folder, empty, for the servers' shards. What an interrupted one left
  // is removed: its room may be what this one needs.
  absl::StatusOr<uint64_t> Begin();
  // The shards are written and synced: syncs their folder and puts the manifest in its place.
  absl::Status Publish(const checkpoint::Manifest& manifest);
  // One that came to nothing.
  absl::Status Remove(uint64_t number);
  // One that is found damaged becomes NUMBER.damaged, and is none any more.
  absl::Status SetAside(uint64_t number);
  // All but the `keep` newest that Check finds nothing wrong with, and what is newer than these.
  absl::Status RemoveOld(uint32_t keep);

 private:
  // Numbers of all folders in it that end with `suffix`, those without a manifest too, rising.
  absl::StatusOr<std::vector<uint64_t>> Folders(std::string_view suffix = "") const;
  absl::StatusOr<bool> HasManifest(uint64_t number) const;

  FileSystem& files_;
  std::string output_;
  std::string path_;
};

}  // namespace shoal
