#include "launch/run_result.h"

#include <algorithm>

#include "common/json_object.h"
#include "common/status.h"

namespace shoal {
namespace {

std::vector<std::pair<std::string, double>> LongestFirst(const std::map<std::string, double>& phases) {
  std::vector<std::pair<std::string, double>> sorted(phases.begin(), phases.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

}  // namespace

absl::StatusOr<RunResult> RunResult::Read(const std::string& output) {
  ASSIGN_OR_RETURN(const JsonObject parsed, JsonObject::Load(Cat(output, "/result.json")));
  RunResult result;
  result.done = parsed.Text("status") == "done";
  result.reason = parsed.Text("reason");
  result.words = parsed.Number("words");
  result.seconds = parsed.Number("seconds");
  result.words_per_second = parsed.Number("words_per_second");
  result.loss = parsed.Number("loss");
  result.seconds_by_phase = LongestFirst(parsed.Numbers("seconds_by_phase"));
  result.worker_seconds_by_phase = LongestFirst(parsed.Numbers("worker_seconds_by_phase"));
  return result;
}

}  // namespace shoal
