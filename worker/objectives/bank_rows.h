// BankRows: instance discrimination's memory bank, on the servers: a row for each picture, a moving average of its
// features, of length 1.
//
// By the full softmax a worker keeps a copy of the whole bank, and after a step takes the rows of the step's pictures
// anew. By noise-contrastive estimation it reads its pictures' rows and a sample of all rows, drawn by the step's
// number: the same on all workers.
//
// Thread rule: as ContrastRows'.
// Source: Wu et al. 2018, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", section 3.

#pragma once

#include <vector>

#include "paramserver/client.h"
#include "proto/job.pb.h"
#include "worker/objectives/contrast_rows.h"

namespace shoal {

class BankRows final : public ContrastRows {
 public:
  // Of a set of `pictures`. The client outlives it.
  BankRows(const job::Job& job, ParameterClient* client, uint64_t pictures);

  absl::Status Initialise() override;
  absl::Status Read(const StepPlace& place, StepInput* input) override;
  absl::Status Write(const StepPlace& place, const StepResult& result) override;

 private:
  absl::Status ReadAll(const StepPlace& place, StepInput* input);
  absl::Status ReadSample(const StepPlace& place, StepInput* input);
  // Rows of `keys` into `out` [keys, dim].
  absl::Status ReadRows(std::span<const uint64_t> keys, std::vector<float>* out);

  const job::InstanceDiscrimination settings_;
  const uint64_t seed_;
  const uint64_t pictures_;
  TableAccess& table_;
  const uint64_t dim_;
  std::vector<float> bank_;           // [pictures, dim] The copy, of the full softmax; empty before the first step.
  std::vector<uint64_t> last_step_;   // The pictures of all workers in the last step.
  std::vector<int64_t> new_rows_;     // Of the copy, at the last Read.
  std::vector<int64_t> own_numbers_;  // [count]
  std::vector<uint64_t> keys_;
  std::vector<float> rows_, positives_;
};

}  // namespace shoal
