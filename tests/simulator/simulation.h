// Simulation: a job of coordinator, servers and workers that lives, as often as it takes, through what a seed has in
// store for it (scenario.h), in virtual time; and is judged after each life (invariants.h).
//
// It stands in for mpirun and for the supervisor that starts a job again from its newest checkpoint. What happens is a
// function of the seed: the same seed gives the same trace.
//
// Thread rule: one simulation at a time in a process.

#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tests/simulator/scenario.h"
#include "worker/worker.h"

namespace shoal {

// What happened, so that a simulator that lets nothing happen shows. Plain numbers: processes add theirs up.
struct SimulationCounts {
  uint64_t seeds = 0, lives = 0, restores = 0, checkpoints = 0, messages = 0, late = 0, lost = 0, strays = 0,
           disk_changes = 0, disk_errors = 0;
  double virtual_seconds = 0;
  std::array<uint64_t, kEvents> events = {};  // By kind.

  void Add(const SimulationCounts& other);
};

struct SimulationOptions {
  bool verbose = false;
  std::string scratch;  // A folder for what the coordinator writes beside its checkpoints; emptied.
  // Puts something else in the place of the workers' parts: a mistake that is to be found.
  std::function<WorkerParts(WorkerParts)> change_workers;
};

struct SimulationResult {
  absl::Status status;  // What is not as it must be: "life 2 of 4, at 3.250 s: ...".
  uint64_t trace = 0;
  SimulationCounts counts;
};

SimulationResult Simulate(uint64_t seed, const SimulationOptions& options);

}  // namespace shoal
