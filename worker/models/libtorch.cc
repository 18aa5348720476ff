#include "worker/models/libtorch.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include "common/json.h"
#include "worker/models/gpus.h"
#include "worker/models/learner_settings.h"

namespace shoal {

std::string LibTorchFacts::Json() const {
  JsonWriter json;
  json.BeginObject().Key("version").String(version).Key("file").String(file);
  json.Key("cuda").Bool(cuda).Key("gpus").Number(gpus).Key("nccl").Bool(nccl);
  json.Key("quick_bfloat16").Bool(quick_bfloat16).EndObject();
  return json.text() + "\n";
}

LibTorchFacts InspectLibTorch(bool nccl) {
  LibTorchFacts facts{.version = TORCH_VERSION,
                      .cuda = BuildHasCuda(),
                      .gpus = Gpus(),
                      .nccl = nccl,
                      .quick_bfloat16 = CpuIsQuickWithBfloat16()};
  // Any function of the library.
  Dl_info info;
  if (::dladdr(reinterpret_cast<const void*>(&at::get_num_threads), &info) != 0) facts.file = info.dli_fname;
  return facts;
}

}  // namespace shoal
