// docs/metrics.md against the metrics that the roles have.

#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "common/files.h"
#include "common/metrics/client_metrics.h"
#include "common/metrics/coordinator_metrics.h"
#include "common/metrics/metrics.h"
#include "common/metrics/server_metrics.h"
#include "common/metrics/worker_metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

struct Description {
  std::string type;
  std::set<std::string> labels;
  bool operator==(const Description&) const = default;
};

void PrintTo(const Description& description, std::ostream* out) {
  *out << description.type << " of {";
  for (const std::string& label : description.labels) *out << ' ' << label;
  *out << " }";
}

using Descriptions = std::map<std::string, Description>;

// What all roles together serve, every metric with at least one child.
std::string TextOfAllRoles(Metrics* metrics) {
  prometheus::Registry& registry = metrics->registry();
  const WorkerMetrics worker(registry, "words"), worker_on_pictures(registry, "pictures");
  const ClientMetrics client(registry);
  ServerMetrics server(registry, {"input", "output"});
  server.CountRefusal("INVALID_ARGUMENT");
  CoordinatorMetrics coordinator(registry, "words");
  const CoordinatorMetrics coordinator_of_pictures(registry, "pictures");
  coordinator.HeartbeatAge("worker", 3).Set(0.1);
  coordinator.Members("worker").Set(1);
  return metrics->Text();
}

Descriptions Served(const std::string& text) {
  Descriptions served;
  std::istringstream lines(text);
  static const std::regex kType("# TYPE (\\S+) (\\S+)"), kLabel("([a-z]+)=\"");
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, kType)) {
      name = match[1];
      served[name].type = match[2];
    } else if (line.front() != '#') {
      for (std::sregex_iterator i(line.begin(), line.end(), kLabel), end; i != end; ++i) {
        // A histogram's own.
        if ((*i)[1] != "le") served[name].labels.insert((*i)[1]);
      }
    }
  }
  return served;
}

// Rows of the page's tables: | `name` | type | labels | unit | meaning |
Descriptions Documented(const std::string& page) {
  Descriptions documented;
  std::istringstream lines(page);
  static const std::regex kRow("\\| `([a-z_]+)` \\| ([a-z]+) \\| ([^|]*)\\|.*"), kLabel("`([a-z]+)`");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, kRow)) continue;
    Description& description = documented[match[1]];
    description.type = match[2];
    const std::string labels = match[3];
    for (std::sregex_iterator i(labels.begin(), labels.end(), kLabel), end; i != end; ++i) {
      description.labels.insert((*i)[1]);
    }
  }
  return documented;
}

TEST(MetricsPageTest, ListsExactlyTheMetricsThatAreServedWithTheirTypesAndLabels) {
  const auto page = ReadFile(SHOAL_METRICS_PAGE);
  ASSERT_TRUE(page.ok()) << page.status();
  const auto metrics = Metrics::WithoutServer();
  const Descriptions served = Served(TextOfAllRoles(metrics.get()));
  ASSERT_GT(served.size(), 30u);
  EXPECT_THAT(Documented(*page), ::testing::ContainerEq(served));
}

TEST(MetricsPageTest, EveryMetricHasAHelpText) {
  const auto metrics = Metrics::WithoutServer();
  const std::string text = TextOfAllRoles(metrics.get());
  for (const auto& [name, description] : Served(text)) {
    EXPECT_TRUE(std::regex_search(text, std::regex("# HELP " + name + " [A-Z].*\\."))) << name;
  }
}

}  // namespace
}  // namespace shoal
