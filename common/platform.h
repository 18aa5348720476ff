// Platform: what a role takes of the machine that it runs on, passed in so that tests can break it: time, files, and
// threads beside its own. Its messages travel by an Endpoint (common/transport/endpoint.h).
//
// Thread rule: values; owns nothing of what it points at, which outlives the roles.

#pragma once

#include "common/clock.h"
#include "common/executor.h"
#include "common/file_system.h"

namespace shoal {

struct Platform {
  Clock* clock;
  FileSystem* files;  // Of checkpoints.
  Executor* executor;

  // The machine's own.
  static Platform Real() { return {&Clock::Real(), &FileSystem::Real(), &Executor::Threads()}; }
};

}  // namespace shoal
