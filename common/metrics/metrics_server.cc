#include "common/metrics/metrics_server.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "common/status.h"
#include "prometheus/exposer.h"

namespace shoal {
namespace {

// Opens and closes a connection, whether or not somebody listens.
void Connect(const std::string& bind_address, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  std::string host = MeansAllInterfaces(bind_address) ? "127.0.0.1" : bind_address;
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return;
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0) {
    (void)::connect(fd, found->ai_addr, found->ai_addrlen);
    ::close(fd);
  }
  ::freeaddrinfo(found);
}

}  // namespace

bool MeansAllInterfaces(const std::string& bind_address) {
  return bind_address.empty() || bind_address == "0.0.0.0" || bind_address == "::" || bind_address == "[::]";
}

std::string Bracketed(const std::string& bind_address) {
  const bool bare_v6 = bind_address.find(':') != std::string::npos && bind_address.front() != '[';
  return bare_v6 ? Cat("[", bind_address, "]") : bind_address;
}

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& bind_address, uint16_t port,
    const std::vector<std::shared_ptr<prometheus::Collectable>>& collectables) {
  const std::string listen = bind_address.empty() ? Cat(port) : Cat(Bracketed(bind_address), ":", port);
  try {
    // One thread suffices for one Prometheus; each costs memory for its stack.
    auto exposer =
        std::make_unique<prometheus::Exposer>(std::vector<std::string>{"listening_ports", listen, "num_threads", "1"});
    for (const auto& collectable : collectables) exposer->RegisterCollectable(collectable);
    return std::unique_ptr<MetricsServer>(new MetricsServer(bind_address, std::move(exposer)));
  } catch (const std::exception& error) {
    return Unavailable("cannot serve on ", listen);
  }
}

MetricsServer::MetricsServer(std::string bind_address, std::unique_ptr<prometheus::Exposer> exposer)
    : bind_address_(std::move(bind_address)),
      exposer_(std::move(exposer)),
      port_(static_cast<uint16_t>(exposer_->GetListeningPorts().at(0))) {}

// civetweb's listening thread looks every 2 s whether it should end, but at once when a connection comes: without one
// every job would end 2 s later.
MetricsServer::~MetricsServer() {
  std::atomic<bool> stopped = false;
  std::thread caller([&] {
    while (!stopped) {
      Connect(bind_address_, port_);
      absl::SleepFor(absl::Milliseconds(2));
    }
  });
  exposer_.reset();
  stopped = true;
  caller.join();
}

}  // namespace shoal
