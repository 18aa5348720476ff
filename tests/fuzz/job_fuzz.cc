// Any bytes as a job file, and their lines as --set's "path=value": mistakes are told, a line each, and what is read is
// read again from what is printed.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/job/job.h"

namespace shoal {
namespace {

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

void CheckRoundTrip(const job::Job& job) {
  const std::string printed = PrintJob(job);
  const auto again = ParseJob(printed, "printed.textproto");
  Check(again.ok());
  Check(PrintJob(*again) == printed);
}

void ReadAsJobFile(std::string_view text) {
  job::Job job;
  const std::vector<std::string> mistakes = ReadJob(text, "job.textproto", &job);
  for (const std::string& mistake : mistakes) Check(!mistake.empty() && mistake.find('\n') == std::string::npos);
  Check(ParseJob(text, "job.textproto").ok() == mistakes.empty());
  CheckRoundTrip(job);
  (void)ValidateJob(job);
}

void SetLines(std::string_view text) {
  job::Job job;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string before = job.SerializeAsString();
    if (!SetField(&job, text.substr(0, end)).ok()) Check(job.SerializeAsString() == before);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  CheckRoundTrip(job);
}

}  // namespace
}  // namespace shoal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  shoal::ReadAsJobFile(text);
  shoal::SetLines(text);
  return 0;
}
