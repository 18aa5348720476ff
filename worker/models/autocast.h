// Autocast: Torch's operators compute in the precision that each is fit for, as long as it lives.
//
// Its header of Torch's brings every operator there is, half a minute of compiling: so it is seen by one unit.
//
// Thread rule: of the thread that makes it, which ends it too.

#pragma once

#include <c10/core/DeviceType.h>

#include "worker/models/learner_settings.h"

namespace shoal {

class Autocast {
 public:
  // With kFloat32 nothing changes.
  Autocast(Precision precision, c10::DeviceType device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

  // Whether one of the CPU lives in this thread.
  static bool OnCpu();

 private:
  const bool applies_;
  const c10::DeviceType device_;
};

}  // namespace shoal
