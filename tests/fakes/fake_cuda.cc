#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <thread>
#include <utility>

#include "tests/fakes/fake_host.h"

// What CUDA's handles point at.
struct CUstream_st {
  shoal::FakeStream stream;
};
struct CUevent_st {
  std::shared_ptr<bool> happened = std::make_shared<bool>(true);  // Of the last record; read with the host's lock.
};

namespace shoal {
namespace {

thread_local int current_device = 0;
thread_local cudaError_t last_error = cudaSuccess;

cudaError_t Return(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

cudaError_t Hold(const void* taken) {
  FakeHost& host = FakeHost::Get();
  const std::lock_guard lock(host.mutex);
  host.held.insert(taken);
  return cudaSuccess;
}
cudaError_t GiveBack(const void* taken) {
  FakeHost& host = FakeHost::Get();
  const std::lock_guard lock(host.mutex);
  host.held.erase(taken);
  return cudaSuccess;
}

struct Streams {
  std::mutex mutex;
  std::map<int, std::unique_ptr<FakeStream>> defaults;  // By device.
  std::map<cudaStream_t, std::unique_ptr<CUstream_st>> made;
};
Streams& AllStreams() {
  static Streams& streams = *new Streams;
  return streams;
}

}  // namespace

class FakeStream::Queue {
 public:
  Queue() : thread_([this] { Run(); }) {}
  ~Queue() {
    Put(nullptr);
    thread_.join();
  }

  // Nothing ends it.
  void Put(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    changed_.notify_all();
  }

 private:
  void Run() {
    while (const std::function<void()> work = Next()) work();
  }
  std::function<void()> Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !work_.empty(); });
    std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    return work;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  std::thread thread_;  // Last: it uses the others.
};

FakeStream::FakeStream() : queue_(std::make_shared<Queue>()) {}
FakeStream::~FakeStream() = default;
void FakeStream::Put(std::function<void()> work) { queue_->Put(std::move(work)); }

FakeStream& FakeStream::Of(cudaStream_t stream) {
  if (stream != nullptr) return stream->stream;
  const std::lock_guard lock(AllStreams().mutex);
  std::unique_ptr<FakeStream>& of_device = AllStreams().defaults[current_device];
  if (of_device == nullptr) of_device = std::make_unique<FakeStream>();
  return *of_device;
}

void EndFakeStreams() {
  std::map<int, std::unique_ptr<FakeStream>> defaults;
  std::map<cudaStream_t, std::unique_ptr<CUstream_st>> made;
  const std::lock_guard lock(AllStreams().mutex);
  defaults.swap(AllStreams().defaults);
  made.swap(AllStreams().made);
}

}  // namespace shoal

using shoal::FakeHost;
using shoal::FakeStream;

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorNotReady:
      return "device not ready";
    default:
      return "unspecified error";
  }
}

cudaError_t cudaGetLastError() { return std::exchange(shoal::last_error, cudaSuccess); }

cudaError_t cudaGetDeviceCount(int* count) {
  FakeHost& host = FakeHost::Get();
  const std::lock_guard lock(host.mutex);
  *count = static_cast<int>(host.settings.bus_ids.size());
  return shoal::Return(*count == 0 ? cudaErrorNoDevice : cudaSuccess);
}

cudaError_t cudaSetDevice(int device) {
  int count = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) return error;
  if (device < 0 || device >= count) return shoal::Return(cudaErrorInvalidDevice);
  shoal::current_device = device;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetPCIBusId(char* bus_id, int length, int device) {
  FakeHost& host = FakeHost::Get();
  const std::lock_guard lock(host.mutex);
  std::snprintf(bus_id, length, "%s", host.settings.bus_ids[device].c_str());
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned /*flags*/) {
  auto made = std::make_unique<CUstream_st>();
  *stream = made.get();
  const std::lock_guard lock(shoal::AllStreams().mutex);
  shoal::AllStreams().made[*stream] = std::move(made);
  return shoal::Hold(*stream);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  std::unique_ptr<CUstream_st> ended;
  {
    const std::lock_guard lock(shoal::AllStreams().mutex);
    std::swap(ended, shoal::AllStreams().made[stream]);
    shoal::AllStreams().made.erase(stream);
  }
  return shoal::GiveBack(stream);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
  FakeHost& host = FakeHost::Get();
  std::unique_lock lock(host.mutex);
  const std::shared_ptr<bool> happened = event->happened;
  lock.unlock();
  FakeStream::Of(stream).Put([&host, happened] {
    std::unique_lock lock(host.mutex);
    host.changed.wait(lock, [&] { return *happened || host.let_go; });
  });
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  *event = new CUevent_st;
  return shoal::Hold(*event);
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  FakeHost& host = FakeHost::Get();
  const auto happened = std::make_shared<bool>(false);
  {
    const std::lock_guard lock(host.mutex);
    event->happened = happened;
  }
  FakeStream::Of(stream).Put([&host, happened] {
    const std::lock_guard lock(host.mutex);
    *happened = true;
    host.changed.notify_all();
  });
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  FakeHost& host = FakeHost::Get();
  const std::lock_guard lock(host.mutex);
  return shoal::Return(*event->happened ? cudaSuccess : cudaErrorNotReady);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  shoal::GiveBack(event);
  delete event;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  *pointer = std::calloc(1, bytes);
  return shoal::Hold(*pointer);
}

cudaError_t cudaFree(void* pointer) {
  if (pointer == nullptr) return cudaSuccess;
  shoal::GiveBack(pointer);
  std::free(pointer);
  return cudaSuccess;
}
