#include "worker/models/libtorch.h"

#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include "common/json.h"
#include "worker/models/learner_settings.h"

namespace shoal {

std::string LibTorchFacts::Json() const {
  JsonWriter json;
  json.BeginObject().Key("version").String(version).Key("file").String(file).Key("gpus").Number(gpus);
  json.Key("quick_bfloat16").Bool(quick_bfloat16).EndObject();
  return json.text() + "\n";
}

LibTorchFacts InspectLibTorch() {
  LibTorchFacts facts{.version = TORCH_VERSION, .quick_bfloat16 = CpuIsQuickWithBfloat16()};
  const auto& cuda = at::detail::getCUDAHooks();
  if (cuda.hasCUDA()) facts.gpus = cuda.getNumGPUs();
  // Any function of the library.
  Dl_info info;
  if (::dladdr(reinterpret_cast<const void*>(&at::get_num_threads), &info) != 0) facts.file = info.dli_fname;
  return facts;
}

}  // namespace shoal
