#include "worker/models/gpus.h"

#include <ATen/Context.h>
#include <c10/core/DeviceGuard.h>
#include <dlfcn.h>

#include "common/status.h"

namespace shoal {
namespace {

// LibTorch's half for GPUs, which announces itself to the other when it is loaded; that asks once only, so it is loaded
// before anything is computed. It is not linked: a program has the thread-local storage of what it is linked to on the
// stack of each of its threads, and that of CUDA's libraries is more than the 100 KB that civetweb, by which metrics
// are served, gives a thread.
bool LoadCuda() {
  static const bool loaded = ::dlopen("libtorch_cuda.so", RTLD_NOW) != nullptr;
  return loaded;
}

}  // namespace

bool BuildHasCuda() { return LoadCuda() && at::Context::hasCUDART(); }

int Gpus() { return BuildHasCuda() ? static_cast<int>(at::getNumGPUs()) : 0; }

absl::Status CheckGpu(int gpu) {
  if (!BuildHasCuda()) {
    return FailedPrecondition(
        "this build's LibTorch has no CUDA; use encoder.device CPU or ANY, or bring the one that has "
        "(launch/install --torch=cuda, then launch/build)");
  }
  const int gpus = Gpus();
  if (gpus == 0) {
    return FailedPrecondition(
        "this host has no GPU that CUDA can use (nvidia-smi tells of them); use encoder.device CPU or ANY");
  }
  if (gpu < 0 || gpu >= gpus) {
    return FailedPrecondition("GPU ", gpu, " is asked for, but this host has ", gpus,
                              "; start at most as many workers on a host as it has GPUs, and let each see all of them "
                              "(CUDA_VISIBLE_DEVICES unset, or the same for all), or use encoder.device CPU");
  }
  return absl::OkStatus();
}

void SetUpGpus() {
  at::Context& context = at::globalContext();
  // Each by its name: TF32 is what convolutions begin with, whatever is said of all.
  for (const at::Float32Op op : {at::Float32Op::CONV, at::Float32Op::MATMUL}) {
    context.setFloat32Precision(at::Float32Backend::CUDA, op, at::Float32Precision::IEEE);
  }
  context.setBenchmarkCuDNN(true);
}

bool GpuIsQuickWithBfloat16(int gpu) {
  const c10::DeviceGuard guard(at::Device(at::kCUDA, static_cast<at::DeviceIndex>(gpu)));
  return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
}

}  // namespace shoal
