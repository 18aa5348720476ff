#include "common/metrics/process_metrics.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <string_view>

#include "common/files.h"

namespace shoal {
namespace {

// Fields of /proc/self/stat, counted from 0 after the closing parenthesis of the command's name (proc(5)).
constexpr size_t kStartTicks = 19;
constexpr size_t kResidentPages = 21;

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double SecondsOf(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::vector<std::string> StatFields() {
  const std::string stat = ReadFile("/proc/self/stat").value_or("");
  std::vector<std::string> fields;
  // The command's name may hold anything, spaces and parentheses too.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(stat.substr(name_end + 1));
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

prometheus::MetricFamily Family(const char* name, const char* help, prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  metric.counter.value = value;
  metric.gauge.value = value;
  return {name, help, type, {metric}};
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::vector<prometheus::MetricFamily> families;
  families.push_back(Family("process_cpu_seconds_total", "Processor time of this process, user and system.",
                            prometheus::MetricType::Counter, SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime)));
  const std::vector<std::string> fields = StatFields();
  if (fields.size() <= kResidentPages) return families;
  const double page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  families.push_back(Family("process_resident_memory_bytes", "Memory of this process that is in RAM.",
                            prometheus::MetricType::Gauge, std::stod(fields[kResidentPages]) * page_bytes));
  const double boot = SecondsOf(CLOCK_REALTIME) - SecondsOf(CLOCK_BOOTTIME);
  const double ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  families.push_back(Family("process_start_time_seconds", "When this process started, in seconds since 1970.",
                            prometheus::MetricType::Gauge, boot + std::stod(fields[kStartTicks]) / ticks_per_second));
  return families;
}

}  // namespace shoal
