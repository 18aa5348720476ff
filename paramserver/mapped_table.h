// MappedTable: a table's rows in place: the segments of all its servers, mapped into the worker. Lock-free (Niu et al.
// 2011, "Hogwild"); what makes rows cheap is that a key becomes an address by one multiplication and one load.
//
// Thread rule: belongs to the worker's thread; the rows behind it are shared with other workers and the servers.

#pragma once

#include <memory>
#include <vector>

#include "paramserver/client_stats.h"
#include "paramserver/hot_rows.h"
#include "paramserver/row_optimizer.h"
#include "paramserver/segment.h"
#include "paramserver/table_access.h"
#include "paramserver/unique_keys.h"

namespace shoal {

class MappedTable final : public TableAccess {
 public:
  // Tables with more rows cannot be mapped: addresses are computed from 32-bit keys.
  static constexpr uint64_t kMaxRows = uint64_t{1} << 32;

  // `segments` [i] is server i's part of a dense-id table. The first `hot_rows` rows get private copies.
  // `stats` outlives the table, which counts in it.
  MappedTable(const wire::TableSpec& spec, std::vector<Segment> segments, uint64_t hot_rows, ClientStats* stats);

  bool mapped() const override { return true; }
  absl::Status Request(std::span<const uint32_t> keys, Batch* batch) override;
  absl::Status Request(std::span<const uint64_t> keys, Batch* batch) override;
  absl::Status Await(Batch*) override { return absl::OkStatus(); }
  absl::Status Commit(Batch* batch, float learning_rate) override;
  absl::Status Flush() override;
  absl::Status PushGradients(std::span<const uint64_t> keys, std::span<const float> gradients,
                             float learning_rate) override;
  absl::Status Read(uint64_t first, uint64_t count, std::span<float> out) override;
  absl::Status Read(std::span<const uint64_t> keys, std::span<float> out) override;

 private:
  // Gradient mode's accumulators, one for each distinct key.
  struct Gradients final : public Batch::State {
    Buffer memory;                  // [distinct keys, padded_dim]
    std::vector<float*> rows;       // [distinct keys]
    std::vector<uint32_t> numbers;  // [keys] of each key's distinct key.
  };

  template <typename Key>
  absl::Status RequestKeys(std::span<const Key> keys, Batch* batch);
  // Fills `rows` and returns the largest key. Keys below `hot_rows` lead to the private copies.
  template <typename Key>
  Key FindRows(std::span<const Key> keys, uint64_t hot_rows, float** rows) const;
  template <typename Key>
  void PrepareGradients(std::span<const Key> keys, Batch* batch);
  absl::Status TakeGradients(Gradients* state, float learning_rate);
  std::vector<float*> SharedRows(uint64_t count) const;
  absl::Status CheckKeys(std::span<const uint64_t> keys) const;

  float* SharedRow(uint64_t key) const {
    // key / servers_ by a multiplication, exact for 32-bit keys (Lemire, Kaser, Kurz 2019, "Faster remainder by direct
    // computation"). Larger keys are no rows of a mapped table.
    const uint64_t slot =
        servers_ == 1 ? key : static_cast<uint64_t>((static_cast<unsigned __int128>(reciprocal_) * key) >> 64);
    return bases_[key - slot * servers_] + slot * layout_.stride;
  }

  const wire::TableSpec spec_;
  const std::vector<Segment> segments_;
  const uint64_t servers_;
  const uint64_t reciprocal_;
  const std::vector<float*> bases_;  // [servers] The rows of each segment.
  const RowOptimizer optimizer_;
  HotRows hot_;
  UniqueKeys unique_;
  Buffer gradient_;  // [padded_dim] Of one row; its padding is zero.
  ClientStats* const stats_;
};

}  // namespace shoal
