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
    kMissing,  // Does not run.
  };
  std::string subject;
  Verdict verdict = kGood;
  std::string what;
  std::string cure;  // Empty where all is good.
};

std::vector<Finding> Examine(const Installation& installation, Clock& clock);

// A line for each finding, and its cure below it.
std::string DescribeFindings(const std::vector<Finding>& findings);

}  // namespace shoal
