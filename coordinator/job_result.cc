#include "coordinator/job_result.h"

#include <numeric>

#include "absl/strings/str_format.h"
#include "common/json.h"
#include "common/version.h"

namespace shoal {
namespace {

template <typename Phases>
void WritePhases(JsonWriter& json, const Phases& phases) {
  json.BeginObject();
  for (const auto& [name, seconds] : phases) json.Key(name).Number(seconds);
  json.EndObject();
}

template <typename Phases>
void AppendRows(std::vector<std::string>* table, const char* heading, const Phases& phases) {
  const double total = std::accumulate(phases.begin(), phases.end(), 0.0,
                                       [](double sum, const auto& phase) { return sum + phase.second; });
  if (total <= 0) return;
  table->push_back(absl::StrFormat("%-26s %10s %7s", heading, "seconds", "share"));
  for (const auto& [name, seconds] : phases) {
    table->push_back(absl::StrFormat("  %-24s %10.2f %5.1f %%", name, seconds, 100 * seconds / total));
  }
}

}  // namespace

std::string JobResult::Json() const {
  JsonWriter json;
  json.BeginObject().Key("status").String(reason.empty() ? "done" : "failed").Key("reason").String(reason);
  json.Key("words").Number(words).Key("seconds").Number(seconds);
  json.Key("words_per_second").Number(words_per_second).Key("loss").Number(loss);
  WritePhases(json.Key("seconds_by_phase"), seconds_by_phase);
  WritePhases(json.Key("worker_seconds_by_phase"), worker_seconds_by_phase);
  json.Key("files").BeginArray();
  for (const std::string& file : files) json.String(file);
  json.EndArray().Key("workers").Number(workers).Key("servers").Number(servers);
  json.Key("version").String(Version()).EndObject();
  return json.text() + "\n";
}

std::vector<std::string> JobResult::Table() const {
  std::vector<std::string> table;
  AppendRows(&table, "the job", seconds_by_phase);
  AppendRows(&table, workers == 1 ? "the worker" : "all workers together", worker_seconds_by_phase);
  return table;
}

}  // namespace shoal
