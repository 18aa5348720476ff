#include "common/run/run_result.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "absl/strings/str_format.h"
#include "common/json.h"
#include "common/json_object.h"
#include "common/status.h"

namespace shoal {
namespace {

std::string PathIn(const std::string& output) { return Cat(output, "/", kResultFileName); }

void WritePhases(JsonWriter& json, const SecondsByPhase& phases) {
  json.BeginObject();
  for (const auto& [name, seconds] : phases) json.Key(name).Number(seconds);
  json.EndObject();
}

SecondsByPhase ReadPhases(const JsonObject& object, const std::string& key) {
  const auto numbers = object.Numbers(key);
  SecondsByPhase phases(numbers.begin(), numbers.end());
  std::stable_sort(phases.begin(), phases.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return phases;
}

void AppendRows(std::vector<std::string>* table, const char* heading, const SecondsByPhase& phases) {
  const double total = std::accumulate(phases.begin(), phases.end(), 0.0,
                                       [](double sum, const auto& phase) { return sum + phase.second; });
  if (total <= 0) return;
  table->push_back(absl::StrFormat("%-26s %10s %7s", heading, "seconds", "share"));
  for (const auto& [name, seconds] : phases) {
    table->push_back(absl::StrFormat("  %-24s %10.2f %5.1f %%", name, seconds, 100 * seconds / total));
  }
}

}  // namespace

std::string RunResult::Json() const {
  JsonWriter json;
  json.BeginObject().Key("status").String(done ? "done" : "failed").Key("reason").String(reason);
  json.Key("restartable").Bool(restartable).Key("checkpoint").Number(checkpoint);
  json.Key("work").String(work).Key(work).Number(words).Key("seconds").Number(seconds);
  json.Key(Cat(work, "_per_second")).Number(words_per_second);
  if (loss) json.Key("loss").Number(*loss);
  if (knn) json.Key("knn").Number(*knn);
  WritePhases(json.Key("seconds_by_phase"), seconds_by_phase);
  if (worker_seconds_by_phase) WritePhases(json.Key("worker_seconds_by_phase"), *worker_seconds_by_phase);
  json.Key("files").BeginArray();
  for (const std::string& file : files) json.String(file);
  json.EndArray().Key("units_at_hand").BeginArray();
  for (const std::string& unit : units_at_hand) json.String(unit);
  json.EndArray().Key("workers").Number(workers).Key("servers").Number(servers);
  json.Key("version").String(version).EndObject();
  return json.text() + "\n";
}

std::vector<std::string> RunResult::Table() const {
  std::vector<std::string> table;
  AppendRows(&table, "the job", seconds_by_phase);
  AppendRows(&table, workers == 1 ? "the worker" : "all workers together",
             worker_seconds_by_phase.value_or(SecondsByPhase()));
  return table;
}

absl::Status RunResult::Write(const std::string& output, Durability durability) const {
  return WriteFileAtomically(PathIn(output), Json(), durability);
}

absl::StatusOr<RunResult> RunResult::Read(const std::string& output) {
  ASSIGN_OR_RETURN(const JsonObject json, JsonObject::Load(PathIn(output)));
  const std::string work = json.Has("work") ? json.Text("work") : "words";
  RunResult result{.done = json.Text("status") == "done",
                   .reason = json.Text("reason"),
                   .restartable = json.Flag("restartable"),
                   .checkpoint = json.Count("checkpoint"),
                   .units_at_hand = json.Texts("units_at_hand"),
                   .work = work,
                   .words = json.Count(work),
                   .seconds = json.Number("seconds"),
                   .words_per_second = json.Number(Cat(work, "_per_second")),
                   .seconds_by_phase = ReadPhases(json, "seconds_by_phase"),
                   .files = json.Texts("files"),
                   .workers = static_cast<uint32_t>(json.Count("workers")),
                   .servers = static_cast<uint32_t>(json.Count("servers")),
                   .version = json.Text("version")};
  if (json.Has("loss")) result.loss = json.Number("loss");
  if (json.Has("knn")) result.knn = json.Number("knn");
  if (json.Has("worker_seconds_by_phase")) {
    result.worker_seconds_by_phase = ReadPhases(json, "worker_seconds_by_phase");
  }
  return result;
}

void RunResult::Remove(const std::string& output) {
  std::error_code ignored;
  std::filesystem::remove(PathIn(output), ignored);
}

}  // namespace shoal
