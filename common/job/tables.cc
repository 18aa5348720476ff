#include "common/job/tables.h"

#include <algorithm>

#include "common/job/encoder_size.h"
#include "common/status.h"

namespace shoal {
namespace {

wire::TableSpec SkipGramTable(const job::Job& job, uint32_t id, const char* name, uint64_t words) {
  const job::SkipGram& skip_gram = job.objective().skip_gram();
  wire::TableSpec table;
  table.set_id(id);
  table.set_name(name);
  table.set_rows(words);
  table.set_dim(skip_gram.dim());
  *table.mutable_optimizer() = skip_gram.optimizer();
  table.set_huge_pages(job.parameter_server().huge_pages());
  return table;
}

std::vector<wire::TableSpec> SkipGramTables(const job::Job& job, uint64_t words) {
  wire::TableSpec input = SkipGramTable(job, 0, "input", words);
  // As word2vec.c does: uniform in [-0.5, 0.5) / dim.
  input.mutable_initializer()->set_kind(wire::Initializer::UNIFORM);
  input.mutable_initializer()->set_scale(0.5 / job.objective().skip_gram().dim());
  input.mutable_initializer()->set_seed(job.seed());
  return {std::move(input), SkipGramTable(job, 1, "output", words)};
}

wire::TableSpec TableOfValues(const job::Job& job, uint32_t id, const char* name, uint64_t rows, uint32_t dim) {
  wire::TableSpec table;
  table.set_id(id);
  table.set_name(name);
  // Each server has a row at least.
  table.set_rows(std::max<uint64_t>(rows, job.servers()));
  table.set_dim(dim);
  table.mutable_moving_average();
  table.set_huge_pages(job.parameter_server().huge_pages());
  return table;
}

wire::TableSpec ListTable(const job::Job& job, uint32_t id, const char* name, uint64_t floats) {
  return TableOfValues(job, id, name, (floats + kListRowFloats - 1) / kListRowFloats, kListRowFloats);
}

wire::TableSpec StateTable(const job::Job& job) {
  return ListTable(job, kStateTable, "state", TrainingStateFloats(job));
}

std::vector<wire::TableSpec> MoCoTables(const job::Job& job) {
  return {StateTable(job), ListTable(job, kKeyEncoderTable, "key encoder", EncoderSize::Of(job.encoder()).parameters),
          TableOfValues(job, kQueueTable, "queue", job.objective().moco().queue(), job.encoder().head().dim())};
}

std::vector<wire::TableSpec> InstanceTables(const job::Job& job, uint64_t pictures) {
  wire::TableSpec bank = TableOfValues(job, kBankTable, "bank", pictures, job.encoder().head().dim());
  bank.mutable_moving_average()->set_unit_length(true);
  return {StateTable(job), std::move(bank)};
}

}  // namespace

std::vector<wire::TableSpec> TablesOf(const job::Job& job, uint64_t items) {
  switch (job.objective().kind_case()) {
    case job::Objective::kSkipGram:
      return SkipGramTables(job, items);
    case job::Objective::kSimclr:
      return {StateTable(job)};
    case job::Objective::kMoco:
      return MoCoTables(job);
    case job::Objective::kInstance:
      return InstanceTables(job, items);
    case job::Objective::kCooccurrence:  // Keeps nothing on servers.
    case job::Objective::KIND_NOT_SET:
      return {};
  }
  return {};
}

uint64_t HotRowsOf(const job::Job& job, const wire::TableSpec& table) {
  if (job.workers() == 1 || table.has_moving_average() || table.optimizer().kind() != job::RowOptimizer::SGD) return 0;
  return std::min<uint64_t>(job.parameter_server().hot_rows(), table.rows());
}

std::string HowToShrinkTables(const job::Job& job) {
  const std::string spread = ", or spread the servers over hosts (placement.hostfile)";
  switch (job.objective().kind_case()) {
    case job::Objective::kMoco:
      return Cat("lower objective.moco.queue (", job.objective().moco().queue(), "), choose a smaller encoder.net",
                 spread);
    case job::Objective::kInstance:
      return Cat("lower encoder.head.dim (", job.encoder().head().dim(), "), take fewer pictures of each class ",
                 "(data.images.first_of_class)", spread);
    case job::Objective::kSimclr:
      return Cat("choose a smaller encoder.net", spread);
    default:
      return Cat("lower objective.skip_gram.dim (", job.objective().skip_gram().dim(),
                 ") or data.corpus.max_words, raise data.corpus.min_count (", job.data().corpus().min_count(), ")",
                 spread);
  }
}

absl::Status CheckPictures(const job::Job& job, uint64_t pictures) {
  if (pictures >= job.encoder().batch()) return absl::OkStatus();
  return InvalidArgument("the set has ", pictures, " pictures, and a step takes ", job.encoder().batch(),
                         " (encoder.batch); give more pictures (data.images.path) or a smaller batch");
}

absl::Status CheckVocabularySize(const job::Job& job, uint64_t vocabulary_words) {
  const std::string cure =
      Cat("give more text (data.corpus.path) or lower data.corpus.min_count (", job.data().corpus().min_count(), ")");
  if (vocabulary_words == 0) return InvalidArgument("the vocabulary is empty; ", cure);
  if (vocabulary_words == 1) return InvalidArgument("the vocabulary has one word, which has no context; ", cure);
  if (job.servers() > vocabulary_words) {
    return InvalidArgument("servers is ", job.servers(), ", more than the vocabulary's ", vocabulary_words,
                           " words, and each needs a row at least; lower servers or ", cure);
  }
  return absl::OkStatus();
}

}  // namespace shoal
