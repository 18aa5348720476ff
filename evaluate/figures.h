// WordFigures: what was measured of one set of word vectors, as a table for people and as JSON for machines.
//
// Thread rule: values; pure functions but for the files that MeasureWords reads. Safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "evaluate/analogies.h"
#include "evaluate/similarity.h"
#include "evaluate/synonyms.h"

namespace shoal {

// What a figures file in an output folder is called.
inline constexpr std::string_view kFiguresFileName = "evaluation.json";

struct WordNeighbours {
  std::string word;
  struct Near {
    std::string word;
    float cosine = 0;
  };
  std::vector<Near> nearest;
  bool known = true;          // False: the vectors have no such word.
  bool has_direction = true;  // False: its vector is zero or not finite, so that no word is nearest.
};

struct WordFigures {
  std::string source;  // The vectors' path.
  uint64_t words = 0;
  uint32_t dim = 0;
  uint64_t rows_not_finite = 0;
  uint64_t analogy_words = 0;
  std::vector<SimilarityResult> similarity;
  std::vector<AnalogyResult> analogies;
  std::vector<SynonymResult> synonyms;
  std::vector<WordNeighbours> neighbours;
};

// What to measure.
struct WordMeasures {
  std::vector<std::string> similarity_files;
  std::vector<std::string> analogy_files;
  uint64_t analogy_words = 30000;  // Analogies among the commonest words only.
  std::vector<std::string> synonym_files;
  std::string wordnet_folder;  // Empty: not asked for.
  std::vector<std::string> neighbours_of;
  size_t neighbours = 10;  // Of each word.
  uint64_t seed = 1;       // Of the synonyms' random words.
};

// The `count` nearest of the words in `rows`.
std::vector<WordNeighbours> NeighboursOf(const WordVectors& vectors, const std::vector<uint64_t>& rows, size_t count);

// Errors name the file or the word that could not be used; nothing is measured by halves. Of words whose neighbours are
// asked for only some need be known.
absl::StatusOr<WordFigures> MeasureWords(const WordVectors& vectors, const std::string& source,
                                         const WordMeasures& measures);

std::string FiguresTable(const WordFigures& figures);
std::string FiguresJson(const WordFigures& figures);

}  // namespace shoal
