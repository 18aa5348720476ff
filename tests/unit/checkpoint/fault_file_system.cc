#include "tests/unit/checkpoint/fault_file_system.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/status.h"

namespace shoal {
namespace {

std::vector<std::string> PartsOf(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::pair<std::string, std::string> Split(const std::string& path) {
  const size_t slash = path.rfind('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

class StringFile final : public ReadableFile {
 public:
  explicit StringFile(std::string bytes) : bytes_(std::move(bytes)) {}
  uint64_t size() const override { return bytes_.size(); }
  absl::Status Read(uint64_t offset, uint64_t bytes, char* out) const override {
    if (offset + bytes > bytes_.size()) return DataLoss("the file ends at byte ", bytes_.size());
    std::memcpy(out, bytes_.data() + offset, bytes);
    return absl::OkStatus();
  }

 private:
  const std::string bytes_;
};

}  // namespace

class FaultFile final : public WritableFile {
 public:
  FaultFile(FaultFileSystem* files, FaultFileSystem::NodePtr node, std::string path)
      : files_(*files), node_(std::move(node)), path_(std::move(path)) {}

  absl::Status Append(std::string_view bytes) override {
    const absl::Status status = files_.Operate("write");
    node_->bytes += bytes.substr(0, status.ok() ? bytes.size() : bytes.size() / 2);
    RETURN_IF_ERROR(status) << path_;
    return absl::OkStatus();
  }
  absl::Status Sync() override {
    RETURN_IF_ERROR(files_.Operate("sync")) << path_;
    node_->synced_bytes = node_->bytes;
    return absl::OkStatus();
  }

 private:
  FaultFileSystem& files_;
  const FaultFileSystem::NodePtr node_;
  const std::string path_;
};

absl::Status FaultFileSystem::Operate(std::string_view what) {
  const uint64_t operation = operations_++;
  return fault_ ? fault_(operation, what) : absl::OkStatus();
}

FaultFileSystem::NodePtr FaultFileSystem::Find(const std::string& path) const {
  NodePtr node = root_;
  for (const std::string& part : PartsOf(path)) {
    const auto found = node->entries.find(part);
    if (found == node->entries.end()) return nullptr;
    node = found->second;
  }
  return node;
}

FaultFileSystem::NodePtr FaultFileSystem::Survivor(const Node& node, uint64_t seed, CounterRandom* random) {
  auto survivor = std::make_shared<Node>();
  survivor->folder = node.folder;
  // An overwritten beginning cannot be told from a kept one: files here only grow after CreateFile.
  const uint64_t synced = node.synced_bytes.size(), all = node.bytes.size();
  const uint64_t unsynced = all > synced ? all - synced : 0;
  const uint64_t kept = seed == 0 ? 0 : seed == 1 ? unsynced : random->NextBelow(unsynced + 1);
  survivor->bytes = node.bytes.substr(0, synced + kept);
  std::set<std::string> names;
  for (const auto& entry : node.entries) names.insert(entry.first);
  for (const auto& entry : node.synced_entries) names.insert(entry.first);
  for (const std::string& name : names) {
    const auto now = node.entries.find(name), then = node.synced_entries.find(name);
    const bool changed = now == node.entries.end() || then == node.synced_entries.end() || now->second != then->second;
    const bool new_one = seed == 1 || (seed > 1 && random->NextBelow(2) == 1);
    const NodePtr chosen = !changed || new_one ? (now == node.entries.end() ? nullptr : now->second)
                                               : (then == node.synced_entries.end() ? nullptr : then->second);
    if (chosen != nullptr) survivor->entries[name] = Survivor(*chosen, seed, random);
  }
  survivor->synced_bytes = survivor->bytes;
  survivor->synced_entries = survivor->entries;
  return survivor;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::AfterCrash(uint64_t seed) const {
  auto files = std::make_unique<FaultFileSystem>();
  CounterRandom random(seed);
  files->root_ = Survivor(*root_, seed, &random);
  return files;
}

std::string* FaultFileSystem::BytesOf(const std::string& path) {
  const NodePtr node = Find(path);
  return node == nullptr || node->folder ? nullptr : &node->bytes;
}

absl::StatusOr<std::unique_ptr<WritableFile>> FaultFileSystem::CreateFile(const std::string& path) {
  RETURN_IF_ERROR(Operate("create")) << path;
  const auto [folder, name] = Split(path);
  const NodePtr parent = Find(folder);
  if (parent == nullptr) return NotFound("no folder ", folder);
  auto node = std::make_shared<Node>();
  parent->entries[name] = node;
  return std::make_unique<FaultFile>(this, node, path);
}

absl::StatusOr<std::unique_ptr<ReadableFile>> FaultFileSystem::OpenFile(const std::string& path) {
  const NodePtr node = Find(path);
  if (node == nullptr) return NotFound("no file ", path);
  return std::make_unique<StringFile>(node->bytes);
}

absl::Status FaultFileSystem::Rename(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(Operate("rename")) << from;
  const auto [from_folder, from_name] = Split(from);
  const auto [to_folder, to_name] = Split(to);
  const NodePtr node = Find(from), parent = Find(to_folder);
  if (node == nullptr || parent == nullptr) return NotFound("no ", from, " or no ", to_folder);
  Find(from_folder)->entries.erase(from_name);
  parent->entries[to_name] = node;
  return absl::OkStatus();
}

absl::Status FaultFileSystem::MakeFolders(const std::string& path) {
  RETURN_IF_ERROR(Operate("make folder")) << path;
  NodePtr node = root_;
  for (const std::string& part : PartsOf(path)) {
    NodePtr& next = node->entries[part];
    if (next == nullptr) next = std::make_shared<Node>(Node{.folder = true});
    node = next;
  }
  return absl::OkStatus();
}

absl::Status FaultFileSystem::Remove(const std::string& path) {
  RETURN_IF_ERROR(Operate("remove")) << path;
  const auto [folder, name] = Split(path);
  const NodePtr parent = Find(folder), node = Find(path);
  if (node == nullptr) return absl::OkStatus();
  // A folder's entries go one by one, and each may be on the disk without the others.
  node->entries.clear();
  parent->entries.erase(name);
  return absl::OkStatus();
}

absl::Status FaultFileSystem::SyncFolder(const std::string& path) {
  RETURN_IF_ERROR(Operate("sync folder")) << path;
  const NodePtr node = Find(path);
  if (node == nullptr) return NotFound("no folder ", path);
  node->synced_entries = node->entries;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> FaultFileSystem::List(const std::string& path) {
  const NodePtr node = Find(path);
  if (node == nullptr) return NotFound("no folder ", path);
  std::vector<std::string> names;
  for (const auto& entry : node->entries) names.push_back(entry.first);
  return names;
}

}  // namespace shoal
