// Exit codes of shoal's programs, and of the roles that mpirun starts, whose first one becomes mpirun's.

#pragma once

namespace shoal {

// kUsedWrongly: the command line or the job. kStopped: by a signal, and the same command goes on from a checkpoint.
inline constexpr int kDone = 0, kFailed = 1, kUsedWrongly = 2, kStopped = 3;

// Of a role that ended its job because another was silent: to start the job again may well help. It is asked for where
// the coordinator, whose result.json would say so, is the silent one. EX_TEMPFAIL of sysexits.h.
inline constexpr int kPeerLost = 75;

}  // namespace shoal
