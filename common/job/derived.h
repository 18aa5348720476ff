// What follows from a job without a field of its own, for all who must agree on it.
//
// Pure functions; safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/job.pb.h"

namespace shoal {

// Where the job's prepared data is kept: the data's cache_directory, or .shoal-cache beside the output folder.
// Absolute.
std::string CacheDirectory(const job::Job& job, const std::string& output_directory);

// Whether its workers train an image encoder: all together, each with its part of every step's pictures, where others
// train units of their own.
bool TrainsImages(const job::Job& job);

// What its work is counted in: "words" or "pictures".
std::string_view WorkName(const job::Job& job);

// Whether its units are trained in rounds (paramserver/rounds.h). Workers that train together need none to give the
// same bytes each time.
bool TrainsInRounds(const job::Job& job);

// Of strict determinism a unit is a batch: large enough to be worth its messages, and small enough that a round of
// units, which do not see each other's changes, moves the commonest words' rows little.
inline constexpr uint64_t kWordsOfAStrictUnit = 2000;

// Words that a sentence of the prepared text has at most: data.corpus.max_sentence_words. A unit has one sentence at
// least, so under strict determinism sentences are cut where a unit has its fill, at a multiple of
// objective.skip_gram.sentence_limit, over which no window reaches anyway.
uint64_t MaxSentenceWords(const job::Job& job);

// Words of a unit, about: data.corpus.unit_words, and less where a corpus of `words` would give fewer than
// kUnitsPerEpochAtLeast units, so that a small corpus too keeps several workers busy to its end; not below
// kWordsOfAUnitAtLeast, where leases would cost more than training. Of strict determinism kWordsOfAStrictUnit at most.
// A unit is cut between two sentences: it has up to a sentence more.
inline constexpr uint64_t kUnitsPerEpochAtLeast = 128;
inline constexpr uint64_t kWordsOfAUnitAtLeast = 1000;
uint64_t WordsPerUnit(const job::Job& job, uint64_t words);

// Whether it takes checkpoints of its own accord, and so must have memory for a copy of its tables.
bool TakesCheckpoints(const job::Job& job);

}  // namespace shoal
