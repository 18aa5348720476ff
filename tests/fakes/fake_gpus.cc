#include "tests/fakes/fake_gpus.h"

#include <chrono>
#include <utility>

#include "tests/fakes/fake_host.h"

namespace shoal {

FakeHost& FakeHost::Get() {
  // Never destroyed: threads that NCCL was left to may outlive main.
  static FakeHost& host = *new FakeHost;
  return host;
}

FakeGpus::FakeGpus(FakeGpuSettings settings) {
  FakeHost& host = FakeHost::Get();
  const std::lock_guard lock(host.mutex);
  host.settings = std::move(settings);
  host.let_go = false;
  host.calls.clear();
  host.held_before = host.held.size();
}

FakeGpus::~FakeGpus() {
  LetGo();
  EndFakeStreams();
  // Threads that NCCL was left to end by what LetGo said.
  FakeHost& host = FakeHost::Get();
  std::unique_lock lock(host.mutex);
  host.changed.wait_for(lock, std::chrono::seconds(10), [&] { return host.communicators == 0; });
}

std::vector<std::string> FakeGpus::CallsOf(int rank) const {
  FakeHost& host = FakeHost::Get();
  const std::lock_guard lock(host.mutex);
  return host.calls[rank];
}

int FakeGpus::Held() const {
  FakeHost& host = FakeHost::Get();
  const std::lock_guard lock(host.mutex);
  return static_cast<int>(host.held.size() - host.held_before);
}

void FakeGpus::LetGo() {
  FakeHost& host = FakeHost::Get();
  const std::lock_guard lock(host.mutex);
  host.let_go = true;
  host.changed.notify_all();
}

void FakeGpus::Put(cudaStream_t stream, std::function<void()> work) { FakeStream::Of(stream).Put(std::move(work)); }

}  // namespace shoal
