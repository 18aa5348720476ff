#include "evaluate/synonyms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "common/random.h"
#include "common/status.h"
#include "evaluate/similarity.h"
#include "evaluate/test_file.h"

namespace shoal {
namespace {

using RowPair = std::pair<uint64_t, uint64_t>;

// By Zipf's law a tenth of the rank is a tenth of the frequency.
constexpr uint64_t kLeastReach = 20;
constexpr uint64_t kReachDivisor = 10;
constexpr double kNoFigure = std::numeric_limits<double>::quiet_NaN();
// A vocabulary of little but synonyms may have no fitting word.
constexpr int kMaxTries = 100;

class SynonymSet {
 public:
  explicit SynonymSet(const std::vector<RowPair>& pairs) {
    for (const auto& [a, b] : pairs) keys_.insert(Key(a, b));
  }
  bool Contains(uint64_t a, uint64_t b) const { return a == b || keys_.contains(Key(a, b)); }

 private:
  // Collisions, at 2^-64 a pair, cost a draw.
  static uint64_t Key(uint64_t a, uint64_t b) { return StreamKey(std::min(a, b), std::max(a, b)); }
  std::unordered_set<uint64_t> keys_;
};

// A word of a frequency like `like`'s that is no synonym of `word`; `like` itself where none was found.
uint64_t DrawAlike(uint64_t word, uint64_t like, uint64_t words, const SynonymSet& synonyms, CounterRandom* random) {
  const uint64_t reach = std::max(kLeastReach, like / kReachDivisor);
  const uint64_t begin = like - std::min(like, reach), end = std::min(words, like + reach + 1);
  for (int i = 0; i < kMaxTries; ++i) {
    const uint64_t drawn = begin + random->NextBelow(static_cast<uint32_t>(end - begin));
    if (drawn != like && !synonyms.Contains(word, drawn)) return drawn;
  }
  return like;
}

// Wins of `synonym` over random words, per draw.
double ShareNearer(uint64_t word, uint64_t synonym, uint64_t words, const SynonymSet& synonyms,
                   const CosineOfRows& cosine, CounterRandom random) {
  const double to_synonym = cosine(word, synonym);
  double wins = 0;
  for (uint32_t draw = 0; draw < kSynonymDraws; ++draw) {
    const double to_random = cosine(word, DrawAlike(word, synonym, words, synonyms, &random));
    wins += to_synonym > to_random ? 1 : to_synonym == to_random ? 0.5 : 0;
  }
  return wins / kSynonymDraws;
}

}  // namespace

absl::StatusOr<std::vector<WordPair>> ReadWordPairs(const std::string& path) {
  ASSIGN_OR_RETURN(auto lines, ReadTestLines(path));
  std::vector<WordPair> pairs;
  for (TestLine& line : lines) {
    if (line.fields.size() != 2) {
      return InvalidArgument(path, ":", line.number, ": expected \"word TAB word\", got ", line.fields.size(),
                             " columns");
    }
    pairs.emplace_back(std::move(line.fields[0]), std::move(line.fields[1]));
  }
  if (pairs.empty()) return InvalidArgument(path, ": no pairs, which are lines \"word TAB word\"");
  return pairs;
}

SynonymFigure MeasureSynonyms(const std::vector<RowPair>& pairs, uint64_t words, uint64_t seed,
                              const CosineOfRows& cosine) {
  const SynonymSet synonyms(pairs);
  double sum = 0, squares = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto [a, b] = pairs[i];
    const uint64_t key = StreamKey(seed, i);
    const double share = (ShareNearer(a, b, words, synonyms, cosine, CounterRandom(StreamKey(key, 0))) +
                          ShareNearer(b, a, words, synonyms, cosine, CounterRandom(StreamKey(key, 1)))) /
                         2;
    sum += share;
    squares += share * share;
  }
  const double n = static_cast<double>(pairs.size());
  if (pairs.empty()) return {.nearer = kNoFigure, .standard_error = kNoFigure};
  if (pairs.size() < 2) return {.nearer = sum};
  const double variance = std::max(0.0, (squares - sum * sum / n) / (n - 1));
  return {.nearer = sum / n, .standard_error = std::sqrt(variance / n)};
}

CosineOfRows UntrainedCosine(uint32_t dim, uint64_t seed) {
  return [dim, seed](uint64_t a, uint64_t b) {
    CounterRandom random_a(StreamKey(seed, a)), random_b(StreamKey(seed, b));
    std::vector<float> vector_a(dim), vector_b(dim);
    for (uint32_t i = 0; i < dim; ++i) {
      vector_a[i] = (random_a.NextFloat() - 0.5f) / dim;
      vector_b[i] = (random_b.NextFloat() - 0.5f) / dim;
    }
    return Cosine(vector_a, vector_b);
  };
}

SynonymResult EvaluateSynonyms(const WordVectors& vectors, const WordLookup& lookup, const std::vector<WordPair>& pairs,
                               uint64_t seed) {
  std::vector<RowPair> known;
  for (const auto& [first, second] : pairs) {
    const auto a = lookup.Find(first), b = lookup.Find(second);
    if (a && b && *a != *b) known.emplace_back(*a, *b);
  }
  const auto trained = [&](uint64_t a, uint64_t b) { return Cosine(vectors.row(a), vectors.row(b)); };
  return {.trained = MeasureSynonyms(known, vectors.words(), seed, trained),
          .untrained = MeasureSynonyms(known, vectors.words(), seed, UntrainedCosine(vectors.dim(), seed)),
          .covered = known.size(),
          .pairs = pairs.size()};
}

}  // namespace shoal
