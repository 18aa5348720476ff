#include "common/metrics/metrics.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/time/clock.h"
#include "common/clock.h"
#include "common/host.h"
#include "common/metrics/worker_metrics.h"
#include "common/text.h"
#include "common/version.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

uint16_t PortOf(const std::string& address) {
  return static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

// The whole answer to GET /metrics, headers too; empty where nobody serves.
std::string Scrape(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  constexpr std::string_view kRequest = "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0 &&
      ::write(fd, kRequest.data(), kRequest.size()) == static_cast<ssize_t>(kRequest.size())) {
    char chunk[4096];
    for (ssize_t n; (n = ::read(fd, chunk, sizeof(chunk))) > 0;) answer.append(chunk, n);
  }
  ::close(fd);
  return answer;
}

job::Metrics OnPort(uint32_t port) {
  job::Metrics settings;
  settings.set_port(port);
  return settings;
}

TEST(MetricsTest, PortZeroServesOnAFreeLoopbackPort) {
  const auto metrics = Metrics::Start(OnPort(0), /*rank=*/3);
  ASSERT_THAT(metrics->address(), MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
  WorkerMetrics(metrics->registry(), "words").work.Increment(1234);
  const std::string answer = Scrape(PortOf(metrics->address()));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("\nshoal_worker_words_total 1234\n"));
  EXPECT_THAT(answer, HasSubstr(Cat("version=\"", Version(), "\"")));
  EXPECT_THAT(answer, HasSubstr("\nprocess_cpu_seconds_total "));
}

TEST(MetricsTest, RankRServesOnPortPlusR) {
  // Only the kernel knows a free pair of ports, so this takes one that was just free.
  const uint32_t port = PortOf(Metrics::Start(OnPort(0), 0)->address());
  const auto metrics = Metrics::Start(OnPort(port - 2), /*rank=*/2);
  EXPECT_EQ(metrics->address(), Cat("127.0.0.1:", port));
}

TEST(MetricsTest, ATakenPortIsAWarningAndTheRegistryStillWorks) {
  const auto first = Metrics::Start(OnPort(0), 0);
  ::testing::internal::CaptureStderr();
  const auto second = Metrics::Start(OnPort(PortOf(first->address())), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(Cat("warning: no metrics from rank 0: cannot serve on ", first->address())));
  EXPECT_EQ(second->address(), "");
  WorkerMetrics(second->registry(), "words").steps.Increment();
  EXPECT_THAT(second->Text(), HasSubstr("shoal_worker_steps_total 1\n"));
}

TEST(MetricsTest, APortThatIsTooHighForItsRankIsAWarning) {
  ::testing::internal::CaptureStderr();
  const auto metrics = Metrics::Start(OnPort(65535), /*rank=*/1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("metrics.port 65535 + rank is over 65535"));
  EXPECT_EQ(metrics->address(), "");
}

TEST(MetricsTest, WhereMetricsAreNotEnabledNothingIsServed) {
  job::Metrics settings;
  settings.set_enabled(false);
  EXPECT_EQ(Metrics::Start(settings, 0)->address(), "");
}

TEST(MetricsTest, ABindAddressOfAllInterfacesIsGivenAsTheHostsName) {
  job::Metrics settings;
  settings.set_bind_address("0.0.0.0");
  EXPECT_THAT(Metrics::Start(settings, 0)->address(), StartsWith(Cat(HostName(), ":")));
}

TEST(MetricsTest, TheEndOfMetricsIsTheEndOfTheServerWithinASecond) {
  auto metrics = Metrics::Start(OnPort(0), 0);
  const uint16_t port = PortOf(metrics->address());
  // Let the listening thread begin its wait.
  absl::SleepFor(absl::Milliseconds(100));
  const absl::Time start = Clock::Real().Now();
  metrics.reset();
  EXPECT_LT(Clock::Real().Now() - start, absl::Seconds(1));
  EXPECT_EQ(Scrape(port), "");
}

TEST(ProcessMetricsTest, TellMemoryAndStartOfThisProcess) {
  const std::string text = Metrics::WithoutServer()->Text();
  const auto value = [&](const std::string& name) {
    return std::stod(text.substr(text.find("\n" + name + " ") + name.size() + 2));
  };
  EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
  EXPECT_LT(value("process_resident_memory_bytes"), 1e12);
  EXPECT_NEAR(value("process_start_time_seconds"), static_cast<double>(::time(nullptr)), 300);
  EXPECT_GT(value("process_cpu_seconds_total"), 0);
}

}  // namespace
}  // namespace shoal
