// The tables that a job's objective keeps on the parameter servers.
//
// Pure functions; safe from any thread.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "proto/wire.pb.h"

namespace shoal {

// In the order of their ids. For skip-gram: table 0 "input" (uniform, scale 0.5 / dim, keyed by the job's seed) and
// table 1 "output" (zero), both of a row for each of the vocabulary's words.
std::vector<wire::TableSpec> TablesOf(const job::Job& job, uint64_t vocabulary_words);

// Rows of a mapped table that each worker keeps a private copy of: parameter_server.hot_rows, and no more than the
// table has. None of a lone worker's, whose rows nobody else touches, and none where gradients go to a stateful
// optimizer.
uint64_t HotRowsOf(const job::Job& job, const wire::TableSpec& table);

// What the vocabulary's size makes impossible: fewer than two words, fewer rows than servers.
// InvalidArgument names the fields to change.
absl::Status CheckVocabularySize(const job::Job& job, uint64_t vocabulary_words);

}  // namespace shoal
