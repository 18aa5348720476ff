// LibTorchFacts: which LibTorch this program runs with, for those who ask what a machine can train.
//
// Thread rule: functions are safe from any thread.

#pragma once

#include <string>

namespace shoal {

struct LibTorchFacts {
  std::string version;          // Of the headers that this program was built with: "2.11.0".
  std::string file;             // The library that was loaded.
  int gpus = 0;                 // That it can compute on.
  bool quick_bfloat16 = false;  // CpuIsQuickWithBfloat16.

  // One JSON object, a line, with the fields' names.
  std::string Json() const;
};

LibTorchFacts InspectLibTorch();

}  // namespace shoal
