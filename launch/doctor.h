// The doctor's checks: what this machine has, lacks, or could do better for shoal, each with its cure.
//
// Thread rule: main's thread; checks start programs and wait for them, each with a deadline.

#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "launch/installation.h"

namespace shoal {

struct Finding {
  enum Verdict {
    kGood,
    kSlower,   // Runs, but could do better.
    kPartly,   // Some jobs run, others do not.
    kMissing,  // Does not run.
  };
  std::string subject;
  Verdict verdict = kGood;
  std::string what;
  std::string cure;  // Empty where all is good.
};

std::vector<Finding> Examine(const Installation& installation, Clock& clock);

// Of what trains image encoders, which words need none of. `device_is_here`: the machine has an NVIDIA GPU.
std::vector<Finding> ExamineImageEncoders(const Installation& installation, Clock& clock, bool device_is_here);

// A line for each finding, and its cure below it.
std::string DescribeFindings(const std::vector<Finding>& findings);

}  // namespace shoal
