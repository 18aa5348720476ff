// Machine: what this machine has that a job needs: cores, memory, shared memory, MPI.
//
// Thread rule: Inspect from any thread; the rest is a value.

#pragma once

#include <cstdint>
#include <string>

namespace shoal {

// The larger size of pages on x86-64, and the usual one elsewhere.
inline constexpr uint64_t kHugePageBytes = uint64_t{2} << 20;

// That this process may run on: its affinity, and its control group's quota.
uint32_t CoresToUse();

struct Machine {
  uint32_t cores = 1;             // CoresToUse.
  uint64_t memory_bytes = 0;      // That a job may take: free, and within the control group's limit.
  std::string memory_limited_by;  // "the machine's free memory" or "what the control group's limit leaves".
  bool is_root = false;
  bool reads_peers = false;  // process_vm_readv is allowed, with which Open MPI copies large messages in one go.

  static Machine Inspect();
};

}  // namespace shoal
