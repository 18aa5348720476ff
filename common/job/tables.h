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

// What the vocabulary's size makes impossible: fewer than two words, fewer rows than servers, more hot rows than rows.
// InvalidArgument names the fields to change.
absl::Status CheckVocabularySize(const job::Job& job, uint64_t vocabulary_words);

}  // namespace shoal
