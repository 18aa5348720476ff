// RemoteTable: a table's rows by messages: one pull and one push a server and batch, each key once.
//
// Pulled rows are used where the answer put them: as they came they are the base of the difference that Commit sends,
// or, in gradient mode, what the caller reads. Large batches go in several messages, so that a server gathers the next
// rows while the last ones travel.
//
// Thread rule: belongs to the worker's thread.

#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "paramserver/row_exchange.h"
#include "paramserver/table_access.h"
#include "paramserver/unique_keys.h"

namespace shoal {

class RemoteTable final : public TableAccess {
 public:
  // Of the rows in one message.
  static constexpr uint64_t kMessageBytes = uint64_t{1} << 20;

  // `exchange` outlives the table.
  RemoteTable(const wire::TableSpec& spec, RowExchange* exchange);

  bool mapped() const override { return false; }
  absl::Status Request(std::span<const uint32_t> keys, Batch* batch) override;
  absl::Status Request(std::span<const uint64_t> keys, Batch* batch) override;
  absl::Status Await(Batch* batch) override;
  absl::Status Commit(Batch* batch, float learning_rate) override;
  absl::Status Flush() override;
  absl::Status PushGradients(std::span<const uint64_t> keys, std::span<const float> gradients,
                             float learning_rate) override;
  absl::Status Read(uint64_t first, uint64_t count, std::span<float> out) override;
  absl::Status Read(std::span<const uint64_t> keys, std::span<float> out) override;

 private:
  using Calls = std::vector<std::shared_ptr<RowCall>>;

  // Where a distinct key's row is: in which call, and at which place there.
  struct Place {
    uint32_t call;
    uint32_t row;
  };

  struct State final : public Batch::State {
    Calls calls;
    std::vector<uint32_t> numbers;  // [keys] of each key's distinct key.
    std::vector<Place> places;      // [distinct keys]
    bool gradients = false;
    bool awaited = false;
    std::shared_ptr<const int> open;  // One share of RemoteTable::open_ while the batch is open.
  };

  template <typename Key>
  absl::Status RequestKeys(std::span<const Key> keys, Batch* batch);
  // Sorts the distinct keys into calls by server.
  template <typename Key>
  absl::Status MakeCalls(std::span<const Key> keys, State* state);
  absl::Status StartPulls(const State& state);
  // Room for as many rows as the call has keys.
  float* MakeRows(RowCall* call) const;
  // The place of a key that was not seen in this batch before.
  Place PlaceKey(uint64_t key, State* state);
  uint32_t OpenCall(uint32_t server, State* state);

  void PrepareChanges(RowCall* call) const;
  void PrepareGradients(RowCall* call) const;
  void FillGradients(std::span<const float> gradients, const State& state) const;
  absl::Status StartPush(const State& state, const std::shared_ptr<RowCall>& call, float learning_rate);
  // Waits until at most `most` commits are unanswered.
  absl::Status WaitForPushes(size_t most);
  std::shared_ptr<RowCall> TakeCall();

  const wire::TableSpec spec_;
  RowExchange* const exchange_;
  const uint32_t rows_per_message_;
  const std::shared_ptr<const int> open_;  // Shared by the open batches, which it counts.
  UniqueKeys unique_;
  std::vector<uint32_t> filling_;  // [servers] The call of the batch at hand that takes the server's next key.
  std::deque<Calls> pushes_;       // Of unanswered commits, oldest first.
  Calls spare_;                    // Answered calls, whose memory is used again.
};

}  // namespace shoal
