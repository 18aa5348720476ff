#include "evaluate/similarity.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "common/status.h"
#include "evaluate/test_file.h"

namespace shoal {
namespace {

constexpr double kNoFigure = std::numeric_limits<double>::quiet_NaN();

bool ParseScore(const std::string& text, double* score) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, *score);
  return parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(*score);
}

double Mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double Pearson(std::span<const double> a, std::span<const double> b) {
  const double mean_a = Mean(a), mean_b = Mean(b);
  double covariance = 0, variance_a = 0, variance_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    covariance += (a[i] - mean_a) * (b[i] - mean_b);
    variance_a += (a[i] - mean_a) * (a[i] - mean_a);
    variance_b += (b[i] - mean_b) * (b[i] - mean_b);
  }
  if (variance_a == 0 || variance_b == 0) return kNoFigure;
  return covariance / std::sqrt(variance_a * variance_b);
}

}  // namespace

absl::StatusOr<std::vector<ScoredPair>> ReadScoredPairs(const std::string& path) {
  ASSIGN_OR_RETURN(auto lines, ReadTestLines(path));
  std::vector<ScoredPair> pairs;
  for (TestLine& line : lines) {
    double score = 0;
    if (line.fields.size() == 3 && ParseScore(line.fields[2], &score)) {
      pairs.push_back({std::move(line.fields[0]), std::move(line.fields[1]), score});
    } else if (&line != &lines.front()) {
      return InvalidArgument(path, ":", line.number, ": expected \"word TAB word TAB score\", got ", line.fields.size(),
                             " columns, ending in \"", line.fields.back(), "\"");
    }
  }
  if (pairs.empty()) return InvalidArgument(path, ": no pairs, which are lines \"word TAB word TAB score\"");
  return pairs;
}

std::vector<double> Ranks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    // Ranks begin+1 .. end, shared.
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = static_cast<double>(begin + 1 + end) / 2;
  }
  return ranks;
}

double Spearman(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 2) return kNoFigure;
  return Pearson(Ranks(a), Ranks(b));
}

double Cosine(std::span<const float> a, std::span<const float> b) {
  double product = 0, square_a = 0, square_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += double{a[i]} * b[i];
    square_a += double{a[i]} * a[i];
    square_b += double{b[i]} * b[i];
  }
  return square_a == 0 || square_b == 0 ? 0 : product / std::sqrt(square_a * square_b);
}

SimilarityResult EvaluateSimilarity(const WordVectors& vectors, const WordLookup& lookup,
                                    std::span<const ScoredPair> pairs) {
  std::vector<double> scores, cosines;
  for (const ScoredPair& pair : pairs) {
    const auto first = lookup.Find(pair.first), second = lookup.Find(pair.second);
    if (!first || !second) continue;
    scores.push_back(pair.score);
    cosines.push_back(Cosine(vectors.row(*first), vectors.row(*second)));
  }
  return {.spearman = Spearman(scores, cosines), .covered = scores.size(), .pairs = pairs.size()};
}

}  // namespace shoal
