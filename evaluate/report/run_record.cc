#include "evaluate/report/run_record.h"

#include <optional>
#include <utility>

#include "common/files.h"
#include "common/json_object.h"
#include "common/status.h"

namespace shoal {
namespace {

// Nothing where there is no such file.
template <typename T>
absl::StatusOr<std::optional<T>> IfThere(absl::StatusOr<T> read) {
  if (absl::IsNotFound(read.status())) return std::optional<T>();
  RETURN_IF_ERROR(read.status());
  return std::optional<T>(*std::move(read));
}

std::optional<double> NumberIfThere(const JsonObject& object, const std::string& key) {
  return object.Has(key) ? std::optional(object.Number(key)) : std::nullopt;
}

void TakeProgress(const JsonObject& event, RunRecord* record) {
  if (event.Has("work")) record->work = event.Text("work");
  const double speed = event.Number(Cat(record->work, "_per_second"));
  if (speed <= 0) return;
  record->progress.push_back({.elapsed_seconds = event.Number("elapsed_seconds"),
                              .epoch = event.Number("epoch"),
                              .words_per_second = speed,
                              .loss = event.Number("loss"),
                              .learning_rate = event.Number("learning_rate"),
                              .alignment = NumberIfThere(event, "alignment"),
                              .uniformity = NumberIfThere(event, "uniformity"),
                              .spread = NumberIfThere(event, "spread")});
}

void TakeEvent(const JsonObject& event, RunRecord* record) {
  const std::string kind = event.Text("event");
  if (kind == "start") {
    record->name = event.Text("name");
    record->version = event.Text("version");
    record->time = event.Text("time");
    record->epochs = event.Number("epochs");
    record->workers = event.Number("workers");
    record->servers = event.Number("servers");
  } else if (kind == "prepared") {
    record->data = event.Text("data");
  } else if (kind == "progress") {
    TakeProgress(event, record);
  } else if (kind == "measured") {
    const KnnPoint point{event.Number("elapsed_seconds"), event.Number("epochs"), event.Number("knn"),
                         event.Number("chance")};
    // A later life measured again what the one before it had measured and lost.
    while (!record->knn.empty() && record->knn.back().epochs >= point.epochs) record->knn.pop_back();
    record->knn.push_back(point);
  }
}

absl::Status ReadLog(const std::string& path, RunRecord* record) {
  const auto text = ReadFile(path);
  if (absl::IsNotFound(text.status())) return absl::OkStatus();
  RETURN_IF_ERROR(text.status());
  std::string_view left = *text;
  for (size_t number = 1; !left.empty(); ++number) {
    if (number > kMaxLogLines) return ResourceExhausted(path, " has more than ", kMaxLogLines, " lines");
    const size_t end = left.find('\n');
    if (end == left.npos) return absl::OkStatus();  // Cut when the run was killed.
    const auto event = JsonObject::Parse(left.substr(0, end));
    left.remove_prefix(end + 1);
    // A life of the run that was killed may end in the middle of a line.
    if (!event.ok() && left.starts_with("{\"event\":\"start\"")) continue;
    if (!event.ok()) return DataLoss(path, ":", number, " is ", ToStd(event.status().message()));
    TakeEvent(*event, record);
  }
  return absl::OkStatus();
}

AnalogyScore ScoreOf(const JsonObject& object) {
  return {.name = object.Text("name"),
          .right_by_sum = object.Count("right_3cosadd"),
          .right_by_product = object.Count("right_3cosmul"),
          .asked = object.Count("asked"),
          .questions = object.Count("questions")};
}

SynonymFigure SynonymFigureOf(const JsonObject& object) {
  return {.nearer = object.Number("nearer"), .standard_error = object.Number("standard_error")};
}

WordNeighbours NeighboursOf(const JsonObject& object) {
  WordNeighbours of{.word = object.Text("word")};
  for (const JsonObject& near : object.Objects("nearest")) {
    of.nearest.push_back({near.Text("word"), static_cast<float>(near.Number("cosine"))});
  }
  return of;
}

// What FiguresJson wrote.
WordFigures FiguresOf(const JsonObject& object) {
  WordFigures figures{.source = object.Text("vectors"), .words = object.Count("words")};
  for (const JsonObject& result : object.Objects("similarity")) {
    figures.similarity.push_back({.name = result.Text("name"),
                                  .spearman = result.Number("spearman"),
                                  .covered = result.Count("covered"),
                                  .pairs = result.Count("pairs")});
  }
  for (const JsonObject& result : object.Objects("analogies")) {
    figures.analogy_words = result.Count("among_words");
    AnalogyResult& analogies = figures.analogies.emplace_back();
    analogies.name = result.Text("name");
    analogies.total = ScoreOf(result.Object("total"));
    for (const JsonObject& section : result.Objects("sections")) analogies.sections.push_back(ScoreOf(section));
  }
  for (const JsonObject& result : object.Objects("synonyms")) {
    figures.synonyms.push_back({.name = result.Text("name"),
                                .trained = SynonymFigureOf(result.Object("trained")),
                                .untrained = SynonymFigureOf(result.Object("untrained")),
                                .covered = result.Count("covered"),
                                .pairs = result.Count("pairs")});
  }
  for (const JsonObject& of : object.Objects("neighbours")) figures.neighbours.push_back(NeighboursOf(of));
  return figures;
}

}  // namespace

absl::StatusOr<RunRecord> ReadRunRecord(const std::string& directory) {
  RunRecord record;
  RETURN_IF_ERROR(ReadLog(Cat(directory, "/log.jsonl"), &record));
  ASSIGN_OR_RETURN(record.result, IfThere(RunResult::Read(directory)));
  if (record.version.empty() && record.result) record.version = record.result->version;
  ASSIGN_OR_RETURN(const auto figures, IfThere(JsonObject::Load(Cat(directory, "/", kFiguresFileName))));
  if (figures) record.figures = FiguresOf(*figures);
  auto job = ReadFile(Cat(directory, "/job.textproto"));
  if (job.ok()) record.job = *std::move(job);
  return record;
}

}  // namespace shoal
