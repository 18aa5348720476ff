#include "evaluate/report/report.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/files.h"
#include "common/format.h"
#include "common/status.h"
#include "evaluate/report/html.h"
#include "evaluate/report/line_chart.h"
#include "evaluate/report/style.h"
#include "evaluate/report/word_map.h"

namespace shoal {
namespace {

constexpr uint64_t kMapWords = 350;
constexpr size_t kNeighbourWords = 12, kNeighboursEach = 8;
// The commonest words are articles and the like, whose neighbours tell little.
constexpr double kFirstNeighbourRank = 150, kLastNeighbourRank = 6000;
constexpr size_t kTellingLetters = 4;

std::string Section(std::string_view title, const std::string& body) {
  if (body.empty()) return "";
  return Cat("<section><h2>", title, "</h2>", body, "</section>\n");
}

std::string Header(const RunRecord& record) {
  const bool over = record.result.has_value(), done = over && record.result->done;
  const std::string name = EscapeHtml(record.name.empty() ? "shoal" : record.name);
  std::string html = Cat("<header><h1>", name, " <span class='pill ",
                         done   ? "done"
                         : over ? "failed"
                                : "open",
                         "'>",
                         done   ? "done"
                         : over ? "failed"
                                : "not over",
                         "</span></h1><p>", EscapeHtml(record.data));
  if (!record.time.empty()) html += Cat(record.data.empty() ? "" : " &middot; ", "began ", EscapeHtml(record.time));
  if (!record.version.empty()) html += Cat(" &middot; shoal ", EscapeHtml(record.version));
  html += "</p>";
  if (over && !record.result->reason.empty()) {
    html += Cat("<p class='reason'>", EscapeHtml(record.result->reason), "</p>");
  }
  return html + "</header>\n";
}

std::string Tile(std::string_view label, const std::string& value) {
  return Cat("<div class='tile'><b>", EscapeHtml(value), "</b><span>", label, "</span></div>");
}

std::string Tiles(const RunRecord& record, const WordVectors* vectors) {
  std::string html;
  if (vectors != nullptr) html += Tile("words &times; numbers", Cat(vectors->words(), " \xc3\x97 ", vectors->dim()));
  const RunResult result = record.result.value_or(RunResult());
  const double loss = result.loss.value_or(0);
  if (result.words > 0) html += Tile(Cat(result.work, " trained"), FormatScaled(static_cast<double>(result.words)));
  if (result.seconds > 0) html += Tile("training", FormatDuration(result.seconds));
  if (result.words_per_second > 0) html += Tile(Cat(result.work, " a second"), FormatScaled(result.words_per_second));
  if (loss > 0) html += Tile("loss, last epoch", absl::StrFormat("%.4f", loss));
  if (record.workers > 0) html += Tile("workers + servers", absl::StrFormat("%g + %g", record.workers, record.servers));
  return html.empty() ? "" : Cat("<div class='tiles'>", html, "</div>\n");
}

// Whether an image encoder learns: what nearest neighbours classify, and how its embeddings lie.
std::string EncoderCharts(const RunRecord& record, const std::vector<double>& marks) {
  LineChart knn{.marks = marks};
  for (const KnnPoint& point : record.knn) {
    knn.title = absl::StrFormat("kNN accuracy, %% (chance %.1f)", point.chance);
    knn.points.emplace_back(point.elapsed_seconds, point.percent);
  }
  std::string svg = LineChartSvg(knn);
  using Quantity = std::optional<double> ProgressPoint::*;
  const std::pair<const char*, Quantity> quantities[] = {
      {"Spread of embeddings (0: collapsed)", &ProgressPoint::spread},
      {"Alignment (0: both views are one point)", &ProgressPoint::alignment},
      {"Uniformity (lower: more evenly spread)", &ProgressPoint::uniformity}};
  for (const auto& [title, quantity] : quantities) {
    LineChart chart{.title = title, .marks = marks};
    for (const ProgressPoint& point : record.progress) {
      if (point.*quantity) chart.points.emplace_back(point.elapsed_seconds, *(point.*quantity));
    }
    svg += LineChartSvg(chart);
  }
  return svg;
}

std::string Charts(const RunRecord& record) {
  LineChart loss{.title = "Loss per pair"};
  LineChart speed{.title = record.work == "pictures" ? "Pictures per second" : "Words per second", .from_zero = true};
  double epoch = 1;
  for (const ProgressPoint& point : record.progress) {
    if (point.epoch > epoch) {
      loss.marks.push_back(point.elapsed_seconds);
      epoch = point.epoch;
    }
    if (point.loss > 0) loss.points.emplace_back(point.elapsed_seconds, point.loss);
    speed.points.emplace_back(point.elapsed_seconds, point.words_per_second);
  }
  speed.marks = loss.marks;
  const std::string svg = LineChartSvg(loss) + LineChartSvg(speed) + EncoderCharts(record, loss.marks);
  if (svg.empty()) return "";
  return Cat("<div class='charts'>", svg, "</div>",
             loss.marks.empty() ? "" : "<p class='note'>Dashed lines: where an epoch begins.</p>");
}

std::string Percent(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

// A cell with a bar behind its text, `share` of the cell wide.
std::string BarCell(double share, const std::string& text) {
  const double percent = std::isfinite(share) ? 100 * std::clamp(share, 0.0, 1.0) : 0;
  return absl::StrFormat("<td class='bar'><i style='width:%.1f%%'></i><b>%s</b></td>", percent, text);
}

std::string SimilarityTable(const WordFigures& figures) {
  if (figures.similarity.empty()) return "";
  std::string html = "<table><tr><th>Similarity<th>Spearman<th class='n'>pairs covered</tr>";
  for (const SimilarityResult& result : figures.similarity) {
    html += Cat("<tr><td>", EscapeHtml(result.name), "</td>",
                BarCell(result.spearman, absl::StrFormat("%.3f", result.spearman)), "<td class='n'>", result.covered,
                " of ", result.pairs, "</td></tr>");
  }
  return html + "</table>";
}

std::string AnalogyRow(const AnalogyScore& score, std::string_view row_class) {
  return Cat("<tr class='", row_class, "'><td>", EscapeHtml(score.name), "</td>",
             BarCell(score.accuracy_by_sum(), Percent(score.accuracy_by_sum())),
             BarCell(score.accuracy_by_product(), Percent(score.accuracy_by_product())), "<td class='n'>", score.asked,
             " of ", score.questions, "</td></tr>");
}

std::string AnalogyTables(const WordFigures& figures) {
  std::string html;
  for (const AnalogyResult& result : figures.analogies) {
    html +=
        Cat("<table><tr><th>Analogies: ", EscapeHtml(result.name), "<th>3CosAdd<th>3CosMul<th class='n'>asked</tr>");
    for (const AnalogyScore& section : result.sections) html += AnalogyRow(section, "");
    html += AnalogyRow(result.total, "total");
    html += Cat("</table><p class='note'>Among the ", figures.analogy_words, " commonest words.</p>");
  }
  return html;
}

std::string SynonymTable(const WordFigures& figures) {
  if (figures.synonyms.empty()) return "";
  std::string html = "<table><tr><th>Nearer to a synonym<th>trained<th>untrained<th class='n'>pairs covered</tr>";
  for (const SynonymResult& result : figures.synonyms) {
    const auto cell = [&](const SynonymFigure& f) {
      if (result.covered == 0) return std::string("<td>none covered</td>");
      return BarCell(f.nearer, absl::StrFormat("%.1f &plusmn; %.1f %%", 100 * f.nearer, 100 * f.standard_error));
    };
    html += Cat("<tr><td>", EscapeHtml(result.name), "</td>", cell(result.trained), cell(result.untrained),
                "<td class='n'>", result.covered, " of ", result.pairs, "</td></tr>");
  }
  return html + "</table><p class='note'>Than to a random word of like frequency; &plusmn; one standard error.</p>";
}

std::string Figures(const WordFigures& figures) {
  const std::string analogies = AnalogyTables(figures);
  const std::string others = SimilarityTable(figures) + SynonymTable(figures);
  if (analogies.empty() || others.empty()) return analogies + others;
  return Cat("<div class='columns'><div>", others, "</div><div>", analogies, "</div></div>");
}

// Words at ranks that grow by a constant factor, long enough to mean something.
std::vector<uint64_t> TellingRows(const WordVectors& vectors) {
  const double last = std::min<double>(kLastNeighbourRank, static_cast<double>(vectors.words()) - 1);
  const double first = std::min(kFirstNeighbourRank, last / 2);
  std::vector<uint64_t> rows;
  for (size_t i = 0; i < kNeighbourWords; ++i) {
    const double rank = std::max(first, 1.0) * std::pow(last / std::max(first, 1.0), double(i) / (kNeighbourWords - 1));
    auto row = static_cast<uint64_t>(rank);
    while (row + 1 < vectors.words() && TextWidth(vectors.word(row)) < 0.5 * kTellingLetters) ++row;
    if (row < vectors.words() && (rows.empty() || row > rows.back())) rows.push_back(row);
  }
  return rows;
}

std::string NeighbourTable(const RunRecord& record, const WordVectors* vectors) {
  std::vector<WordNeighbours> all = record.figures.neighbours;
  if (all.empty() && vectors != nullptr) all = NeighboursOf(*vectors, TellingRows(*vectors), kNeighboursEach);
  if (all.empty()) return "";
  std::string html = "<table class='near'>";
  for (const WordNeighbours& of : all) {
    html += Cat("<tr><th>", EscapeHtml(of.word), "</th><td>");
    for (const auto& near : of.nearest) {
      html += absl::StrFormat("<span>%s <small>%.2f</small></span> ", EscapeHtml(near.word), near.cosine);
    }
    html += "</td></tr>";
  }
  return html + "</table><p class='note'>The nearest words by cosine.</p>";
}

std::string PhaseTable(std::string_view title, const SecondsByPhase& phases) {
  double total = 0;
  for (const auto& [name, seconds] : phases) total += seconds;
  if (!(total > 0)) return "";
  std::string html = Cat("<table><tr><th>", title, "<th>share<th class='n'>time</tr>");
  for (const auto& [name, seconds] : phases) {
    html += Cat("<tr><td>", EscapeHtml(name), "</td>", BarCell(seconds / total, Percent(seconds / total)),
                "<td class='n'>", FormatDuration(seconds), "</td></tr>");
  }
  return html + "</table>";
}

std::string Phases(const RunRecord& record) {
  const RunResult result = record.result.value_or(RunResult());
  const std::string job = PhaseTable("The job", result.seconds_by_phase);
  const std::string workers =
      PhaseTable("All workers together", result.worker_seconds_by_phase.value_or(SecondsByPhase()));
  if (job.empty() || workers.empty()) return job + workers;
  return Cat("<div class='columns'><div>", job, "</div><div>", workers, "</div></div>");
}

std::string DivergenceNote(const WordVectors* vectors) {
  if (vectors == nullptr || vectors->rows_not_finite() == 0) return "";
  return Cat("<p class='reason'>", vectors->rows_not_finite(),
             " vectors hold a NaN or an infinity: the training diverged.</p>\n");
}

}  // namespace

std::string ReportPage(const RunRecord& record, const WordVectors* vectors) {
  const std::string job = record.job.empty() ? "" : Cat("<pre>", EscapeHtml(record.job), "</pre>");
  return Cat("<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>",
             "<meta name='viewport' content='width=device-width, initial-scale=1'><title>",
             EscapeHtml(record.name.empty() ? "shoal" : record.name), " &ndash; report</title><style>", kReportStyle,
             "</style></head><body>\n", Header(record), DivergenceNote(vectors), Tiles(record, vectors),
             Section("Training", Charts(record)), Section("What was measured", Figures(record.figures)),
             Section("Map of words", vectors == nullptr ? "" : WordMapSvg(*vectors, kMapWords)),
             Section("Neighbours", NeighbourTable(record, vectors)), Section("Where the time went", Phases(record)),
             Section("The job", job), "</body></html>\n");
}

absl::StatusOr<std::string> WriteReport(const std::string& directory) {
  std::error_code ignored;
  const auto has = [&](std::string_view name) { return std::filesystem::exists(Cat(directory, "/", name), ignored); };
  if (!has("log.jsonl") && !has("result.json") && !has(kVectorsFileName)) {
    return NotFound(directory, " is no output folder: no log.jsonl, result.json or ", kVectorsFileName, " in it");
  }
  ASSIGN_OR_RETURN(const RunRecord record, ReadRunRecord(directory));
  std::string page;
  if (has(kVectorsFileName)) {
    ASSIGN_OR_RETURN(const WordVectors vectors, WordVectors::Load(directory));
    page = ReportPage(record, &vectors);
  } else {
    page = ReportPage(record, nullptr);
  }
  const std::string path = Cat(directory, "/", kReportFileName);
  RETURN_IF_ERROR(WriteFileAtomically(path, page));
  return path;
}

}  // namespace shoal
