#include "evaluate/analogies.h"

#include <Eigen/Core>
#include <algorithm>
#include <limits>
#include <span>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/status.h"
#include "evaluate/test_file.h"
#include "worker/probes/nearest_rows.h"

namespace shoal {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Similarities held at once, in floats: 32 MB.
constexpr uint64_t kMaxBlockFloats = uint64_t{8} << 20;
// Keeps 3CosMul finite where cos(a) is -1.
constexpr float kProductEpsilon = 1e-6f;

// The best row so far.
struct Answer {
  float score = -std::numeric_limits<float>::infinity();
  uint64_t row = NearestRows::kNoRow;
};

// A question whose words are known.
struct Question {
  std::array<uint64_t, 4> rows;     // a, b, c and the answer: representatives.
  std::array<uint32_t, 3> columns;  // Places of a, b, c among the distinct question words.
  AnalogyScore* section;
  Answer by_sum, by_product;
};

// Distinct question words, in the order of their first use.
class QuestionWords {
 public:
  uint32_t Add(uint64_t row) {
    const auto [place, inserted] = places_.emplace(row, rows_.size());
    if (inserted) rows_.push_back(row);
    return place->second;
  }
  std::span<const uint64_t> rows() const { return rows_; }

 private:
  std::unordered_map<uint64_t, uint32_t> places_;
  std::vector<uint64_t> rows_;
};

std::vector<Question> KnownQuestions(const WordLookup& lookup, const std::vector<AnalogySection>& sections,
                                     std::vector<AnalogyScore>* scores, QuestionWords* words) {
  std::vector<Question> known;
  for (size_t s = 0; s < sections.size(); ++s) {
    for (const auto& spelled : sections[s].questions) {
      Question question{.section = &(*scores)[s]};
      ++question.section->questions;
      const bool all = std::all_of(spelled.begin(), spelled.end(), [&, i = 0](const std::string& word) mutable {
        const auto row = lookup.Find(word);
        question.rows[i++] = row.value_or(0);
        return row.has_value();
      });
      if (!all) continue;
      for (int i = 0; i < 3; ++i) question.columns[i] = words->Add(question.rows[i]);
      ++question.section->asked;
      known.push_back(question);
    }
  }
  return known;
}

// Unit vectors [rows.size(), dim].
RowMajor UnitRows(const WordVectors& vectors, std::span<const uint64_t> rows, std::span<const float> inverse_lengths) {
  RowMajor unit(rows.size(), vectors.dim());
  for (size_t i = 0; i < rows.size(); ++i) {
    const Eigen::Map<const Eigen::RowVectorXf> row(vectors.row(rows[i]).data(), vectors.dim());
    unit.row(i) = row * inverse_lengths[rows[i]];
  }
  return unit;
}

// Takes the best of `scores` for rows from `first` on, the question's own words left out.
void TakeBest(std::span<const float> scores, uint64_t first, const WordLookup& lookup, const Question& question,
              Answer* answer) {
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!(scores[i] > answer->score)) continue;
    const uint64_t meant = lookup.Representative(first + i);
    if (meant == question.rows[0] || meant == question.rows[1] || meant == question.rows[2]) continue;
    *answer = {scores[i], first + i};
  }
}

// `similarities` [question words, block] are cosines with rows [first, first + block).
void AnswerInBlock(const RowMajor& similarities, uint64_t first, const WordLookup& lookup,
                   std::vector<Question>* questions) {
  Eigen::ArrayXf scores(similarities.cols());
  const std::span<const float> view(scores.data(), scores.size());
  for (Question& question : *questions) {
    const auto a = similarities.row(question.columns[0]).transpose().array();
    const auto b = similarities.row(question.columns[1]).transpose().array();
    const auto c = similarities.row(question.columns[2]).transpose().array();
    scores = b - a + c;
    TakeBest(view, first, lookup, question, &question.by_sum);
    scores = (1 + b) * (1 + c) / (4 * ((1 + a) / 2 + kProductEpsilon));
    TakeBest(view, first, lookup, question, &question.by_product);
  }
}

bool IsRight(const Answer& answer, const WordLookup& lookup, const Question& question) {
  return answer.row != NearestRows::kNoRow && lookup.Representative(answer.row) == question.rows[3];
}

AnalogyScore Total(std::span<const AnalogyScore> sections) {
  AnalogyScore total{.name = "all"};
  for (const AnalogyScore& section : sections) {
    total.right_by_sum += section.right_by_sum;
    total.right_by_product += section.right_by_product;
    total.asked += section.asked;
    total.questions += section.questions;
  }
  return total;
}

// "capital common countries" of ": capital common countries", as gensim reads it.
std::string SectionName(const std::vector<std::string>& fields) {
  const std::string line = absl::StrJoin(fields, " ");
  return line.substr(std::min(line.find_first_not_of(": "), line.size()));
}

}  // namespace

absl::StatusOr<std::vector<AnalogySection>> ReadAnalogies(const std::string& path) {
  ASSIGN_OR_RETURN(auto lines, ReadTestLines(path));
  std::vector<AnalogySection> sections;
  for (TestLine& line : lines) {
    if (line.fields[0].starts_with(':')) {
      sections.push_back({.name = SectionName(line.fields)});
    } else if (sections.empty()) {
      return InvalidArgument(path, ":", line.number, ": expected a line \": section\" before the first question");
    } else if (line.fields.size() != 4) {
      return InvalidArgument(path, ":", line.number, ": expected four words, as \"man king woman queen\", got ",
                             line.fields.size());
    } else {
      sections.back().questions.emplace_back();
      std::move(line.fields.begin(), line.fields.end(), sections.back().questions.back().begin());
    }
  }
  if (sections.empty())
    return InvalidArgument(path, ": no analogies, which are \": section\" lines and lines of four words");
  return sections;
}

AnalogyResult EvaluateAnalogies(const WordVectors& vectors, const WordLookup& lookup,
                                const std::vector<AnalogySection>& sections) {
  AnalogyResult result;
  for (const AnalogySection& section : sections) result.sections.push_back({.name = section.name});
  QuestionWords question_words;
  std::vector<Question> questions = KnownQuestions(lookup, sections, &result.sections, &question_words);
  const std::vector<float> inverse_lengths =
      InverseLengths(vectors.rows().first(lookup.words() * vectors.dim()), vectors.dim());
  const RowMajor asked = UnitRows(vectors, question_words.rows(), inverse_lengths);

  const uint64_t block_rows = std::max<uint64_t>(kMaxBlockFloats / std::max<uint64_t>(asked.rows(), 1), 16);
  RowMajor similarities;
  for (uint64_t first = 0; first < lookup.words() && !questions.empty(); first += block_rows) {
    const uint64_t size = std::min(block_rows, lookup.words() - first);
    const Eigen::Map<const RowMajor> rows(vectors.row(first).data(), size, vectors.dim());
    const Eigen::Map<const Eigen::RowVectorXf> scales(&inverse_lengths[first], size);
    similarities.noalias() = asked * rows.transpose();
    similarities.array().rowwise() *= scales.array();
    AnswerInBlock(similarities, first, lookup, &questions);
  }
  for (const Question& question : questions) {
    question.section->right_by_sum += IsRight(question.by_sum, lookup, question);
    question.section->right_by_product += IsRight(question.by_product, lookup, question);
  }
  result.total = Total(result.sections);
  return result;
}

}  // namespace shoal
