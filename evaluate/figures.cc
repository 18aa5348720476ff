#include "evaluate/figures.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/json.h"
#include "common/status.h"
#include "evaluate/test_file.h"
#include "worker/probes/nearest_rows.h"

namespace shoal {
namespace {

absl::Status MeasureSimilarities(const WordVectors& vectors, const WordLookup& lookup, const WordMeasures& measures,
                                 WordFigures* figures) {
  for (const std::string& path : measures.similarity_files) {
    ASSIGN_OR_RETURN(const auto pairs, ReadScoredPairs(path));
    figures->similarity.push_back(EvaluateSimilarity(vectors, lookup, pairs));
    figures->similarity.back().name = TestName(path);
  }
  return absl::OkStatus();
}

absl::Status MeasureAnalogies(const WordVectors& vectors, const WordMeasures& measures, WordFigures* figures) {
  const WordLookup lookup(vectors, measures.analogy_words);
  figures->analogy_words = lookup.words();
  for (const std::string& path : measures.analogy_files) {
    ASSIGN_OR_RETURN(const auto sections, ReadAnalogies(path));
    figures->analogies.push_back(EvaluateAnalogies(vectors, lookup, sections));
    figures->analogies.back().name = TestName(path);
  }
  return absl::OkStatus();
}

absl::Status MeasureSynonymFiles(const WordVectors& vectors, const WordLookup& lookup, const WordMeasures& measures,
                                 WordFigures* figures) {
  const auto add = [&](std::string name, const std::vector<WordPair>& pairs) {
    figures->synonyms.push_back(EvaluateSynonyms(vectors, lookup, pairs, measures.seed));
    figures->synonyms.back().name = std::move(name);
  };
  for (const std::string& path : measures.synonym_files) {
    ASSIGN_OR_RETURN(const auto pairs, ReadWordPairs(path));
    add(TestName(path), pairs);
  }
  if (!measures.wordnet_folder.empty()) {
    ASSIGN_OR_RETURN(const auto pairs, ReadWordNetSynonyms(measures.wordnet_folder));
    add("wordnet", pairs);
  }
  return absl::OkStatus();
}

// A word that the vectors do not have is said among the others' neighbours, unless there are no others.
absl::Status MeasureNeighbours(const WordVectors& vectors, const WordLookup& lookup, const WordMeasures& measures,
                               WordFigures* figures) {
  std::vector<uint64_t> rows;
  absl::Status last;
  for (const std::string& word : measures.neighbours_of) {
    const auto row = RowOf(vectors, lookup, word);
    if (row.ok()) {
      rows.push_back(*row);
    } else {
      figures->neighbours.push_back({.word = word, .known = false});
      last = row.status();
    }
  }
  if (rows.empty()) return last;
  auto found = NeighboursOf(vectors, rows, measures.neighbours);
  figures->neighbours.insert(figures->neighbours.begin(), std::make_move_iterator(found.begin()),
                             std::make_move_iterator(found.end()));
  return absl::OkStatus();
}

std::string Percent(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

std::string SimilarityTable(const WordFigures& figures) {
  if (figures.similarity.empty()) return "";
  std::string table = absl::StrFormat("\n%-28s %9s   %s\n", "similarity", "Spearman", "pairs covered");
  for (const SimilarityResult& result : figures.similarity) {
    table += absl::StrFormat("  %-26s %9.4f   %d of %d\n", result.name, result.spearman, result.covered, result.pairs);
  }
  return table;
}

std::string AnalogyLine(const AnalogyScore& score) {
  return absl::StrFormat("  %-26s %9s %9s   %d of %d\n", score.name, Percent(score.accuracy_by_sum()),
                         Percent(score.accuracy_by_product()), score.asked, score.questions);
}

std::string AnalogyTable(const WordFigures& figures) {
  std::string table;
  for (const AnalogyResult& result : figures.analogies) {
    table += absl::StrFormat("\n%-28s %9s %9s   %s\n", Cat("analogies: ", result.name), "3CosAdd", "3CosMul",
                             Cat("questions asked, among ", figures.analogy_words, " words"));
    for (const AnalogyScore& section : result.sections) table += AnalogyLine(section);
    table += AnalogyLine(result.total);
  }
  return table;
}

std::string SynonymTable(const WordFigures& figures) {
  if (figures.synonyms.empty()) return "";
  std::string table =
      absl::StrFormat("\n%-28s %18s %18s   %s\n", "nearer to a synonym", "trained", "untrained", "pairs covered");
  for (const SynonymResult& result : figures.synonyms) {
    const auto figure = [&](const SynonymFigure& f) {
      if (result.covered == 0) return std::string("none covered");
      return absl::StrFormat("%.1f +- %.1f %%", 100 * f.nearer, 100 * f.standard_error);
    };
    table += absl::StrFormat("  %-26s %18s %18s   %d of %d\n", result.name, figure(result.trained),
                             figure(result.untrained), result.covered, result.pairs);
  }
  return table + "  than to a random word of like frequency; +- one standard error\n";
}

std::string NeighbourTable(const WordFigures& figures) {
  if (figures.neighbours.empty()) return "";
  std::string table = "\nnearest words (cosine)\n";
  for (const WordNeighbours& of : figures.neighbours) {
    table += absl::StrFormat("  %-14s", of.word);
    if (!of.known) table += " is not in the vocabulary";
    if (!of.has_direction) table += " has no direction: its vector is zero or not finite";
    for (const auto& near : of.nearest) table += absl::StrFormat(" %s %.2f ", near.word, near.cosine);
    table += "\n";
  }
  return table;
}

void AppendScore(const AnalogyScore& score, JsonWriter* json) {
  json->BeginObject().Key("name").String(score.name);
  json->Key("accuracy_3cosadd").Number(score.accuracy_by_sum());
  json->Key("accuracy_3cosmul").Number(score.accuracy_by_product());
  json->Key("right_3cosadd").Number(score.right_by_sum).Key("right_3cosmul").Number(score.right_by_product);
  json->Key("asked").Number(score.asked).Key("questions").Number(score.questions).EndObject();
}

void AppendAnalogies(const WordFigures& figures, JsonWriter* json) {
  json->Key("analogies").BeginArray();
  for (const AnalogyResult& result : figures.analogies) {
    json->BeginObject().Key("name").String(result.name).Key("among_words").Number(figures.analogy_words);
    json->Key("total");
    AppendScore(result.total, json);
    json->Key("sections").BeginArray();
    for (const AnalogyScore& section : result.sections) AppendScore(section, json);
    json->EndArray().EndObject();
  }
  json->EndArray();
}

void AppendSynonyms(const WordFigures& figures, JsonWriter* json) {
  const auto figure = [&](const char* name, const SynonymFigure& f) {
    json->Key(name).BeginObject().Key("nearer").Number(f.nearer);
    json->Key("standard_error").Number(f.standard_error).EndObject();
  };
  json->Key("synonyms").BeginArray();
  for (const SynonymResult& result : figures.synonyms) {
    json->BeginObject().Key("name").String(result.name);
    figure("trained", result.trained);
    figure("untrained", result.untrained);
    json->Key("covered").Number(result.covered).Key("pairs").Number(result.pairs).EndObject();
  }
  json->EndArray();
}

void AppendNeighbours(const WordFigures& figures, JsonWriter* json) {
  json->Key("neighbours").BeginArray();
  for (const WordNeighbours& of : figures.neighbours) {
    if (!of.known) continue;
    json->BeginObject().Key("word").String(of.word).Key("nearest").BeginArray();
    for (const auto& near : of.nearest) {
      json->BeginObject().Key("word").String(near.word).Key("cosine").Number(double{near.cosine}).EndObject();
    }
    json->EndArray().EndObject();
  }
  json->EndArray();
}

}  // namespace

std::vector<WordNeighbours> NeighboursOf(const WordVectors& vectors, const std::vector<uint64_t>& rows, size_t count) {
  std::vector<float> queries;
  for (const uint64_t row : rows) queries.insert(queries.end(), vectors.row(row).begin(), vectors.row(row).end());
  const auto found = NearestRows(vectors.rows(), vectors.dim()).Find(queries, rows, count);
  const std::vector<float> inverse_lengths = InverseLengths(queries, vectors.dim());
  std::vector<WordNeighbours> all;
  for (size_t i = 0; i < rows.size(); ++i) {
    all.push_back({.word = std::string(vectors.word(rows[i])), .has_direction = inverse_lengths[i] != 0});
    if (!all.back().has_direction) continue;  // As near to all.
    for (const Neighbour& near : found[i]) {
      all.back().nearest.push_back({std::string(vectors.word(near.row)), near.cosine});
    }
  }
  return all;
}

absl::StatusOr<WordFigures> MeasureWords(const WordVectors& vectors, const std::string& source,
                                         const WordMeasures& measures) {
  WordFigures figures{
      .source = source, .words = vectors.words(), .dim = vectors.dim(), .rows_not_finite = vectors.rows_not_finite()};
  const WordLookup lookup(vectors);
  RETURN_IF_ERROR(MeasureNeighbours(vectors, lookup, measures, &figures));
  RETURN_IF_ERROR(MeasureSimilarities(vectors, lookup, measures, &figures));
  RETURN_IF_ERROR(MeasureSynonymFiles(vectors, lookup, measures, &figures));
  RETURN_IF_ERROR(MeasureAnalogies(vectors, measures, &figures));
  return figures;
}

std::string FiguresTable(const WordFigures& figures) {
  std::string table = Cat(figures.source, ": ", figures.words, " words, ", figures.dim, " numbers each\n");
  if (figures.rows_not_finite > 0) {
    table += Cat("warning: ", figures.rows_not_finite, " vectors hold a NaN or an infinity; the training diverged\n");
  }
  return table + SimilarityTable(figures) + AnalogyTable(figures) + SynonymTable(figures) + NeighbourTable(figures);
}

std::string FiguresJson(const WordFigures& figures) {
  JsonWriter json;
  json.BeginObject().Key("vectors").String(figures.source).Key("words").Number(figures.words);
  json.Key("dim").Number(figures.dim).Key("rows_not_finite").Number(figures.rows_not_finite);
  json.Key("similarity").BeginArray();
  for (const SimilarityResult& result : figures.similarity) {
    json.BeginObject().Key("name").String(result.name).Key("spearman").Number(result.spearman);
    json.Key("covered").Number(result.covered).Key("pairs").Number(result.pairs).EndObject();
  }
  json.EndArray();
  AppendAnalogies(figures, &json);
  AppendSynonyms(figures, &json);
  AppendNeighbours(figures, &json);
  return json.EndObject().text() + "\n";
}

}  // namespace shoal
