// Table: the rows of one embedding table that one server holds.
//
// A dense-id table has all its rows from the start. A hashed-key table takes any 64-bit key and bears its row at the
// first touch; a server refuses new keys when its share of the table (spec.rows / servers) is full. Rows are born as
// RowInitializer says, with optimizer state zero.
//
// Thread rule: owned by the server's event loop. Workers of the same host change rows at the same time, without locks
// (Niu et al. 2011, "Hogwild"): a row read here may be half one update and half another, which training tolerates.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "paramserver/key_index.h"
#include "paramserver/messages.h"
#include "paramserver/row_initializer.h"
#include "paramserver/row_layout.h"
#include "paramserver/row_optimizer.h"
#include "paramserver/segment.h"
#include "paramserver/store.h"
#include "paramserver/table_copy.h"

namespace shoal {

// Which of a job's servers holds the table's part.
struct ServerPlace {
  uint64_t job_token = 0;
  uint32_t server = 0;
  uint32_t servers = 1;
};

class Table final : public Store {
 public:
  // InvalidArgument: dim or rows is 0, or dim more than messages can carry. ResourceExhausted: too large to map.
  static absl::StatusOr<std::unique_ptr<Table>> Create(const wire::TableSpec& spec, const ServerPlace& place);

  // Initialises some more rows, a few milliseconds' worth; true when all are. So that a server with a table of many
  // gigabytes can send heartbeats meanwhile. Nothing may be asked of the table before.
  bool InitializeSome();

  const std::string& name() const override { return spec_.name(); }
  absl::Status Check(const RowRequest& push) override;
  absl::StatusOr<Buffer> Handle(const RowRequest& request) override;
  std::string layout() const override;
  absl::StatusOr<bool> FreezeSome() override;
  absl::Status Save(ShardWriter* writer) const override { return copy_.Save(writer); }
  absl::Status Load(std::string_view block) override;
  uint64_t rows() const override;  // A hashed-key table's: those born.
  uint64_t bytes() const override { return segment_.bytes(); }
  uint64_t nonfinite_rows() const override { return nonfinite_rows_; }

  // How workers of this host find the rows of a dense-id table.
  wire::Segment segment() const;

 private:
  Table(const wire::TableSpec& spec, const ServerPlace& place, Segment segment);

  absl::Status CheckForm(const RowRequest& request) const;
  // Fills found_ with the rows of `keys`, in their order; bears those of a hashed-key table. All or nothing.
  absl::Status Find(std::span<const uint64_t> keys);
  absl::Status FindDense(std::span<const uint64_t> keys);
  absl::Status FindHashed(std::span<const uint64_t> keys);

  Buffer Pull(const RowHeader& header) const;
  void AddChanges(const RowRequest& request);
  void TakeGradients(const RowRequest& request);

  float* Row(uint64_t slot) const { return segment_.rows() + slot * layout_.stride; }
  void Bear(uint64_t key, uint64_t slot);
  bool IsHere(uint64_t key) const;

  const wire::TableSpec spec_;
  const ServerPlace place_;
  const RowLayout layout_;
  const uint64_t capacity_;  // Rows that this server may hold.
  const RowInitializer initializer_;
  const RowOptimizer optimizer_;
  Segment segment_;
  std::optional<KeyIndex> keys_;  // Of a hashed-key table.
  uint64_t initialized_ = 0;      // Rows of a dense-id table.
  std::vector<float*> found_;     // Of the request at hand.
  uint64_t nonfinite_rows_ = 0;
  TableCopy copy_;
};

}  // namespace shoal
