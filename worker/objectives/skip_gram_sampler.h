// SkipGramSampler: which words meet which: sub-sampling, shrinking windows and negatives of a piece of a sentence.
//
// All of it is a function of (seed, epoch, unit, sentence, place), whoever computes it and in whatever order. The
// result is a plan: ids to fetch rows for, and windows that point into them; nothing is looked up in the inner loop.
//
// Thread rule: belongs to one thread.
// Source: Mikolov et al. 2013, and word2vec.c for what the paper leaves open: a centre's reach is uniform in
// 1..window, a word of frequency f stays with probability (sqrt(f / t) + 1) * t / f, windows do not see what was
// dropped.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "common/random.h"
#include "data/noise_table.h"
#include "proto/job.pb.h"

namespace shoal {

// Windows to train, in order. Cleared and filled again from batch to batch. Indices have 32 bits: a batch and a piece
// of a sentence have a million words each at most, a window 72 outputs.
struct SkipGramPlan {
  struct Window {
    uint32_t first_context = 0;  // Into `inputs`; the contexts are [first_context, first_context + span) ...
    uint32_t centre = 0;         // ... without this one, where there is one centre. Into `inputs`.
    uint32_t first_output = 0;   // Into `outputs`: the centres, then the negatives.
    uint32_t first_mask = 0;     // Into `masks`, [span], where there are several centres.
    uint32_t first_weight = 0;   // Into `weights`.
    float learning_rate = 0;
    uint16_t span = 0;
    uint8_t centres = 0;
    uint8_t outputs = 0;
    bool measured = false;  // Its loss is of the sample that is reported.

    int contexts() const { return centres == 1 ? span - 1 : span; }
  };

  std::vector<uint32_t> inputs;   // Words that were kept.
  std::vector<uint32_t> outputs;  // Centres and negatives of all windows.
  std::vector<Window> windows;
  std::vector<uint32_t> masks;  // Bit c: the context is within the reach of centre c.
  // Of outputs, in sets of equal length. The first set is the usual one, for windows whose negatives are distinct; a
  // negative that was drawn twice stands once, with twice the weight.
  std::vector<float> weights;
  uint64_t pairs = 0;  // Of a context and a centre, in all windows.

  void Clear();
};

class SkipGramSampler {
 public:
  // One window of so many is measured.
  static constexpr uint32_t kMeasuredOneIn = 64;

  // `counts` [words]: occurrences in the corpus, none of them 0; two words at least.
  SkipGramSampler(const job::SkipGram& settings, std::span<const uint64_t> counts, uint64_t seed);

  // To be called before the first Sample of an epoch; draws the epoch's table of negatives (tens of milliseconds).
  void BeginEpoch(uint32_t epoch);

  // Begins a piece, words [begin, end) of a sentence: adds those that are kept to the plan. Windows will not reach over
  // these ends.
  void Begin(std::span<const uint32_t> sentence, uint64_t begin, uint64_t end, uint64_t unit, uint64_t sentence_index,
             float learning_rate, SkipGramPlan* plan);
  // Adds windows of the piece that was begun in this plan, until the plan has `most_outputs` or more, and tells whether
  // they are all there. A piece may have a million words, which take seconds.
  bool AddWindows(size_t most_outputs, SkipGramPlan* plan);
  // Both: a piece with all its windows.
  void Sample(std::span<const uint32_t> sentence, uint64_t begin, uint64_t end, uint64_t unit, uint64_t sentence_index,
              float learning_rate, SkipGramPlan* plan) {
    Begin(sentence, begin, end, unit, sentence_index, learning_rate, plan);
    AddWindows(std::numeric_limits<size_t>::max(), plan);
  }

  const NoiseTable& noise() const { return noise_; }
  // Negatives of a block (none for the full softmax), and what each weighs for a context with one centre.
  int block_negatives() const { return block_negatives_; }
  float negative_weight() const { return negative_weight_; }

 private:
  void KeepWords(std::span<const uint32_t> words, CounterRandom random, SkipGramPlan* plan);
  // How many consecutive words from `centre` make a block: none may come twice.
  uint32_t BlockSize(const SkipGramPlan& plan, uint32_t centre) const;
  void AddContexts(uint32_t piece, SkipGramPlan::Window* window, SkipGramPlan* plan) const;
  void AddOutputs(SkipGramPlan::Window* window, SkipGramPlan* plan);
  void CountTwice(size_t output, SkipGramPlan::Window* window, SkipGramPlan* plan) const;
  uint32_t AddWeights(SkipGramPlan* plan) const;

  const uint32_t window_;
  const uint32_t centres_;
  const int block_negatives_;
  const float negative_weight_;
  const uint64_t seed_;
  std::vector<uint32_t> keep_;  // [words] a word stays where 32 random bits are at most this.
  NoiseTable noise_;
  uint64_t epoch_key_ = 0;
  // Of the piece that was begun:
  uint64_t place_ = 0;          // In the table of negatives.
  std::vector<uint8_t> reach_;  // Of each word kept.
  uint32_t first_word_ = 0;     // In the plan's inputs.
  uint32_t next_centre_ = 0;    // The same.
  uint32_t until_measured_ = 0;
  float learning_rate_ = 0;
};

}  // namespace shoal
