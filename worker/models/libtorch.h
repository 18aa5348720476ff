// LibTorchFacts: which LibTorch this program runs with, and on which GPUs, for those who ask what a machine can train.
//
// Thread rule: functions are safe from any thread.

#pragma once

#include <string>

namespace shoal {

struct LibTorchFacts {
  std::string version;          // Of the headers that this program was built with: "2.11.0".
  std::string file;             // The library that was loaded.
  bool cuda = false;            // BuildHasCuda.
  int gpus = 0;                 // Of this host, that it can compute on.
  bool nccl = false;            // Whether workers on GPUs can sum, which NCCL does.
  bool quick_bfloat16 = false;  // CpuIsQuickWithBfloat16.

  // One JSON object, a line, with the fields' names.
  std::string Json() const;
};

// `nccl`: what this program's collectives know.
LibTorchFacts InspectLibTorch(bool nccl);

}  // namespace shoal
