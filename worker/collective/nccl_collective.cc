#include "worker/collective/nccl_collective.h"

#include <cuda_runtime_api.h>
#include <nccl.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "common/host.h"
#include "common/log.h"
#include "common/status.h"
#include "worker/collective/byte_exchange.h"
#include "worker/collective/gpu_place.h"
#include "worker/collective/nccl_communicator.h"

namespace shoal {
namespace {

// Of a worker's words to the others before they compute.
constexpr size_t kMostBytes = 1000;
// Sums under way: CUDA's queue of launches holds about a thousand, and blocks without a deadline where it is full.
constexpr int kMostStarted = 256;

class NcclCollective final : public Collective {
 public:
  NcclCollective(int rank, int size, const NcclSettings& settings)
      : settings_(settings), communicator_(rank, size, settings.leave_timeout) {}
  ~NcclCollective() override;

  // Takes the GPU; before all else.
  absl::Status Open();
  // The GPU's number on its bus, of an open collective.
  absl::StatusOr<std::string> BusId() const;
  absl::Status Join(const ncclUniqueId& id) { return communicator_.Join(id, settings_.join_timeout); }

  int rank() const override { return communicator_.rank(); }
  int size() const override { return communicator_.size(); }

  absl::Status AllReduce(std::span<float> values) override {
    RETURN_IF_ERROR(StartAllReduce(values));
    return Wait();
  }

  absl::Status StartAllReduce(std::span<float> values) override {
    if (started_ == kMostStarted) {
      RETURN_IF_ERROR(Wait());
    }
    ++started_;
    return Start("ncclAllReduce", [&] {
      return ncclAllReduce(values.data(), values.data(), values.size(), ncclFloat, ncclSum, communicator_.get(),
                           stream_);
    });
  }

  absl::Status Wait() override {
    started_ = 0;
    return WaitFor("an all-reduce");
  }

  absl::Status AllGather(std::span<const float> mine, std::span<float> all) override {
    if (all.size() != mine.size() * size()) {
      return Internal("all-gather of ", mine.size(), " floats of ", size(), " workers into ", all.size());
    }
    RETURN_IF_ERROR(Start("ncclAllGather", [&] {
      return ncclAllGather(mine.data(), all.data(), mine.size(), ncclFloat, communicator_.get(), stream_);
    }));
    return WaitFor("an all-gather");
  }

  absl::Status Broadcast(std::span<float> values, int root) override {
    RETURN_IF_ERROR(Start("ncclBroadcast", [&] {
      return ncclBroadcast(values.data(), values.data(), values.size(), ncclFloat, root, communicator_.get(), stream_);
    }));
    return WaitFor("a broadcast");
  }

  // A sum of one float that nobody looks at.
  absl::Status Barrier() override {
    RETURN_IF_ERROR(Start("ncclAllReduce", [&] {
      return ncclAllReduce(scratch_, scratch_, 1, ncclFloat, ncclSum, communicator_.get(), stream_);
    }));
    return WaitFor("a barrier");
  }

  void Abort() override { communicator_.Stop(); }

 private:
  // Hands `call` to NCCL for the stream, behind what the producer has been given so far.
  template <typename Call>
  absl::Status Start(std::string_view name, const Call& call) {
    RETURN_IF_ERROR(communicator_.status());
    if (absl::Status ordered = OrderBehindProducer(); !ordered.ok()) return communicator_.End(std::move(ordered));
    return communicator_.Enqueued(call(), name, settings_.timeout);
  }
  absl::Status OrderBehindProducer();
  // Until all that is on the stream is done.
  absl::Status WaitFor(std::string_view what);
  absl::StatusOr<bool> StreamIsDone();
  absl::Status FromCuda(cudaError_t error, std::string_view call) const;

  const NcclSettings settings_;
  NcclCommunicator communicator_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t produced_ = nullptr, done_ = nullptr;
  float* scratch_ = nullptr;  // One, on the GPU.
  int started_ = 0;           // Since the last wait.
};

absl::Status NcclCollective::FromCuda(cudaError_t error, std::string_view call) const {
  if (error == cudaSuccess) return absl::OkStatus();
  return Internal("worker ", rank(), " of ", size(), ": ", call, " on GPU ", settings_.device, ": ",
                  cudaGetErrorString(error), ". nvidia-smi and the kernel's log (dmesg) tell how the GPU is");
}

absl::Status NcclCollective::Open() {
  int gpus = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&gpus); error != cudaSuccess || gpus == 0) {
    return FailedPrecondition("no GPU: ", cudaGetErrorString(error == cudaSuccess ? cudaErrorNoDevice : error),
                              ". Compute on the CPU, or start the workers on hosts with NVIDIA's GPUs and driver");
  }
  if (settings_.device < 0 || settings_.device >= gpus) {
    return FailedPrecondition(
        "GPU ", settings_.device, " is asked for, and there are ", gpus,
        ". Start as many workers on a host as it has GPUs, and see what CUDA_VISIBLE_DEVICES says");
  }
  RETURN_IF_ERROR(FromCuda(cudaSetDevice(settings_.device), "cudaSetDevice"));
  // Beside the default stream, not in turn with it.
  RETURN_IF_ERROR(FromCuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags"));
  for (cudaEvent_t* event : {&produced_, &done_}) {
    RETURN_IF_ERROR(FromCuda(cudaEventCreateWithFlags(event, cudaEventDisableTiming), "cudaEventCreateWithFlags"));
  }
  return FromCuda(cudaMalloc(reinterpret_cast<void**>(&scratch_), sizeof(float)), "cudaMalloc");
}

NcclCollective::~NcclCollective() {
  // Where NCCL has not let go, its kernels may run, and to free memory waits for them: all is left to the process's
  // end.
  if (!communicator_.Leave()) return;
  cudaSetDevice(settings_.device);
  cudaFree(scratch_);
  for (const cudaEvent_t event : {produced_, done_}) {
    if (event != nullptr) cudaEventDestroy(event);
  }
  if (stream_ != nullptr) cudaStreamDestroy(stream_);
}

absl::StatusOr<std::string> NcclCollective::BusId() const {
  char bus_id[32] = "";
  RETURN_IF_ERROR(FromCuda(cudaDeviceGetPCIBusId(bus_id, sizeof bus_id, settings_.device), "cudaDeviceGetPCIBusId"));
  return std::string(bus_id);
}

absl::Status NcclCollective::OrderBehindProducer() {
  // CUDA keeps a current GPU for each thread, and calls come from a backward pass's threads too.
  RETURN_IF_ERROR(FromCuda(cudaSetDevice(settings_.device), "cudaSetDevice"));
  RETURN_IF_ERROR(
      FromCuda(cudaEventRecord(produced_, static_cast<cudaStream_t>(settings_.producer)), "cudaEventRecord"));
  return FromCuda(cudaStreamWaitEvent(stream_, produced_, 0), "cudaStreamWaitEvent");
}

absl::Status NcclCollective::WaitFor(std::string_view what) {
  RETURN_IF_ERROR(communicator_.status());
  const auto record = [&]() -> absl::Status {
    RETURN_IF_ERROR(FromCuda(cudaSetDevice(settings_.device), "cudaSetDevice"));
    return FromCuda(cudaEventRecord(done_, stream_), "cudaEventRecord");
  };
  if (absl::Status recorded = record(); !recorded.ok()) return communicator_.End(std::move(recorded));
  return communicator_.WaitUntil([this] { return StreamIsDone(); }, what, settings_.timeout);
}

absl::StatusOr<bool> NcclCollective::StreamIsDone() {
  const cudaError_t state = cudaEventQuery(done_);
  if (state == cudaErrorNotReady) {
    // CUDA keeps it as the thread's last error, which the next kernel's owner would take for its own.
    cudaGetLastError();
    return false;
  }
  RETURN_IF_ERROR(FromCuda(state, "an earlier call, seen by cudaEventQuery,"));
  return true;
}

// What tells hosts apart: as NCCL has it, whose users give workers of one host hosts of their own by this variable.
std::string NcclHostId() {
  const char* const given = std::getenv("NCCL_HOSTID");
  return given == nullptr ? HostId() : given;
}

// Opens the GPU of each worker, and sees that each has one of its own.
absl::Status OpenGpus(Collective* bootstrap, NcclCollective* collective) {
  GpuPlace own{.host_id = NcclHostId(), .host_name = HostName()};
  if (const absl::Status opened = collective->Open(); !opened.ok()) {
    own.trouble = ToStd(opened.message());
  } else if (const auto bus_id = collective->BusId(); !bus_id.ok()) {
    own.trouble = ToStd(bus_id.status().message());
  } else {
    own.bus_id = *bus_id;
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> texts, GatherBytes(bootstrap, own.ToText(), kMostBytes));
  std::vector<GpuPlace> places;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(places.emplace_back(), GpuPlace::FromText(text));
  }
  return CheckPlaces(places);
}

// NCCL's id of a new communicator, made by worker 0.
absl::StatusOr<ncclUniqueId> ShareId(Collective* bootstrap) {
  ncclUniqueId id = {};
  std::string trouble;
  if (bootstrap->rank() == 0) {
    const ncclResult_t result = ncclGetUniqueId(&id);
    // Nothing stands for an error: worker 0 tells what it is.
    if (result != ncclSuccess) trouble = Cat(ncclGetErrorString(result), ": ", ncclGetLastError(nullptr));
  }
  const std::string_view bytes(id.internal, trouble.empty() ? sizeof id.internal : 0);
  ASSIGN_OR_RETURN(const std::string shared, BroadcastBytes(bootstrap, bytes, sizeof id.internal, /*root=*/0));
  if (shared.size() != sizeof id.internal) {
    return Unavailable("worker 0 could not make NCCL's id, ncclGetUniqueId: ",
                       trouble.empty() ? "its own last line says why" : trouble);
  }
  shared.copy(id.internal, sizeof id.internal);
  return id;
}

// How joining went for each worker, from how it went for this one: all go on, or none.
absl::Status AgreeOnJoining(Collective* bootstrap, const absl::Status& own) {
  // At once: the others may be waiting for this worker until their deadline, and are heard after that.
  if (!own.ok()) LogError(ToStd(own.message()));
  // Whoever waited, or lost another, follows from what someone else met.
  constexpr char kCause = 'c', kFollows = 'f';
  std::string text;
  if (!own.ok()) {
    const bool follows = absl::IsDeadlineExceeded(own) || absl::IsUnavailable(own);
    text = follows ? kFollows : kCause;
    text += ToStd(own.message());
  }
  const auto gathered = GatherBytes(bootstrap, text, kMostBytes);
  if (!gathered.ok()) return own.ok() ? gathered.status() : own;
  std::vector<std::string> causes, following;
  for (const std::string& of : *gathered) {
    if (!of.empty()) (of[0] == kCause ? causes : following).push_back(of.substr(1));
  }
  if (!causes.empty()) {
    return Internal(causes.size(), " of ", gathered->size(),
                    " workers did not join NCCL's communicator: ", FirstOf(causes));
  }
  if (!following.empty()) {
    return DeadlineExceeded(following.size(), " of ", gathered->size(),
                            " workers waited in vain for NCCL's communicator, and none met an error of its own. Check "
                            "that their hosts reach each other (NCCL_SOCKET_IFNAME names the network that NCCL takes); "
                            "NCCL_DEBUG=INFO tells more. ",
                            FirstOf(following));
  }
  return absl::OkStatus();
}

}  // namespace

bool BuildHasNccl() { return true; }

absl::StatusOr<std::unique_ptr<Collective>> MakeNcclCollective(Collective* bootstrap, const NcclSettings& settings) {
  auto collective = std::make_unique<NcclCollective>(bootstrap->rank(), bootstrap->size(), settings);
  RETURN_IF_ERROR(OpenGpus(bootstrap, collective.get())) << "the workers' GPUs";
  ASSIGN_OR_RETURN(const ncclUniqueId id, ShareId(bootstrap));
  RETURN_IF_ERROR(AgreeOnJoining(bootstrap, collective->Join(id)));
  return collective;
}

}  // namespace shoal
