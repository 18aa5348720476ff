#include "common/metrics/metrics.h"

#include <exception>
#include <utility>
#include <vector>

#include "common/host.h"
#include "common/log.h"
#include "common/metrics/families.h"
#include "common/metrics/process_metrics.h"
#include "common/version.h"
#include "prometheus/exposer.h"
#include "prometheus/text_serializer.h"

namespace shoal {
namespace {

constexpr int kMaxPort = 65535;

bool MeansAllInterfaces(const std::string& address) {
  return address.empty() || address == "0.0.0.0" || address == "::" || address == "[::]";
}

// As civetweb wants a listening socket named: IPv6 addresses in brackets.
std::string Bracketed(const std::string& address) {
  const bool bare_v6 = address.find(':') != std::string::npos && address.front() != '[';
  return bare_v6 ? Cat("[", address, "]") : address;
}

class ServedMetrics final : public Metrics {
 public:
  ServedMetrics() {
    AddGauge(*registry_, "shoal_build_info", "Always 1; the labels tell the build.",
             {{"version", std::string(Version())}, {"compiler", std::string(Compiler())}})
        .Set(1);
  }

  void Serve(const job::Metrics& settings, int rank) {
    const int64_t port = settings.port() == 0 ? 0 : int64_t{settings.port()} + rank;
    const std::string listen = Cat(Bracketed(settings.bind_address()), ":", port);
    if (port > kMaxPort) {
      LogWarning("no metrics from rank ", rank, ": metrics.port ", settings.port(), " + rank is over ", kMaxPort);
      return;
    }
    try {
      // One thread suffices for one Prometheus; each costs memory for its stack.
      exposer_ = std::make_unique<prometheus::Exposer>(
          std::vector<std::string>{"listening_ports", listen, "num_threads", "1"});
      exposer_->RegisterCollectable(registry_);
      exposer_->RegisterCollectable(process_);
      const std::string host =
          MeansAllInterfaces(settings.bind_address()) ? HostName() : Bracketed(settings.bind_address());
      address_ = Cat(host, ":", exposer_->GetListeningPorts().at(0));
    } catch (const std::exception& error) {
      exposer_.reset();
      LogWarning("no metrics from rank ", rank, ": cannot serve on ", listen, " (", error.what(),
                 "); is the port taken? metrics.port 0 takes any free one");
    }
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
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::Start(const job::Metrics& settings, int rank) {
  auto metrics = std::make_unique<ServedMetrics>();
  if (settings.enabled()) metrics->Serve(settings, rank);
  return metrics;
}

std::unique_ptr<Metrics> Metrics::WithoutServer() { return std::make_unique<ServedMetrics>(); }

}  // namespace shoal
