#include "paramserver/checkpoint_writer.h"

#include <string>
#include <utility>

#include "common/status.h"

namespace shoal {

absl::Status CheckpointWriter::Begin(const wire::Freeze& freeze) {
  if (busy()) {
    return FailedPrecondition("checkpoint ", freeze.checkpoint(), " is to be written while ", freeze_.checkpoint(),
                              " still is");
  }
  freeze_ = freeze;
  next_ = 0;
  return absl::OkStatus();
}

bool CheckpointWriter::FreezeSome(const std::vector<std::unique_ptr<Store>>& stores) {
  if (next_ < stores.size()) {
    const absl::StatusOr<bool> whole = stores[next_]->FreezeSome();
    if (!whole.ok()) {
      writing_ = std::make_unique<Background<Shards>>(&executor_, [status = whole.status()] { return Shards(status); });
      return true;
    }
    if (*whole) ++next_;
    return false;
  }
  std::vector<const Store*> copied;
  for (const auto& store : stores) copied.push_back(store.get());
  writing_ = std::make_unique<Background<Shards>>(&executor_, [this, copied] { return WriteAll(copied); });
  return true;
}

CheckpointWriter::Shards CheckpointWriter::WriteAll(const std::vector<const Store*>& stores) const {
  std::vector<checkpoint::Shard> shards;
  for (const Store* store : stores) {
    ASSIGN_OR_RETURN(checkpoint::Shard shard, Write(*store, static_cast<uint32_t>(shards.size())));
    shards.push_back(std::move(shard));
  }
  // The names must be on the disk before the manifest that tells of them.
  RETURN_IF_ERROR(files_.SyncFolder(freeze_.folder()));
  return shards;
}

absl::StatusOr<checkpoint::Shard> CheckpointWriter::Write(const Store& store, uint32_t number) const {
  const std::string file = Cat("store", number, "-server", place_.server, "of", place_.servers, ".shard");
  ASSIGN_OR_RETURN(const auto writer, ShardWriter::Create(&files_, freeze_.folder(), file));
  RETURN_IF_ERROR(store.Save(writer.get()));
  ASSIGN_OR_RETURN(checkpoint::Shard shard, writer->Finish());
  shard.set_store(number);
  shard.set_layout(store.layout());
  shard.set_server(place_.server);
  shard.set_servers(place_.servers);
  return shard;
}

std::optional<wire::ShardsWritten> CheckpointWriter::Take() {
  if (!busy()) return std::nullopt;
  const std::optional<Shards> shards = writing_->Take();
  if (!shards) return std::nullopt;
  writing_.reset();
  wire::ShardsWritten written;
  written.set_checkpoint(freeze_.checkpoint());
  if (shards->ok()) {
    written.mutable_shard()->Assign((*shards)->begin(), (*shards)->end());
  } else {
    written.set_failure(std::string(ToStd(shards->status().message())));
  }
  return written;
}

}  // namespace shoal
