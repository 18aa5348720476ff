#include "common/checkpoint/checkpoint_folder.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/checkpoint/shard_file.h"
#include "common/crc32c.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr size_t kDigits = 8;
constexpr std::string_view kTemporaryManifest = "manifest.tmp";
constexpr std::string_view kDamagedSuffix = ".damaged";
constexpr char kMagic[8] = {'s', 'h', 'o', 'a', 'l', 'c', 'h', 'k'};
constexpr uint32_t kVersion = 1;
// A few hundred bytes a shard, and 4096 servers with a few stores each.
constexpr uint64_t kMaxManifestBytes = uint64_t{64} << 20;

struct Head {
  char magic[8];
  uint32_t version;
  uint32_t crc32c;  // Of the message.
  uint64_t bytes;   // Of the message, which follows.
};

std::string FileOf(const checkpoint::Manifest& manifest) {
  const std::string message = manifest.SerializeAsString();
  Head head{.version = kVersion, .crc32c = Crc32c(message), .bytes = message.size()};
  std::memcpy(head.magic, kMagic, sizeof(kMagic));
  return std::string(reinterpret_cast<const char*>(&head), sizeof(head)) + message;
}

absl::StatusOr<checkpoint::Manifest> ParseFile(const std::string& path, std::string_view bytes) {
  Head head;
  if (bytes.size() < sizeof(head)) return DataLoss(path, " has ", bytes.size(), " bytes, too few for a manifest");
  std::memcpy(&head, bytes.data(), sizeof(head));
  if (std::memcmp(head.magic, kMagic, sizeof(kMagic)) != 0) return DataLoss(path, " is not a checkpoint's manifest");
  if (head.version != kVersion) {
    return DataLoss(path, " is a manifest of version ", head.version, "; this build reads version ", kVersion);
  }
  const std::string_view message = bytes.substr(sizeof(head));
  if (head.bytes != message.size() || head.crc32c != Crc32c(message)) {
    return DataLoss(path, " is damaged: its checksum does not fit its ", message.size(), " bytes");
  }
  checkpoint::Manifest manifest;
  if (!manifest.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return DataLoss(path, " holds no manifest that this build understands");
  }
  return manifest;
}

// Every store's shards: one of each server, all of one number of servers.
absl::Status CheckShardsOfStores(const checkpoint::Manifest& manifest) {
  std::map<uint32_t, std::set<uint32_t>> servers_of;
  for (const checkpoint::Shard& shard : manifest.shard()) {
    if (shard.servers() != manifest.job().servers() || shard.server() >= shard.servers() ||
        !servers_of[shard.store()].insert(shard.server()).second) {
      return DataLoss("checkpoint ", manifest.number(), ": shard ", shard.file(), " is of server ", shard.server(),
                      " of ", shard.servers(), ", which does not fit the others");
    }
  }
  for (const auto& [store, servers] : servers_of) {
    if (servers.size() == manifest.job().servers()) continue;
    return DataLoss("checkpoint ", manifest.number(), ": store ", store, " has ", servers.size(), " of ",
                    manifest.job().servers(), " shards");
  }
  return absl::OkStatus();
}

}  // namespace

CheckpointFolder::CheckpointFolder(FileSystem* files, const std::string& output)
    : files_(*files), output_(output), path_(Cat(output, "/", kCheckpointsFolderName)) {}

std::string CheckpointFolder::PathOf(uint64_t number) const {
  return Cat(path_, "/", absl::StrFormat("%0*d", static_cast<int>(kDigits), number));
}

absl::StatusOr<std::vector<uint64_t>> CheckpointFolder::Folders(std::string_view suffix) const {
  const auto names = files_.List(path_);
  std::vector<uint64_t> numbers;
  if (absl::IsNotFound(names.status())) return numbers;
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    uint64_t number;
    if (name.size() < kDigits + suffix.size() || !name.ends_with(suffix)) continue;
    if (absl::SimpleAtoi(name.substr(0, name.size() - suffix.size()), &number)) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

absl::StatusOr<bool> CheckpointFolder::HasManifest(uint64_t number) const {
  const auto file = files_.OpenFile(Cat(PathOf(number), "/", kManifestFileName));
  if (absl::IsNotFound(file.status())) return false;
  if (!file.ok()) return file.status();
  return true;
}

absl::StatusOr<std::vector<uint64_t>> CheckpointFolder::List() const {
  ASSIGN_OR_RETURN(const std::vector<uint64_t> all, Folders());
  std::vector<uint64_t> numbers;
  for (const uint64_t number : all) {
    ASSIGN_OR_RETURN(const bool has, HasManifest(number));
    if (has) numbers.push_back(number);
  }
  return numbers;
}

absl::StatusOr<checkpoint::Manifest> CheckpointFolder::Read(uint64_t number) const {
  const std::string path = Cat(PathOf(number), "/", kManifestFileName);
  ASSIGN_OR_RETURN(const auto file, files_.OpenFile(path));
  if (file->size() > kMaxManifestBytes) return DataLoss(path, " has ", file->size(), " bytes, too many for a manifest");
  std::string bytes(file->size(), '\0');
  RETURN_IF_ERROR(file->Read(0, bytes.size(), bytes.data()));
  ASSIGN_OR_RETURN(checkpoint::Manifest manifest, ParseFile(path, bytes));
  if (manifest.number() == number) return manifest;
  return DataLoss(path, " is the manifest of checkpoint ", manifest.number());
}

absl::Status CheckpointFolder::Check(const checkpoint::Manifest& manifest) const {
  RETURN_IF_ERROR(CheckShardsOfStores(manifest));
  for (const checkpoint::Shard& shard : manifest.shard()) {
    RETURN_IF_ERROR(ShardReader::Open(&files_, PathOf(manifest.number()), shard).status());
  }
  return absl::OkStatus();
}

absl::Status CheckpointFolder::Verify(const checkpoint::Manifest& manifest) const {
  RETURN_IF_ERROR(Check(manifest));
  for (const checkpoint::Shard& shard : manifest.shard()) {
    ASSIGN_OR_RETURN(const auto reader, ShardReader::Open(&files_, PathOf(manifest.number()), shard));
    while (true) {
      ASSIGN_OR_RETURN(const auto block, reader->Next());
      if (!block) break;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<checkpoint::Manifest>> CheckpointFolder::Newest(
    std::vector<std::string>* passed_over) const {
  ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, List());
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    auto manifest = Read(*number);
    const absl::Status status = manifest.ok() ? Check(*manifest) : manifest.status();
    if (status.ok()) return *std::move(manifest);
    passed_over->emplace_back(status.message());
  }
  if (numbers.empty()) {
    ASSIGN_OR_RETURN(const std::vector<uint64_t> damaged, Folders(kDamagedSuffix));
    if (damaged.empty()) return std::nullopt;
    for (const uint64_t number : damaged) {
      passed_over->push_back(Cat("checkpoint ", number, " was set aside as damaged"));
    }
  }
  return FailedPrecondition("no checkpoint in ", path_, " can be gone on from: ", absl::StrJoin(*passed_over, "; "));
}

absl::StatusOr<uint64_t> CheckpointFolder::Begin() {
  RETURN_IF_ERROR(files_.MakeFolders(path_));
  ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, Folders());
  for (const uint64_t number : numbers) {
    ASSIGN_OR_RETURN(const bool whole, HasManifest(number));
    if (whole) continue;
    RETURN_IF_ERROR(Remove(number));
  }
  // One that was set aside keeps its number: another damaged one of it would find no place.
  ASSIGN_OR_RETURN(const std::vector<uint64_t> damaged, Folders(kDamagedSuffix));
  const uint64_t number = std::max(numbers.empty() ? 0 : numbers.back(), damaged.empty() ? 0 : damaged.back()) + 1;
  RETURN_IF_ERROR(files_.MakeFolders(PathOf(number)));
  return number;
}

absl::Status CheckpointFolder::Publish(const checkpoint::Manifest& manifest) {
  // Servers of other hosts wrote into a folder of the same path: is it the same folder?
  RETURN_IF_ERROR(Check(manifest)) << "the output folder must be on a file system that all hosts share";
  const std::string folder = PathOf(manifest.number());
  const std::string temporary = Cat(folder, "/", kTemporaryManifest);
  {
    ASSIGN_OR_RETURN(const auto file, files_.CreateFile(temporary));
    RETURN_IF_ERROR(file->Append(FileOf(manifest)));
    RETURN_IF_ERROR(file->Sync());
  }
  // The names of all folders and shards must be safe before the manifest's is.
  for (const std::string& above : {folder, path_, output_}) {
    RETURN_IF_ERROR(files_.SyncFolder(above));
  }
  RETURN_IF_ERROR(files_.Rename(temporary, Cat(folder, "/", kManifestFileName)));
  return files_.SyncFolder(folder);
}

// The manifest goes first: no moment has a manifest without its shards. Where there is none, one that was removed may
// still be on the disk, as the removal before did not get further.
absl::Status CheckpointFolder::Remove(uint64_t number) {
  const std::string folder = PathOf(number);
  RETURN_IF_ERROR(files_.Remove(Cat(folder, "/", kManifestFileName)));
  RETURN_IF_ERROR(files_.SyncFolder(folder));
  return files_.Remove(folder);
}

absl::Status CheckpointFolder::SetAside(uint64_t number) {
  RETURN_IF_ERROR(files_.Rename(PathOf(number), Cat(PathOf(number), kDamagedSuffix)));
  // Or a crash would have it back, and the next life would fail by it again.
  return files_.SyncFolder(path_);
}

absl::Status CheckpointFolder::RemoveOld(uint32_t keep) {
  ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, List());
  uint32_t kept = 0;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    if (kept == keep) {
      RETURN_IF_ERROR(Remove(*number));
      continue;
    }
    // One that nobody could go on from is no reason to remove the one before it.
    const auto manifest = Read(*number);
    if (manifest.ok() && Check(*manifest).ok()) ++kept;
  }
  return absl::OkStatus();
}

}  // namespace shoal
