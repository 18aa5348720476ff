#include "tests/simulator/disk.h"

#include <utility>

#include "common/status.h"

namespace shoal {

class Disk::File final : public WritableFile {
 public:
  File(Disk* disk, std::unique_ptr<WritableFile> file, std::string path)
      : disk_(*disk), file_(std::move(file)), path_(std::move(path)) {}
  absl::Status Append(std::string_view bytes) override {
    RETURN_IF_ERROR(disk_.BeginChange("write", path_));
    return file_->Append(bytes);
  }
  absl::Status Sync() override {
    RETURN_IF_ERROR(disk_.BeginChange("sync", path_));
    return file_->Sync();
  }

 private:
  Disk& disk_;
  const std::unique_ptr<WritableFile> file_;
  const std::string path_;
};

void Disk::BeginLife(const DiskConditions& conditions, std::function<void(uint64_t)> on_change) {
  conditions_ = conditions;
  on_change_ = std::move(on_change);
  changes_ = syncs_ = reads_ = 0;
  files_->SetFault([this](uint64_t, std::string_view what) { return supervised() ? absl::OkStatus() : FaultOf(what); });
}

void Disk::Damage(const std::string& path, uint64_t seed) {
  std::string* bytes = files_->BytesOf(path);
  if (bytes != nullptr && !bytes->empty()) (*bytes)[seed % bytes->size()] ^= 1;
}

absl::Status Disk::Begin(std::string_view what, const std::string& path) {
  const auto latency = scheduler_.random().NextBelow(static_cast<uint32_t>(2 * conditions_.latency));
  if (!scheduler_.Wait(scheduler_.now() + latency, "the disk")) return Unavailable(path, ": the process is killed");
  scheduler_.Say(Cat(what, " ", path));
  return absl::OkStatus();
}

absl::Status Disk::BeginChange(std::string_view what, const std::string& path) {
  if (supervised()) return absl::OkStatus();
  RETURN_IF_ERROR(Begin(what, path));
  ++counts_.changes;
  on_change_(changes_);
  return scheduler_.killed(scheduler_.process()) ? Unavailable(path, ": the process is killed") : absl::OkStatus();
}

absl::Status Disk::BeginRead(std::string_view what, const std::string& path) {
  if (supervised()) return absl::OkStatus();
  RETURN_IF_ERROR(Begin(what, path));
  if (reads_++ != conditions_.reads_before_error) return absl::OkStatus();
  ++counts_.errors;
  scheduler_.Say(Cat("fails: ", what, " ", path));
  return Internal("cannot read ", path, ": Input/output error");
}

absl::Status Disk::FaultOf(std::string_view what) {
  const bool sync = what.starts_with("sync"), frees = what == "remove" || what == "rename";
  const bool full =
      !sync && !frees && scheduler_.now() >= conditions_.full_from && scheduler_.now() < conditions_.full_until;
  const bool sync_error = sync && syncs_++ == conditions_.syncs_before_error;
  const bool error = changes_++ == conditions_.changes_before_error || sync_error;
  if (!full && !error) return absl::OkStatus();
  ++counts_.errors;
  scheduler_.Say(Cat("fails: ", what));
  return full ? ResourceExhausted("No space left on device") : Internal("Input/output error");
}

absl::StatusOr<std::unique_ptr<WritableFile>> Disk::CreateFile(const std::string& path) {
  RETURN_IF_ERROR(BeginChange("create", path));
  ASSIGN_OR_RETURN(auto file, files_->CreateFile(path));
  return std::make_unique<File>(this, std::move(file), path);
}

absl::StatusOr<std::unique_ptr<ReadableFile>> Disk::OpenFile(const std::string& path) {
  RETURN_IF_ERROR(BeginRead("open", path));
  return files_->OpenFile(path);
}

absl::Status Disk::Rename(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(BeginChange("rename", from));
  return files_->Rename(from, to);
}

absl::Status Disk::MakeFolders(const std::string& path) {
  RETURN_IF_ERROR(BeginChange("make folder", path));
  return files_->MakeFolders(path);
}

absl::Status Disk::Remove(const std::string& path) {
  RETURN_IF_ERROR(BeginChange("remove", path));
  return files_->Remove(path);
}

absl::Status Disk::SyncFolder(const std::string& path) {
  RETURN_IF_ERROR(BeginChange("sync folder", path));
  return files_->SyncFolder(path);
}

absl::StatusOr<std::vector<std::string>> Disk::List(const std::string& path) {
  RETURN_IF_ERROR(BeginRead("list", path));
  return files_->List(path);
}

}  // namespace shoal
