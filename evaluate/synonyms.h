// Synonyms: how often a word is nearer to its synonym than to a random word that is about as frequent.
//
// The random word is drawn from the ranks around the synonym's, because common words lie nearer to one another than to
// rare ones whatever they mean. Several draws a pair, each pair asked both ways. Vectors that know nothing score 50 %;
// the same measure on untrained vectors stands beside the figure to show it.
//
// Pure functions of their arguments, the seed included, and of the file that is read; safe from any thread.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "evaluate/word_lookup.h"
#include "evaluate/wordnet.h"

namespace shoal {

inline constexpr uint32_t kSynonymDraws = 20;

struct SynonymFigure {
  double nearer = 0;          // Share in 0..1; a tie is half a win. NaN, as the error, where no pair is covered.
  double standard_error = 0;  // Of `nearer`, over pairs. Pairs that share words are taken as independent.
};

struct SynonymResult {
  std::string name;
  SynonymFigure trained, untrained;
  uint64_t covered = 0;
  uint64_t pairs = 0;
};

// "word TAB word" lines. InvalidArgument names the line.
absl::StatusOr<std::vector<WordPair>> ReadWordPairs(const std::string& path);

// Of the words in rows `a` and `b`.
using CosineOfRows = std::function<double(uint64_t a, uint64_t b)>;

// Over `pairs` of rows below `words`, which are in order of falling frequency. Words that a pair names as synonyms are
// not drawn against each other.
SynonymFigure MeasureSynonyms(const std::vector<std::pair<uint64_t, uint64_t>>& pairs, uint64_t words, uint64_t seed,
                              const CosineOfRows& cosine);

// Cosines of vectors [dim] as skip-gram's input table begins: uniform in [-0.5 / dim, 0.5 / dim), keyed by seed and
// row.
CosineOfRows UntrainedCosine(uint32_t dim, uint64_t seed);

SynonymResult EvaluateSynonyms(const WordVectors& vectors, const WordLookup& lookup, const std::vector<WordPair>& pairs,
                               uint64_t seed);

}  // namespace shoal
