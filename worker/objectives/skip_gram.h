// SkipGram: word vectors by skip-gram, with negative sampling, noise-contrastive estimation or the full softmax.
//
// Table 0 holds the input rows (the vectors that are exported), table 1 the output rows, one of each a word. A batch is
// some thousand words: the sampler plans its windows, their rows are requested, and the kernel runs the plan. With
// plain SGD rows change in place; other row optimizers get the batch's gradients. Remote rows of the next batch are on
// their way while a batch is computed; mapped ones need no waiting.
//
// What a batch costs grows with dim, window, negatives and the vocabulary; so a step samples or trains a part of one,
// some milliseconds' worth. With usual settings that is all of it.
//
// Thread rule: as Objective's.
// Source: Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their Compositionality".

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/token_file.h"
#include "worker/kernels/skip_gram_kernel.h"
#include "worker/objective.h"
#include "worker/objectives/skip_gram_sampler.h"
#include "worker/objectives/skip_gram_windows.h"
#include "worker/objectives/softmax_windows.h"

namespace shoal {

class SkipGram final : public Objective {
 public:
  // Opens the token file of the welcome. FailedPrecondition: its vocabulary does not fit the tables.
  static absl::StatusOr<std::unique_ptr<Objective>> Create(const ObjectiveContext& context);

  absl::Status Begin(const wire::Lease& lease) override;
  absl::StatusOr<StepReport> Step() override;
  absl::StatusOr<std::vector<std::string>> Export(const std::string& directory) override;

 private:
  // A batch on its way from the sampler to the tables.
  struct Batch {
    enum class State { kEmpty, kSampling, kSampled, kRequested, kTraining };

    SkipGramPlan plan;
    TableAccess::Batch inputs, outputs;
    State state = State::kEmpty;
    uint64_t words = 0;
    bool last = false;  // Of the unit.
    float learning_rate = 0;
    size_t next_window = 0;  // To be trained.
  };

  SkipGram(const ObjectiveContext& context, std::unique_ptr<TokenFile> tokens);

  // Samples the words that come next and, once it has them all, requests their rows.
  absl::Status Prepare(Batch* batch, StepReport* report);
  void Begin(Batch* batch);
  void Sample(Batch* batch);
  absl::Status Request(Batch* batch);
  absl::Status AwaitRows(Batch* batch, StepReport* report);
  // Trains a part of it; true: the last one.
  bool Train(Batch* batch, StepReport* report);
  absl::Status Commit(Batch* batch, StepReport* report);
  SkipGramRows RowsOf(const Batch& batch) const;
  float LearningRate() const;
  bool unit_ended() const { return sentence_ == lease_.end(); }

  const job::SkipGram settings_;
  const std::unique_ptr<TokenFile> tokens_;
  TableAccess& input_table_;
  TableAccess& output_table_;
  const bool softmax_;
  const bool in_place_;
  const bool prefetch_;
  const uint64_t batch_words_;
  const SkipGramKernel kernel_;
  SkipGramSampler sampler_;
  const std::vector<float> offsets_by_word_;  // Empty but for noise-contrastive estimation.
  std::vector<uint32_t> all_words_;           // Empty but for the full softmax.
  SoftmaxWindows softmax_windows_;            // Of the batch in training, where there is the full softmax.

  wire::Lease lease_;
  int64_t sampler_epoch_ = -1;
  uint64_t sentence_ = 0;  // Where the next batch begins ...
  uint64_t place_ = 0;     // ... and at which of its words.
  bool in_piece_ = false;  // The sampler has begun there.
  bool measures_ = false;  // A window of the unit is measured.
  Batch batches_[2];
  int current_ = 0;
};

}  // namespace shoal
