// MetricsServer: the HTTP server of one process's metrics, by prometheus-cpp and civetweb.
//
// This is the seam where their exceptions become errors.
//
// Thread rule: belongs to one thread; it serves on threads of its own until its destructor, which takes milliseconds.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "prometheus/collectable.h"

namespace prometheus {
class Exposer;
}  // namespace prometheus

namespace shoal {

class MetricsServer {
 public:
  // Serves `collectables`, which outlive the server, at /metrics. Port 0 takes any free one. Unavailable: the port is
  // taken, or the address is none of this host's.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const std::string& bind_address, uint16_t port,
      const std::vector<std::shared_ptr<prometheus::Collectable>>& collectables);
  ~MetricsServer();

  uint16_t port() const { return port_; }

 private:
  MetricsServer(std::string bind_address, std::unique_ptr<prometheus::Exposer> exposer);

  const std::string bind_address_;
  std::unique_ptr<prometheus::Exposer> exposer_;
  const uint16_t port_;
};

// Whether `bind_address` stands for all interfaces of the host.
bool MeansAllInterfaces(const std::string& bind_address);

// As addresses stand before a port: IPv6 in brackets.
std::string Bracketed(const std::string& bind_address);

}  // namespace shoal
