#include "worker/objectives/skip_gram_sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "worker/kernels/skip_gram_kernel.h"

namespace shoal {
namespace {

constexpr uint64_t kNoiseStream = 0, kWordStream = 1, kPlaceStream = 2;

// A negative that hits a centre is drawn again, so many times: in a vocabulary that one word dominates it may have to
// be given up.
constexpr int kMaxRedraws = 64;

std::vector<uint32_t> KeepThresholds(std::span<const uint64_t> counts, double subsample) {
  const double tokens = std::accumulate(counts.begin(), counts.end(), 0.0);
  std::vector<uint32_t> thresholds(counts.size(), UINT32_MAX);
  if (subsample == 0) return thresholds;
  for (size_t id = 0; id < counts.size(); ++id) {
    const double relative = static_cast<double>(counts[id]) / tokens / subsample;
    const double keep = (std::sqrt(relative) + 1) / relative;
    if (keep < 1) thresholds[id] = static_cast<uint32_t>(keep * 0x1p32);
  }
  return thresholds;
}

bool NeedsNegatives(const job::SkipGram& settings) { return settings.loss() != job::SkipGram::FULL_SOFTMAX; }

int BlockNegatives(const job::SkipGram& settings) {
  if (!NeedsNegatives(settings)) return 0;
  return settings.block().negatives() != 0 ? settings.block().negatives() : settings.negatives();
}

}  // namespace

void SkipGramPlan::Clear() {
  inputs.clear();
  outputs.clear();
  windows.clear();
  masks.clear();
  weights.clear();
  pairs = 0;
}

SkipGramSampler::SkipGramSampler(const job::SkipGram& settings, std::span<const uint64_t> counts, uint64_t seed)
    : window_(settings.window()),
      centres_(NeedsNegatives(settings) ? settings.block().centres() : 1),
      block_negatives_(BlockNegatives(settings)),
      negative_weight_(block_negatives_ == 0 ? 0 : static_cast<float>(settings.negatives()) / block_negatives_),
      seed_(seed),
      keep_(KeepThresholds(counts, settings.subsample())),
      noise_(counts, settings.negatives_power()) {}

void SkipGramSampler::BeginEpoch(uint32_t epoch) {
  epoch_key_ = StreamKey(seed_, epoch);
  if (block_negatives_ > 0) noise_.Redraw(StreamKey(epoch_key_, kNoiseStream));
}

void SkipGramSampler::Begin(std::span<const uint32_t> sentence, uint64_t begin, uint64_t end, uint64_t unit,
                            uint64_t sentence_index, float learning_rate, SkipGramPlan* plan) {
  const uint64_t key = StreamKey(StreamKey(epoch_key_, kWordStream + unit), sentence_index);
  CounterRandom start(StreamKey(key, kPlaceStream), begin);
  place_ = start.Next();
  until_measured_ = start.NextBelow(kMeasuredOneIn);
  learning_rate_ = learning_rate;
  if (plan->weights.empty()) AddWeights(plan);
  first_word_ = next_centre_ = static_cast<uint32_t>(plan->inputs.size());
  KeepWords(sentence.subspan(begin, end - begin), CounterRandom(StreamKey(key, kWordStream), begin), plan);
  const auto kept = static_cast<uint32_t>(plan->inputs.size());
  // A word alone has no context.
  if (kept - first_word_ < 2) next_centre_ = kept;
}

bool SkipGramSampler::AddWindows(size_t most_outputs, SkipGramPlan* plan) {
  const auto kept = static_cast<uint32_t>(plan->inputs.size());
  uint32_t centre = next_centre_, until_measured = until_measured_;
  while (centre < kept && plan->outputs.size() < most_outputs) {
    SkipGramPlan::Window window{.centre = centre, .learning_rate = learning_rate_};
    window.centres = BlockSize(*plan, centre);
    AddContexts(first_word_, &window, plan);
    AddOutputs(&window, plan);
    window.measured = until_measured == 0;
    until_measured = until_measured == 0 ? kMeasuredOneIn - 1 : until_measured - 1;
    plan->windows.push_back(window);
    centre += window.centres;
  }
  next_centre_ = centre;
  until_measured_ = until_measured;
  return centre == kept;
}

// Both a word's fate and its reach come of one draw. There is no branch on the fate: it could not be predicted.
void SkipGramSampler::KeepWords(std::span<const uint32_t> words, CounterRandom random, SkipGramPlan* plan) {
  const size_t before = plan->inputs.size();
  plan->inputs.resize(before + words.size());
  reach_.resize(std::max(reach_.size(), words.size()));
  uint32_t* const kept = plan->inputs.data() + before;
  size_t count = 0;
  for (const uint32_t word : words) {
    const uint64_t bits = random.Next();
    kept[count] = word;
    reach_[count] = static_cast<uint8_t>(1 + ((bits & UINT32_MAX) * window_ >> 32));
    count += (bits >> 32) <= keep_[word];
  }
  plan->inputs.resize(before + count);
}

uint32_t SkipGramSampler::BlockSize(const SkipGramPlan& plan, uint32_t centre) const {
  const uint32_t most = std::min<uint32_t>(centres_, plan.inputs.size() - centre);
  const auto begin = plan.inputs.begin() + centre;
  uint32_t size = 1;
  while (size < most && std::find(begin, begin + size, begin[size]) == begin + size) ++size;
  return size;
}

// The words within reach of any centre of a block are consecutive, as each centre reaches its neighbour.
void SkipGramSampler::AddContexts(uint32_t piece, SkipGramPlan::Window* window, SkipGramPlan* plan) const {
  const uint32_t kept = plan->inputs.size();
  const auto reach = [&](uint32_t centre) { return uint32_t{reach_[centre - piece]}; };
  uint32_t first = kept, last = 0;
  for (uint32_t centre = window->centre; centre < window->centre + window->centres; ++centre) {
    first = std::min(first, centre - std::min(reach(centre), centre - piece));
    last = std::max(last, std::min(centre + reach(centre), kept - 1));
  }
  window->first_context = first;
  window->span = last - first + 1;
  if (window->centres == 1) {
    plan->pairs += window->span - 1;
    return;
  }
  window->first_mask = plan->masks.size();
  for (uint32_t context = first; context <= last; ++context) {
    uint32_t mask = 0;
    for (uint32_t c = 0; c < window->centres; ++c) {
      const uint32_t centre = window->centre + c;
      const uint32_t distance = context < centre ? centre - context : context - centre;
      mask |= static_cast<uint32_t>(distance != 0 && distance <= reach(centre)) << c;
    }
    plan->masks.push_back(mask);
    plan->pairs += __builtin_popcount(mask);
  }
}

void SkipGramSampler::AddOutputs(SkipGramPlan::Window* window, SkipGramPlan* plan) {
  window->first_output = plan->outputs.size();
  plan->outputs.resize(window->first_output + window->centres + block_negatives_);
  uint32_t* const outputs = plan->outputs.data() + window->first_output;
  std::copy_n(plan->inputs.begin() + window->centre, window->centres, outputs);
  uint32_t count = window->centres;
  int redraws = 0;
  for (int left = block_negatives_; left > 0 && redraws <= kMaxRedraws;) {
    const uint32_t word = noise_.At(place_++);
    // The first that is equal is the word itself, put behind the others, where it is none of them.
    outputs[count] = word;
    uint32_t found = 0;
    while (outputs[found] != word) ++found;
    if (found < window->centres) {
      ++redraws;
      continue;
    }
    if (found == count) {
      ++count;
    } else {
      CountTwice(found, window, plan);
    }
    redraws = 0;
    --left;
  }
  window->outputs = count;
  plan->outputs.resize(window->first_output + count);
}

void SkipGramSampler::CountTwice(size_t output, SkipGramPlan::Window* window, SkipGramPlan* plan) const {
  if (window->first_weight == 0) window->first_weight = AddWeights(plan);
  plan->weights[window->first_weight + output] += negative_weight_;
}

// Weights of centres are not read, so one set serves blocks of any size.
uint32_t SkipGramSampler::AddWeights(SkipGramPlan* plan) const {
  const auto first = static_cast<uint32_t>(plan->weights.size());
  plan->weights.resize(first + PaddedOutputs(centres_ + block_negatives_), negative_weight_);
  return first;
}

}  // namespace shoal
