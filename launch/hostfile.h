// Hostfile: what `placement.hostfile` says, as far as shoal looks at it before mpirun does: whether its lines have the
// form that Open MPI takes ("NAME slots=N", # begins a comment), and whether the processes of a job fit.
//
// Thread rule: safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shoal {

// Appends to `mistakes` a line for each wrong line of the file at `path`, for a file that names no host, and where all
// hosts tell their slots but have fewer than `processes`. What mpirun can tell only by asking the hosts is left to it.
void CheckHostfile(const std::string& path, uint64_t processes, std::vector<std::string>* mistakes);

}  // namespace shoal
