// RecyclingAllocator: keeps the memory of large tensors that are freed for those of the next step.
//
// A training step frees all activations and asks for the same sizes again. malloc gives such memory back to the system,
// and each page of it is cleared and mapped anew at its first touch: that took a sixth of a step of the small net.
// Blocks are kept by their size; they lie on huge pages where the kernel has them.
//
// What is kept and what is in use stay, together, within 1.5 times the most that was in use at once: where sizes
// change, memory of the old ones goes back to the system.
//
// Thread rule: safe from any thread. There is one in a process, which all of Torch uses; it is never destroyed, as
// tensors may outlive main.

#pragma once

#include <cstdint>

namespace shoal {

struct RecycledMemory {
  uint64_t bytes_in_use = 0;  // Of large tensors.
  uint64_t bytes_kept = 0;
  uint64_t most_in_use = 0;
  uint64_t taken_from_system = 0;  // Blocks, ever.
};

// Makes Torch take memory for tensors on the CPU from here on; later calls do nothing. Tensors made before are freed as
// they were made.
void RecycleTensorMemory();

RecycledMemory TensorMemory();

}  // namespace shoal
