#include "worker/objectives/skip_gram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/time/time.h"
#include "common/clock.h"
#include "common/job/derived.h"
#include "common/status.h"
#include "data/word_vectors.h"
#include "worker/same_data.h"

namespace shoal {
namespace {

constexpr uint32_t kInputTable = 0, kOutputTable = 1;

// Words of a batch of mapped rows: long enough that planning pays, short enough that the plan stays in the cache.
constexpr uint64_t kMappedBatchWords = 4000;

// Full softmax meets every word of the vocabulary for every context: words of a batch times words of the vocabulary.
constexpr uint64_t kSoftmaxBatch = 2'000'000;

// That are sampled in a step: a negative takes some ten nanoseconds where there are many to be told apart.
constexpr size_t kOutputsOfAStep = size_t{1} << 20;

constexpr size_t kExportBytes = size_t{8} << 20;

// What noise-contrastive estimation takes off a word's logit: log(k * p(word)). No word's probability is 0, as every
// word of a token file occurs.
std::vector<float> NoiseOffsets(const job::SkipGram& settings, const NoiseTable& noise, uint64_t words) {
  if (settings.loss() != job::SkipGram::NCE) return {};
  std::vector<float> offsets(words);
  for (uint64_t id = 0; id < words; ++id) {
    offsets[id] = static_cast<float>(std::log(settings.negatives() * noise.probability(id)));
  }
  return offsets;
}

uint64_t BatchWords(const job::Job& job, bool mapped_in_place, uint64_t vocabulary) {
  const bool strict = TrainsInRounds(job);  // Units are batches then.
  const uint64_t words = strict            ? std::numeric_limits<uint64_t>::max()
                         : mapped_in_place ? kMappedBatchWords
                                           : job.parameter_server().batch_words();
  if (job.objective().skip_gram().loss() != job::SkipGram::FULL_SOFTMAX) return words;
  return std::clamp<uint64_t>(kSoftmaxBatch / vocabulary, 1, words);
}

// Adds the seconds since `since` to `sum`, and returns the time.
absl::Time Lap(absl::Time since, double* sum) {
  const absl::Time now = Clock::Real().Now();
  *sum += absl::ToDoubleSeconds(now - since);
  return now;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Objective>> SkipGram::Create(const ObjectiveContext& context) {
  const wire::Welcome& welcome = context.welcome;
  ASSIGN_OR_RETURN(auto tokens, TokenFile::Open(welcome.data_file()));
  RETURN_IF_ERROR(CheckSameData(welcome, *tokens));
  if (welcome.table_size() != 2) {
    return FailedPrecondition("skip-gram needs 2 tables, input and output; the coordinator names ",
                              welcome.table_size());
  }
  for (const wire::TableSpec& table : welcome.table()) {
    if (table.rows() != tokens->words()) {
      return FailedPrecondition("table \"", table.name(), "\" has ", table.rows(), " rows, and the vocabulary of ",
                                tokens->path(), " ", tokens->words(),
                                " words: coordinator and worker see different files at this path");
    }
  }
  return std::unique_ptr<Objective>(new SkipGram(context, std::move(tokens)));
}

SkipGram::SkipGram(const ObjectiveContext& context, std::unique_ptr<TokenFile> tokens)
    : settings_(context.welcome.job().objective().skip_gram()),
      tokens_(std::move(tokens)),
      input_table_(context.client.table(kInputTable)),
      output_table_(context.client.table(kOutputTable)),
      softmax_(settings_.loss() == job::SkipGram::FULL_SOFTMAX),
      in_place_(settings_.optimizer().kind() == job::RowOptimizer::SGD),
      prefetch_(context.welcome.job().parameter_server().prefetch() && !input_table_.mapped()),
      batch_words_(BatchWords(context.welcome.job(), input_table_.mapped() && in_place_, tokens_->words())),
      kernel_(settings_.dim()),
      sampler_(settings_, tokens_->counts(), context.welcome.job().seed()),
      offsets_by_word_(NoiseOffsets(settings_, sampler_.noise(), tokens_->words())),
      all_words_(softmax_ ? tokens_->words() : 0),
      softmax_windows_(kernel_, tokens_->words()) {
  std::iota(all_words_.begin(), all_words_.end(), 0);
}

absl::Status SkipGram::Begin(const wire::Lease& lease) {
  if (lease.end() > tokens_->sentences() || lease.begin() > lease.end()) {
    return FailedPrecondition("lease ", lease.id(), " is of sentences ", lease.begin(), " to ", lease.end(), "; ",
                              tokens_->path(), " has ", tokens_->sentences());
  }
  RETURN_IF_ERROR(tokens_->VerifyTokens(lease.begin(), lease.end()));
  lease_ = lease;
  sentence_ = lease.begin();
  place_ = 0;
  in_piece_ = measures_ = false;
  for (Batch& batch : batches_) batch.state = Batch::State::kEmpty;
  return absl::OkStatus();
}

absl::StatusOr<StepReport> SkipGram::Step() {
  using State = Batch::State;
  StepReport report;
  Batch& batch = batches_[current_];
  // An empty lease, too, takes a step, which says that it is done.
  RETURN_IF_ERROR(Prepare(&batch, &report));
  report.learning_rate = batch.learning_rate;
  if (batch.state < State::kRequested) return report;
  if (prefetch_ && !batch.last) {
    Batch& coming = batches_[1 - current_];
    RETURN_IF_ERROR(Prepare(&coming, &report));
    if (coming.state < State::kRequested) return report;
  }
  if (batch.state == State::kRequested) {
    RETURN_IF_ERROR(AwaitRows(&batch, &report));
  }
  if (!Train(&batch, &report)) return report;
  RETURN_IF_ERROR(Commit(&batch, &report));
  report.unit_done = batch.last;
  report.work = batch.words;
  report.pairs = batch.plan.pairs;
  batch.state = State::kEmpty;
  current_ = prefetch_ ? 1 - current_ : current_;
  return report;
}

absl::Status SkipGram::Prepare(Batch* batch, StepReport* report) {
  using State = Batch::State;
  if (batch->state >= State::kRequested) return absl::OkStatus();
  absl::Time time = Clock::Real().Now();
  if (batch->state == State::kEmpty) Begin(batch);
  Sample(batch);
  time = Lap(time, &report->sample_seconds);
  if (batch->state != State::kSampled) return absl::OkStatus();
  RETURN_IF_ERROR(Request(batch));
  Lap(time, &report->rows_seconds);
  batch->state = State::kRequested;
  return absl::OkStatus();
}

void SkipGram::Begin(Batch* batch) {
  if (sampler_epoch_ != lease_.epoch()) {
    sampler_.BeginEpoch(lease_.epoch());
    sampler_epoch_ = lease_.epoch();
  }
  batch->plan.Clear();
  batch->words = 0;
  batch->learning_rate = LearningRate();
  batch->state = Batch::State::kSampling;
}

void SkipGram::Sample(Batch* batch) {
  SkipGramPlan& plan = batch->plan;
  const size_t most_outputs = plan.outputs.size() + kOutputsOfAStep;
  while (!unit_ended() && batch->words < batch_words_) {
    const std::span<const uint32_t> sentence = tokens_->sentence(sentence_);
    const uint64_t end = std::min<uint64_t>(place_ + settings_.sentence_limit(), sentence.size());
    if (!std::exchange(in_piece_, true)) {
      sampler_.Begin(sentence, place_, end, lease_.unit(), sentence_, LearningRate(), &plan);
    }
    if (!sampler_.AddWindows(most_outputs, &plan)) break;
    in_piece_ = false;
    batch->words += end - place_;
    place_ = end;
    if (end == sentence.size()) {
      ++sentence_;
      place_ = 0;
    }
  }
  // So that the smallest unit, too, tells a loss.
  if (!plan.windows.empty() && !std::exchange(measures_, true)) plan.windows.front().measured = true;
  if (in_piece_) return;
  batch->last = unit_ended();
  batch->state = Batch::State::kSampled;
}

float SkipGram::LearningRate() const {
  const uint64_t in_unit = tokens_->tokens_before(sentence_) + place_ - tokens_->tokens_before(lease_.begin());
  const double passed =
      static_cast<double>(lease_.words_before() + in_unit) / std::max<uint64_t>(lease_.words_total(), 1);
  // A job that its CPU time ends before the plan does is further than its place.
  const double fraction = std::min(std::max(passed, lease_.progress()), 1.0);
  return static_cast<float>(settings_.learning_rate() +
                            fraction * (settings_.final_learning_rate() - settings_.learning_rate()));
}

absl::Status SkipGram::Request(Batch* batch) {
  batch->inputs.want_gradients = batch->outputs.want_gradients = !in_place_;
  RETURN_IF_ERROR(input_table_.Request(batch->plan.inputs, &batch->inputs));
  return output_table_.Request(softmax_ ? all_words_ : batch->plan.outputs, &batch->outputs);
}

absl::Status SkipGram::AwaitRows(Batch* batch, StepReport* report) {
  const absl::Time start = Clock::Real().Now();
  RETURN_IF_ERROR(input_table_.Await(&batch->inputs));
  RETURN_IF_ERROR(output_table_.Await(&batch->outputs));
  Lap(start, &report->rows_seconds);
  batch->next_window = 0;
  if (softmax_) softmax_windows_.Begin(batch->plan, RowsOf(*batch));
  batch->state = Batch::State::kTraining;
  return absl::OkStatus();
}

SkipGramRows SkipGram::RowsOf(const Batch& batch) const {
  SkipGramRows rows;
  rows.inputs = batch.inputs.rows.data();
  rows.outputs = batch.outputs.rows.data();
  if (!in_place_) {
    rows.input_gradients = batch.inputs.gradients.data();
    rows.output_gradients = batch.outputs.gradients.data();
  }
  rows.row_floats = settings_.dim();
  return rows;
}

bool SkipGram::Train(Batch* batch, StepReport* report) {
  const absl::Time start = Clock::Real().Now();
  MeasuredLoss loss;
  bool done;
  if (softmax_) {
    done = !softmax_windows_.Train(kWorkOfAStep, &loss);
  } else {
    loss = TrainWindows(batch->plan, kernel_, RowsOf(*batch), offsets_by_word_, kWorkOfAStep, &batch->next_window);
    done = batch->next_window == batch->plan.windows.size();
  }
  report->loss_sum = loss.sum;
  report->loss_pairs = loss.pairs;
  Lap(start, &report->compute_seconds);
  return done;
}

absl::Status SkipGram::Commit(Batch* batch, StepReport* report) {
  const absl::Time start = Clock::Real().Now();
  RETURN_IF_ERROR(input_table_.Commit(&batch->inputs, batch->learning_rate));
  RETURN_IF_ERROR(output_table_.Commit(&batch->outputs, batch->learning_rate));
  Lap(start, &report->push_seconds);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SkipGram::Export(const std::string& directory) {
  const std::string path = Cat(directory, "/", kVectorsFileName);
  const uint64_t words = tokens_->words(), dim = settings_.dim();
  ASSIGN_OR_RETURN(const auto writer, WordVectorsWriter::Create(path, words, dim));
  const uint64_t chunk = std::max<uint64_t>(1, kExportBytes / (dim * sizeof(float)));
  std::vector<float> rows(std::min(chunk, words) * dim);
  for (uint64_t first = 0; first < words; first += chunk) {
    const uint64_t count = std::min(chunk, words - first);
    RETURN_IF_ERROR(input_table_.Read(first, count, std::span(rows).first(count * dim))) << "for " << path;
    for (uint64_t i = 0; i < count; ++i) {
      RETURN_IF_ERROR(writer->Append(tokens_->word(first + i), std::span(rows).subspan(i * dim, dim)));
    }
  }
  RETURN_IF_ERROR(writer->Commit());
  return std::vector<std::string>{path};
}

}  // namespace shoal
