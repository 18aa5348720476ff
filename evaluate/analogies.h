// Word analogies: a is to b as c is to what?
//
// 3CosAdd takes the word nearest to b - a + c (unit vectors); Mikolov, Yih, Zweig 2013. 3CosMul takes the word with the
// greatest cos(b) cos(c) / cos(a), cosines shifted to 0..1; Levy and Goldberg 2014, equation 4. The answer is sought
// among the commonest words, never among the question's own. Questions with a word that is not among them are skipped
// and counted. Equal to gensim's evaluate_word_analogies (tests/parity).
//
// Pure functions but for the file that is read; safe from any thread.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "evaluate/word_lookup.h"

namespace shoal {

struct AnalogySection {
  std::string name;
  std::vector<std::array<std::string, 4>> questions;
};

struct AnalogyScore {
  std::string name;
  uint64_t right_by_sum = 0;      // 3CosAdd
  uint64_t right_by_product = 0;  // 3CosMul
  uint64_t asked = 0;             // All four words known.
  uint64_t questions = 0;

  double accuracy_by_sum() const { return asked == 0 ? 0 : static_cast<double>(right_by_sum) / asked; }
  double accuracy_by_product() const { return asked == 0 ? 0 : static_cast<double>(right_by_product) / asked; }
};

struct AnalogyResult {
  std::string name;  // Of the file, without folders and ending.
  std::vector<AnalogyScore> sections;
  AnalogyScore total;
};

// Google's form: ": section" lines, each followed by lines of four words. InvalidArgument names the line.
absl::StatusOr<std::vector<AnalogySection>> ReadAnalogies(const std::string& path);

// Among the words that `lookup` was made for.
AnalogyResult EvaluateAnalogies(const WordVectors& vectors, const WordLookup& lookup,
                                const std::vector<AnalogySection>& sections);

}  // namespace shoal
