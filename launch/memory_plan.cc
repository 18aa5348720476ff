#include "launch/memory_plan.h"

#include <algorithm>
#include <bit>

#include "common/format.h"
#include "common/job/derived.h"
#include "common/job/encoder_size.h"
#include "common/job/tables.h"
#include "common/status.h"
#include "paramserver/row_layout.h"

namespace shoal {
namespace {

// Program, libraries, Open MPI and its buffers: measured, of a role that holds nothing yet.
constexpr uint64_t kRoleBytes = uint64_t{30} << 20;
// Bytes a worker keeps for each word: its noise probability, its two alias entries, its chance to be dropped.
constexpr uint64_t kWorkerBytesPerWord = 32;

uint64_t TableBytes(const wire::TableSpec& table, uint32_t server, uint32_t servers) {
  const uint64_t row_bytes = uint64_t{RowLayout::Of(table).stride} * sizeof(float);
  const uint64_t bytes = RowsOnServer(table.rows(), server, servers) * row_bytes;
  return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
}

// The table of noise words (data/noise_table.h): eight places a word.
uint64_t NoiseBytes(uint64_t words) {
  return sizeof(uint32_t) * std::bit_ceil(std::clamp<uint64_t>(8 * words, uint64_t{1} << 16, uint64_t{1} << 24));
}

// Words of a batch at most. It ends with a piece of a sentence; of strict determinism it is a unit, and ends with a
// sentence.
uint64_t BatchWords(const job::Job& job) {
  const uint64_t sentence = MaxSentenceWords(job);
  if (TrainsInRounds(job)) return WordsPerUnit(job, /*words=*/0) + sentence;
  return job.parameter_server().batch_words() +
         std::min<uint64_t>(job.objective().skip_gram().sentence_limit(), sentence);
}

// Words that so many words meet, themselves included.
uint64_t WordsMet(const job::Job& job, uint64_t words) { return words * (1 + job.objective().skip_gram().negatives()); }

// Two batches in flight: their words and where the rows of these are; rows that travel, as they came and as they are,
// and gradients.
uint64_t BatchBytes(const job::Job& job, const std::vector<wire::TableSpec>& tables) {
  constexpr uint64_t kBytesPerWordMet = 2 * (sizeof(uint32_t) + sizeof(float*));
  uint64_t bytes = WordsMet(job, BatchWords(job)) * kBytesPerWordMet;
  const bool sgd = job.objective().skip_gram().optimizer().kind() == job::RowOptimizer::SGD;
  const bool local = job.placement().hostfile().empty() && !TrainsInRounds(job) &&
                     job.parameter_server().access() != job::ParameterServer::REMOTE;
  if (sgd && local) return bytes;
  for (const wire::TableSpec& table : tables) {
    const RowLayout layout = RowLayout::Of(table);
    const uint64_t rows = std::min<uint64_t>(WordsMet(job, BatchWords(job)), table.rows());
    bytes += 2 * rows * (2 * layout.stride + layout.padded_dim) * sizeof(float);
  }
  return bytes;
}

// Of strict determinism: the changes that the servers keep until a round is whole.
uint64_t RoundBytes(const job::Job& job, const std::vector<wire::TableSpec>& tables) {
  if (!TrainsInRounds(job)) return 0;
  uint64_t bytes = 0;
  for (const wire::TableSpec& table : tables) {
    const uint64_t rows = std::min<uint64_t>(WordsMet(job, BatchWords(job)), table.rows());
    bytes += job.units_per_round() * rows * RowLayout::Of(table).padded_dim * sizeof(float);
  }
  return bytes;
}

// All but its batches.
uint64_t WorkerBytes(const job::Job& job, const std::vector<wire::TableSpec>& tables, uint64_t words) {
  uint64_t bytes = kRoleBytes + kWorkerBytesPerWord * words;
  if (job.objective().skip_gram().loss() != job::SkipGram::FULL_SOFTMAX) bytes += NoiseBytes(words);
  for (const wire::TableSpec& table : tables) {
    // A copy and what it was when last merged.
    bytes += uint64_t{2} * HotRowsOf(job, table) * RowLayout::Of(table).padded_dim * sizeof(float);
  }
  return bytes;
}

// Of an image encoder: the net and what training it keeps, views made ahead, and what a step computes, which with
// `on_gpus` is none of the host's memory. Measured of SMALL and ResNet-18, a step takes three times its convolutions'
// outputs; what CUDA takes of the host is its usual 2 GB.
uint64_t EncoderWorkerBytes(const job::Job& job, const std::vector<wire::TableSpec>& tables, uint32_t picture_side,
                            bool on_gpus) {
  constexpr uint64_t kTorchBytes = uint64_t{220} << 20, kCudaBytes = uint64_t{2} << 30;
  constexpr uint64_t kUsualView = 224, kBatches = 3;
  const EncoderSize size = EncoderSize::Of(job.encoder());
  const uint64_t asked = job.encoder().augmentation().size();
  const uint64_t side = asked > 0 ? asked : std::min<uint64_t>(picture_side, kUsualView);
  const uint64_t views = job.encoder().batch() / job.workers() * (job.objective().has_instance() ? 1 : 2);
  // What a step computes is of one part of them at a time.
  const uint64_t at_once = (views + job.encoder().accumulation_steps() - 1) / job.encoder().accumulation_steps();
  const double pixels = static_cast<double>(side * side);
  const auto values = static_cast<uint64_t>(pixels * static_cast<double>(views * 3 * kBatches));
  uint64_t floats = 2 * TrainingStateFloats(job);  // As it is, and as it is saved.
  if (!on_gpus) {
    floats += size.parameters + values;  // Gradients, and views.
    floats += static_cast<uint64_t>(pixels * static_cast<double>(at_once) * 3 * 2 * size.outputs_per_pixel);
  }
  for (const wire::TableSpec& table : tables) {
    if (table.id() == kStateTable || table.dim() == kListRowFloats) continue;
    // A copy of queue or bank, and each view's similarity to all of its rows, as it is, scaled, and its gradient.
    floats += table.rows() * (table.dim() + (on_gpus ? 0 : 3 * at_once));
  }
  // Views go to a GPU as bytes.
  return kTorchBytes + floats * sizeof(float) + (on_gpus ? kCudaBytes + values : 0);
}

}  // namespace

MemoryPlan MemoryPlan::Of(const job::Job& job, uint64_t items, uint32_t picture_side, bool on_gpus) {
  MemoryPlan plan;
  plan.tables = TablesOf(job, items);
  plan.coordinator_bytes = kRoleBytes;
  plan.server_bytes = kRoleBytes;
  for (const wire::TableSpec& table : plan.tables) {
    plan.server_bytes += TableBytes(table, 0, job.servers()) * (TakesCheckpoints(job) ? 2 : 1);
    for (uint32_t server = 0; server < job.servers(); ++server) {
      plan.table_bytes += TableBytes(table, server, job.servers());
    }
  }
  if (TakesCheckpoints(job)) plan.copy_bytes = plan.table_bytes;
  const uint64_t round_bytes = RoundBytes(job, plan.tables);
  plan.server_bytes += round_bytes / job.servers();
  if (TrainsImages(job)) {
    plan.worker_bytes = EncoderWorkerBytes(job, plan.tables, picture_side, on_gpus);
  } else {
    plan.batch_bytes = BatchBytes(job, plan.tables);
    plan.worker_bytes = WorkerBytes(job, plan.tables, items) + plan.batch_bytes;
  }
  plan.total_bytes = plan.coordinator_bytes + job.servers() * kRoleBytes + plan.table_bytes + plan.copy_bytes +
                     round_bytes + job.workers() * plan.worker_bytes;
  return plan;
}

absl::Status MemoryPlan::CheckFits(const job::Job& job, const Machine& machine) const {
  if (!job.placement().hostfile().empty() || total_bytes <= machine.memory_bytes) return absl::OkStatus();
  const std::string problem = Cat("the job needs ", FormatBytes(total_bytes), " and ", machine.memory_limited_by,
                                  " is ", FormatBytes(machine.memory_bytes));
  if (TrainsImages(job)) {
    return ResourceExhausted(
        problem, ": ", job.workers(), " workers take ", FormatBytes(worker_bytes), " each and the ", "tables ",
        FormatBytes(table_bytes), "; lower encoder.batch (", job.encoder().batch(),
        "), workers, or the size of views (encoder.augmentation.size), or choose a smaller ", "encoder.net",
        job.objective().has_simclr() ? "" : ", or raise encoder.accumulation_steps");
  }
  if (total_bytes - copy_bytes <= machine.memory_bytes) {
    return ResourceExhausted(problem, ": the tables take ", FormatBytes(table_bytes), " and their copy for a ",
                             "checkpoint as much again; go without (checkpoint.interval_seconds=0 ",
                             "checkpoint.interval_epochs=0 checkpoint.at_end=false), or ", HowToShrinkTables(job));
  }
  const uint64_t workers_bytes = job.workers() * worker_bytes;
  if (2 * batch_bytes > worker_bytes && batch_bytes > table_bytes) {
    return ResourceExhausted(problem, ": a worker's batches take ", FormatBytes(batch_bytes),
                             "; lower parameter_server.batch_words (", job.parameter_server().batch_words(), ")");
  }
  if (workers_bytes > table_bytes) {
    return ResourceExhausted(problem, ": ", job.workers(), " workers take ", FormatBytes(workers_bytes),
                             "; lower workers");
  }
  const uint64_t rows = tables.empty() ? 0 : tables[0].rows();
  return ResourceExhausted(problem, ": the tables take ", FormatBytes(table_bytes), " for ", FormatCount(rows),
                           " words; ", HowToShrinkTables(job));
}

}  // namespace shoal
