#include "evaluate/report/run_record.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "common/files.h"
#include "common/status.h"

namespace shoal {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

absl::StatusOr<Struct> ParseJson(std::string_view text, const std::string& name) {
  Struct object;
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &object);
  if (status.ok()) return object;
  // What follows the first line is the text, with a mark below it.
  const std::string why = status.message().ToString();
  return DataLoss(name, " is not a JSON object: ", why.substr(0, why.find('\n')));
}

// Null where the field is missing.
const Value& Field(const Struct& object, const char* name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? Value::default_instance() : found->second;
}
double Number(const Struct& object, const char* name) { return Field(object, name).number_value(); }
const std::string& Text(const Struct& object, const char* name) { return Field(object, name).string_value(); }

// The object of `directory`/`name`, empty where there is no such file.
absl::StatusOr<Struct> ReadObject(const std::string& directory, std::string_view name) {
  const std::string path = Cat(directory, "/", name);
  const auto text = ReadFile(path);
  if (absl::IsNotFound(text.status())) return Struct();
  RETURN_IF_ERROR(text.status());
  return ParseJson(*text, path);
}

SecondsByPhase Phases(const Struct& object, const char* name) {
  SecondsByPhase phases;
  for (const auto& [phase, seconds] : Field(object, name).struct_value().fields()) {
    phases.emplace_back(phase, seconds.number_value());
  }
  std::sort(phases.begin(), phases.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return phases;
}

void TakeEvent(const Struct& event, RunRecord* record) {
  const std::string& kind = Text(event, "event");
  if (kind == "start") {
    record->name = Text(event, "name");
    record->version = Text(event, "version");
    record->time = Text(event, "time");
    record->epochs = Number(event, "epochs");
    record->workers = Number(event, "workers");
    record->servers = Number(event, "servers");
  } else if (kind == "prepared") {
    record->data = Text(event, "data");
  } else if (kind == "progress" && Number(event, "words_per_second") > 0) {
    record->progress.push_back({.elapsed_seconds = Number(event, "elapsed_seconds"),
                                .epoch = Number(event, "epoch"),
                                .words_per_second = Number(event, "words_per_second"),
                                .loss = Number(event, "loss"),
                                .learning_rate = Number(event, "learning_rate")});
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
    ASSIGN_OR_RETURN(const Struct event, ParseJson(left.substr(0, end), Cat(path, ":", number)));
    TakeEvent(event, record);
    left.remove_prefix(end + 1);
  }
  return absl::OkStatus();
}

void TakeResult(const Struct& result, RunRecord* record) {
  record->status = Text(result, "status");
  record->reason = Text(result, "reason");
  record->words = Number(result, "words");
  record->seconds = Number(result, "seconds");
  record->words_per_second = Number(result, "words_per_second");
  record->loss = Number(result, "loss");
  record->seconds_by_phase = Phases(result, "seconds_by_phase");
  record->worker_seconds_by_phase = Phases(result, "worker_seconds_by_phase");
  if (record->version.empty()) record->version = Text(result, "version");
}

uint64_t Count(const Struct& object, const char* name) {
  return static_cast<uint64_t>(std::max(0.0, Number(object, name)));
}

AnalogyScore ScoreOf(const Struct& object) {
  return {.name = Text(object, "name"),
          .right_by_sum = Count(object, "right_3cosadd"),
          .right_by_product = Count(object, "right_3cosmul"),
          .asked = Count(object, "asked"),
          .questions = Count(object, "questions")};
}

SynonymFigure SynonymFigureOf(const Struct& object) {
  return {.nearer = Number(object, "nearer"), .standard_error = Number(object, "standard_error")};
}

WordNeighbours NeighboursOf(const Struct& object) {
  WordNeighbours of{.word = Text(object, "word")};
  for (const Value& near : Field(object, "nearest").list_value().values()) {
    of.nearest.push_back(
        {Text(near.struct_value(), "word"), static_cast<float>(Number(near.struct_value(), "cosine"))});
  }
  return of;
}

// What FiguresJson wrote.
WordFigures FiguresOf(const Struct& object) {
  WordFigures figures{.source = Text(object, "vectors"), .words = Count(object, "words")};
  for (const Value& value : Field(object, "similarity").list_value().values()) {
    const Struct& result = value.struct_value();
    figures.similarity.push_back({.name = Text(result, "name"),
                                  .spearman = Number(result, "spearman"),
                                  .covered = Count(result, "covered"),
                                  .pairs = Count(result, "pairs")});
  }
  for (const Value& value : Field(object, "analogies").list_value().values()) {
    const Struct& result = value.struct_value();
    figures.analogy_words = Count(result, "among_words");
    AnalogyResult& analogies = figures.analogies.emplace_back();
    analogies.name = Text(result, "name");
    analogies.total = ScoreOf(Field(result, "total").struct_value());
    for (const Value& section : Field(result, "sections").list_value().values()) {
      analogies.sections.push_back(ScoreOf(section.struct_value()));
    }
  }
  for (const Value& value : Field(object, "synonyms").list_value().values()) {
    const Struct& result = value.struct_value();
    figures.synonyms.push_back({.name = Text(result, "name"),
                                .trained = SynonymFigureOf(Field(result, "trained").struct_value()),
                                .untrained = SynonymFigureOf(Field(result, "untrained").struct_value()),
                                .covered = Count(result, "covered"),
                                .pairs = Count(result, "pairs")});
  }
  for (const Value& value : Field(object, "neighbours").list_value().values()) {
    figures.neighbours.push_back(NeighboursOf(value.struct_value()));
  }
  return figures;
}

}  // namespace

absl::StatusOr<RunRecord> ReadRunRecord(const std::string& directory) {
  RunRecord record;
  RETURN_IF_ERROR(ReadLog(Cat(directory, "/log.jsonl"), &record));
  ASSIGN_OR_RETURN(const Struct result, ReadObject(directory, "result.json"));
  TakeResult(result, &record);
  ASSIGN_OR_RETURN(const Struct figures, ReadObject(directory, kFiguresFileName));
  record.figures = FiguresOf(figures);
  auto job = ReadFile(Cat(directory, "/job.textproto"));
  if (job.ok()) record.job = *std::move(job);
  return record;
}

}  // namespace shoal
