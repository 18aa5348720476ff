#include "common/job/tables.h"

#include <algorithm>

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

}  // namespace

std::vector<wire::TableSpec> TablesOf(const job::Job& job, uint64_t vocabulary_words) {
  switch (job.objective().kind_case()) {
    case job::Objective::kSkipGram:
      return SkipGramTables(job, vocabulary_words);
    case job::Objective::kCooccurrence:  // Keeps nothing on servers.
    case job::Objective::KIND_NOT_SET:
      return {};
  }
  return {};
}

uint64_t HotRowsOf(const job::Job& job, const wire::TableSpec& table) {
  if (job.workers() == 1 || table.optimizer().kind() != job::RowOptimizer::SGD) return 0;
  return std::min<uint64_t>(job.parameter_server().hot_rows(), table.rows());
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
