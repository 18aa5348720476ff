// Word similarity: how well the cosines of word pairs rank them as people do.
//
// The figure is Spearman's rank correlation between the people's scores and the cosines, over the pairs whose words
// both have a vector. A low coverage flatters, so covered pairs stand beside it. Equal to gensim's evaluate_word_pairs
// (tests/parity).
//
// Pure functions but for the file that is read; safe from any thread.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "evaluate/word_lookup.h"

namespace shoal {

struct ScoredPair {
  std::string first, second;
  double score = 0;  // As people gave it; its scale does not matter.
};

struct SimilarityResult {
  std::string name;      // Of the file, without folders and ending.
  double spearman = 0;   // In -1..1; NaN where fewer than two pairs are covered or all scores are equal.
  uint64_t covered = 0;  // Pairs with both words among the vectors
  uint64_t pairs = 0;    // of those in the file.
};

// "word TAB word TAB score" lines (columns of blanks will do where there are no tabs), empty lines and those that begin
// with # left out. A first line without a number is a heading. InvalidArgument names the line; ResourceExhausted: a
// file of more than kMaxTestLines lines.
absl::StatusOr<std::vector<ScoredPair>> ReadScoredPairs(const std::string& path);

// Ranks from 1; equal values share the mean of their ranks.
std::vector<double> Ranks(std::span<const double> values);

// Pearson's correlation of the ranks. NaN where one side has no spread. `a` and `b` are of one length.
double Spearman(std::span<const double> a, std::span<const double> b);

// 0 where a vector is zero.
double Cosine(std::span<const float> a, std::span<const float> b);

SimilarityResult EvaluateSimilarity(const WordVectors& vectors, const WordLookup& lookup,
                                    std::span<const ScoredPair> pairs);

}  // namespace shoal
