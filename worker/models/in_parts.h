// InParts: a loop over pictures or rows, a part of it on each of Torch's threads.
//
// The parts depend on the count and on the number of threads alone, so sums of theirs that are added up in their order
// have the same bits each time.
//
// Thread rule: called by the owner of Torch's threads. It throws as Torch does.

#pragma once

#ifndef _OPENMP
#error "at::parallel_for runs on one thread where a file is compiled without OpenMP: see this folder's CMakeLists.txt"
#endif

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

namespace shoal {

// Of so many, with one in each at least; `most`: where each part costs memory.
inline int64_t PartsOf(int64_t count, int64_t most = INT64_MAX) {
  return std::clamp<int64_t>(std::min<int64_t>(at::get_num_threads(), most), 1, std::max<int64_t>(count, 1));
}

// Calls work(part, begin, end) for all `parts` of [0, count), which go on at the same time.
template <typename Work>
void InParts(int64_t count, int64_t parts, const Work& work) {
  if (parts == 1) return work(int64_t{0}, int64_t{0}, count);
  at::parallel_for(0, parts, /*grain_size=*/1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) work(part, count * part / parts, count * (part + 1) / parts);
  });
}

}  // namespace shoal
