// Scenario: what a seed has in store for a job: its size, its network and disk, and what befalls each of its lives.
//
// A life with a blow is expected to end early; one with mere mishaps is expected to end well, as shoal promises to
// survive them: a process paused for a second, a full disk, messages that are late or lost on the way to a row.
//
// Thread rule: values.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/job.pb.h"
#include "tests/simulator/disk.h"
#include "tests/simulator/network.h"

namespace shoal {

enum class Event {
  // Blows.
  kKill,       // A process dies by SIGKILL.
  kPowerLoss,  // All processes die, and the disk keeps what was synced.
  kLongPause,  // A process stands still for longer than heartbeats.dead_after_seconds.
  kLongCut,    // A host is cut off for as long.
  kStop,       // The user stops the job with a last checkpoint.
  kReadError,  // The disk cannot read.
  kDamage,     // Before the life a byte of the newest checkpoint rots, where there is one to fall back on.
  // Mishaps.
  kShortPause,
  kCheckpoint,  // The user asks for a checkpoint.
  kDiskFull,
  kWriteError,
  kSyncError,
};
inline constexpr int kEvents = 12;

std::string NameOf(Event event);
inline bool IsBlow(Event event) { return event <= Event::kDamage; }
// It befalls an operation of the disk rather than a moment.
inline bool IsOfDisk(Event event) { return event == Event::kReadError || event >= Event::kDiskFull; }

// An event, and when it comes: at a moment of the life, at the change of the disk of that number, or at the message of
// that number, whichever is not kNever.
struct PlannedEvent {
  static constexpr uint64_t kNever = UINT64_MAX;

  Event event = Event::kKill;
  uint64_t at_change = kNever;
  uint64_t at_message = kNever;
  Scheduler::Nanos at_time = Scheduler::kForever;

  uint32_t victim = 0;  // Modulo the ranks.
  Scheduler::Nanos duration = 0;
  // Whether mpirun sees a death, tells the coordinator and ends what is left, or nobody does.
  bool seen = false;
};

struct LifePlan {
  uint32_t servers = 1, workers = 1;
  NetworkConditions network;
  DiskConditions disk;
  std::vector<PlannedEvent> events;

  bool expected_to_end_well() const;
};

struct Scenario {
  explicit Scenario(uint64_t seed);

  uint64_t seed = 0;
  uint64_t items = 0, items_of_a_unit = 0;
  absl::Duration step_time;
  job::Job job;                 // Without the number of servers and workers.
  std::vector<LifePlan> lives;  // The last is expected to end well.
};

}  // namespace shoal
