// TableAccess: a worker's way to the rows of one table, mapped or remote (docs/design.md).
//
// A worker touches rows a batch at a time. It names the keys its batch will touch, gets for each a pointer to a row it
// may read and write in place, and says when it is done:
//
//   RETURN_IF_ERROR(table->Request(next_keys, &next));       // prefetch; at most kMaxBatchesInFlight are open
//   RETURN_IF_ERROR(table->Await(&batch));                   // batch.rows[i] is the row of keys[i]
//   ... change batch.rows[i] in place, or add to batch.gradients[i] ...
//   RETURN_IF_ERROR(table->Commit(&batch, learning_rate));
//
// Mapped: the pointers lead into the server's own memory (lock-free, "Hogwild"); Request costs an address each, Await
// and Commit nothing. Remote: Request de-duplicates the keys and asks the servers for them, Await waits for the
// answers, Commit sends the difference between the rows as they are and as they came; repeated keys share one row.
// Hashed-key tables are always accessed so, as only their server can bear rows.
//
// In gradient mode (Batch::want_gradients) the rows are read-only to the caller, gradients[i] is a zeroed [padded_dim]
// accumulator shared by equal keys, and Commit hands their sums to the row optimizer: run here on mapped rows, by the
// server on remote ones.
//
// Rows of the parameter_server.hot_rows most frequent ids of a mapped table are private copies, outside gradient mode:
// several workers that write the same few cache lines slow each other down. At each Commit for some of them, the most
// frequent more often (hot_rows.h), and at Flush and Read for all, the copy's change is added to the shared row and the
// copy taken anew.
//
// A call that waits for servers takes messages of Channel::kRowResponses only and gives up by itself, after
// request_timeout_seconds times (1 + max_retries). It does not look at the control channel: ParameterClient::OnWait is
// for that.
//
// Thread rule: belongs to the worker's thread, as its endpoint does.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "paramserver/row_layout.h"

namespace shoal {

class TableAccess {
 public:
  static constexpr int kMaxBatchesInFlight = 2;

  class Batch {
   public:
    std::vector<float*> rows;       // [keys] pointers to [padded_dim] floats; valid from Await to Commit.
    std::vector<float*> gradients;  // [keys] pointers to [padded_dim] floats; in gradient mode only.
    bool want_gradients = false;    // Set before Request.

    // What the access keeps for an open batch. Reused from batch to batch.
    struct State {
      virtual ~State() = default;
    };
    std::unique_ptr<State> state;
  };

  virtual ~TableAccess() = default;

  const RowLayout& layout() const { return layout_; }
  virtual bool mapped() const = 0;

  // InvalidArgument: a key outside the table. FailedPrecondition: kMaxBatchesInFlight are open. A batch that is
  // requested anew before its Commit is dropped, and its changes with it.
  virtual absl::Status Request(std::span<const uint32_t> keys, Batch* batch) = 0;
  virtual absl::Status Request(std::span<const uint64_t> keys, Batch* batch) = 0;
  // DeadlineExceeded names the server that did not answer.
  virtual absl::Status Await(Batch* batch) = 0;
  // Waits only where kMaxBatchesInFlight commits are not answered yet; so an error of one may come from a later call.
  virtual absl::Status Commit(Batch* batch, float learning_rate) = 0;

  // Hands `gradients` [keys, dim] to the row optimizer without asking for the rows; `keys` are distinct. Waits as
  // Commit. InvalidArgument: a key outside the table, or not as many floats.
  virtual absl::Status PushGradients(std::span<const uint64_t> keys, std::span<const float> gradients,
                                     float learning_rate) = 0;

  // Waits until every server has applied what was committed and pushed: what another client reads afterwards has it.
  virtual absl::Status Flush() = 0;

  // Copies the weights of rows [first, first + count) of a dense-id table into `out` [count, dim], whatever the access.
  virtual absl::Status Read(uint64_t first, uint64_t count, std::span<float> out) = 0;
  // The same of the rows of `keys` into `out` [keys, dim].
  virtual absl::Status Read(std::span<const uint64_t> keys, std::span<float> out) = 0;

 protected:
  explicit TableAccess(RowLayout layout) : layout_(layout) {}
  const RowLayout layout_;
};

// What the implementations say alike of arguments that do not fit a table.
absl::Status NoSuchRow(const wire::TableSpec& spec, uint64_t key);
absl::Status CheckFloats(const wire::TableSpec& spec, uint64_t rows, uint64_t floats);  // rows * dim of them.
absl::Status CheckRange(const wire::TableSpec& spec, uint64_t first, uint64_t count);   // [first, first + count).

}  // namespace shoal
