// The tables that a job's objective keeps on the parameter servers.
//
// Pure functions; safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/wire.pb.h"

namespace shoal {

// In the order of their ids, of data that has `items`: words of its vocabulary, or pictures.
//
// For skip-gram: table 0 "input" (uniform, scale 0.5 / dim, keyed by the job's seed) and table 1 "output" (zero), both
// of a row for each word. For image encoders: kStateTable, where workers leave what they go on from; for MoCo the key
// encoder's parameters, kKeyEncoderTable, and the queue, kQueueTable, a row a key; for instance discrimination the
// memory bank, kBankTable, a row a picture. They begin as zeros, and take values (wire::MovingAverage).
std::vector<wire::TableSpec> TablesOf(const job::Job& job, uint64_t items);

inline constexpr uint32_t kStateTable = 0;
inline constexpr uint32_t kKeyEncoderTable = 1, kQueueTable = 2;
inline constexpr uint32_t kBankTable = 1;
// Floats of a row where what is kept is one long list of numbers; the list goes on from row to row.
inline constexpr uint32_t kListRowFloats = 1024;

// Rows of a mapped table that each worker keeps a private copy of: parameter_server.hot_rows, and no more than the
// table has. None of a lone worker's, whose rows nobody else touches, and none where gradients go to a stateful
// optimizer.
uint64_t HotRowsOf(const job::Job& job, const wire::TableSpec& table);

// Which fields to change where its tables take too much memory: "lower ..., or ...".
std::string HowToShrinkTables(const job::Job& job);

// What the number of pictures makes impossible: fewer than a step takes. InvalidArgument names the fields to change.
absl::Status CheckPictures(const job::Job& job, uint64_t pictures);

// What the vocabulary's size makes impossible: fewer than two words, fewer rows than servers.
// InvalidArgument names the fields to change.
absl::Status CheckVocabularySize(const job::Job& job, uint64_t vocabulary_words);

}  // namespace shoal
