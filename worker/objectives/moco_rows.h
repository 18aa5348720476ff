// MocoRows: MoCo's key encoder and its queue of keys, on the servers.
//
// The key encoder's parameters are a list that moves towards the query encoder's after every key_sync_interval steps;
// each worker writes its slice of them, and all read the whole. The running statistics of its batch normalisation are
// each worker's own.
//
// The queue is a ring: key n of the job is in row n mod capacity. A worker writes its keys of a step at their places in
// the order of the step's pictures, so that the ring is the same for any number of workers, and takes the keys that the
// others wrote into its copy, which the loss is computed against. Shuffled keys (worker/images/key_order.h) are in
// their pictures' order again when they come here.
//
// Thread rule: as ContrastRows'.
// Source: He et al. 2020, "Momentum Contrast", algorithm 1.

#pragma once

#include <vector>

#include "paramserver/client.h"
#include "proto/job.pb.h"
#include "worker/images/list_table.h"
#include "worker/objectives/contrast_rows.h"

namespace shoal {

class MocoRows final : public ContrastRows {
 public:
  // Of worker `rank` of `workers`. Client and learner outlive it.
  MocoRows(const job::Job& job, ParameterClient* client, ContrastiveLearner* learner, int rank, int workers);

  absl::Status Initialise() override;
  absl::Status Read(const StepPlace& place, StepInput* input) override;
  absl::Status Write(const StepPlace& place, const StepResult& result) override;

  // What of the key encoder stays at a step; from `momentum` to 1 by half a cosine where the schedule says so.
  static double MomentumAt(const job::MoCo& settings, double progress);

 private:
  // Keys that a step adds, of all workers, and the row of the first.
  uint64_t keys_of_a_step() const { return batch_ * (settings_.symmetric() ? 2 : 1); }
  uint64_t FirstRow(uint64_t step) const { return step * keys_of_a_step() % settings_.queue(); }
  bool WritesKeyEncoder(uint64_t step) const { return (step + 1) % settings_.key_sync_interval() == 0; }
  // Rows [first, first + count) of the queue, into their places in the copy.
  absl::Status ReadQueue(uint64_t first, uint64_t count);
  absl::Status WriteKeys(uint64_t first_row, std::span<const float> keys);

  const job::MoCo settings_;
  const uint64_t batch_;
  const uint64_t seed_;
  TableAccess& key_table_;
  TableAccess& queue_table_;
  ContrastiveLearner& learner_;
  const int rank_, workers_;
  const uint64_t dim_;
  ListTable key_encoder_;
  std::vector<float> queue_;       // [queue, dim] The copy; empty before the first step.
  std::vector<int64_t> new_rows_;  // Of the copy, at the last Read.
  std::vector<uint64_t> row_numbers_;
  std::vector<uint32_t> key_order_;  // Of the last step, where it is shuffled.
};

}  // namespace shoal
