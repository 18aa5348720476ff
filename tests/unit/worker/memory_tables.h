// MemoryTables: a ParameterClient whose tables are vectors of this process, for tests of objectives.
//
// Mapped, a batch's rows are the table's own. Else they are copies, shared by equal keys, whose changes Commit adds to
// the table, as remote access does. In gradient mode Commit applies the table's row optimizer.

#pragma once

#include <memory>
#include <vector>

#include "paramserver/client.h"
#include "paramserver/row_optimizer.h"

namespace shoal {

class MemoryTable final : public TableAccess {
 public:
  MemoryTable(const wire::TableSpec& spec, bool mapped);

  bool mapped() const override { return mapped_; }
  absl::Status Request(std::span<const uint32_t> keys, Batch* batch) override;
  absl::Status Request(std::span<const uint64_t>, Batch*) override;
  absl::Status Await(Batch*) override { return absl::OkStatus(); }
  absl::Status Commit(Batch* batch, float learning_rate) override;
  absl::Status Flush() override { return absl::OkStatus(); }
  absl::Status PushGradients(std::span<const uint64_t> keys, std::span<const float> gradients,
                             float learning_rate) override;
  absl::Status Read(uint64_t first, uint64_t count, std::span<float> out) override;
  absl::Status Read(std::span<const uint64_t> keys, std::span<float> out) override;

  float* row(uint64_t key) { return rows_.data() + key * layout_.stride; }
  const std::vector<float>& rows() const { return rows_; }
  // Requested and not committed, now and at most.
  int open = 0, most_open = 0;

 private:
  const bool mapped_;
  const RowOptimizer optimizer_;
  std::vector<float> rows_;
};

class MemoryTables final : public ParameterClient {
 public:
  // Tables of `welcome`; those with a UNIFORM initializer are filled with small values that differ from row to row.
  MemoryTables(const wire::Welcome& welcome, bool mapped);

  TableAccess& table(uint32_t id) override { return *tables_[id]; }
  MemoryTable& memory(uint32_t id) { return *tables_[id]; }
  ClientStats stats() const override { return {}; }
  void BeginTurn(const wire::Turn&) override {}
  absl::Status EndTurn() override { return absl::OkStatus(); }
  void OnWait(std::function<absl::Status()>) override {}

 private:
  std::vector<std::unique_ptr<MemoryTable>> tables_;
};

}  // namespace shoal
