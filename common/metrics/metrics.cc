#include "common/metrics/metrics.h"

#include <utility>
#include <vector>

#include "common/host.h"
#include "common/log.h"
#include "common/metrics/families.h"
#include "common/metrics/metrics_server.h"
#include "common/metrics/process_metrics.h"
#include "common/version.h"
#include "prometheus/text_serializer.h"

namespace shoal {
namespace {

constexpr int64_t kMaxPort = 65535;

class ServedMetrics final : public Metrics {
 public:
  ServedMetrics() {
    AddGauge(*registry_, "shoal_build_info", "Always 1; the labels tell the build.",
             {{"version", std::string(Version())}, {"compiler", std::string(Compiler())}})
        .Set(1);
  }

  void Serve(const job::Metrics& settings, int rank) {
    const int64_t port = settings.port() == 0 ? 0 : int64_t{settings.port()} + rank;
    if (port > kMaxPort) {
      LogWarning("no metrics from rank ", rank, ": metrics.port ", settings.port(), " + rank is over ", kMaxPort);
      return;
    }
    const std::string& bind_address = settings.bind_address();
    auto server = MetricsServer::Start(bind_address, static_cast<uint16_t>(port), {registry_, process_});
    if (!server.ok()) {
      LogWarning("no metrics from rank ", rank, ": ", server.status().message(),
                 "; the port may be taken (metrics.port 0 takes any free one), or metrics.bind_address be no address "
                 "of this host");
      return;
    }
    server_ = *std::move(server);
    address_ = Cat(MeansAllInterfaces(bind_address) ? HostName() : Bracketed(bind_address), ":", server_->port());
  }

  const std::string& address() const override { return address_; }
  prometheus::Registry& registry() override { return *registry_; }

  std::string Text() const override {
    std::vector<prometheus::MetricFamily> families = registry_->Collect();
    for (prometheus::MetricFamily& family : process_->Collect()) families.push_back(std::move(family));
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  const std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  const std::shared_ptr<ProcessMetrics> process_ = std::make_shared<ProcessMetrics>();
  std::string address_;
  // The last member, so that its threads end before what they read.
  std::unique_ptr<MetricsServer> server_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::Start(const job::Metrics& settings, int rank) {
  auto metrics = std::make_unique<ServedMetrics>();
  if (settings.enabled()) metrics->Serve(settings, rank);
  return metrics;
}

std::unique_ptr<Metrics> Metrics::WithoutServer() { return std::make_unique<ServedMetrics>(); }

}  // namespace shoal
