// FakeGpus: what stands behind the fake CUDA runtime and the fake libnccl of this folder: GPUs whose memory is the
// host's, and workers that are threads of one process. It delays, fails and hangs as a test says.
//
// As with the real ones, work goes on streams and is done later, in each stream's order; NCCL's calls return before
// they are done, first calls even before they are on their stream; a call whose peer is missing, or that failed, keeps
// its stream busy until the communicator is aborted; an aborted communicator is a remote error to its peers.
//
// Thread rule: one FakeGpus at a time; it begins before the first call of CUDA or NCCL and ends after the last. The
// functions are safe from any thread.

#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace shoal {

// How NCCL treats the worker of a rank.
struct FakeNcclWorker {
  int looks_until_joined = 2;    // Looks at the communicator's state that find it in progress, at least.
  bool never_joins = false;      // It stays in progress.
  std::string join_failure;      // NCCL's last error of a joining that fails; empty: it does not.
  int looks_until_enqueued = 0;  // Likewise in progress, of the first call.
  int failing_call = -1;         // Call by number, from 0, that fails behind it, with a system error.
  std::string failure;           // NCCL's last error then.
  int hanging_call = -1;         // Call that this worker never brings its values to.
  bool abort_hangs = false;
};

struct FakeGpuSettings {
  std::vector<std::string> bus_ids;  // The GPUs of the host; none: no driver either.
  std::map<int, FakeNcclWorker> workers;
};

class FakeGpus {
 public:
  explicit FakeGpus(FakeGpuSettings settings);
  // Lets all go that hangs.
  ~FakeGpus();
  FakeGpus(const FakeGpus&) = delete;
  FakeGpus& operator=(const FakeGpus&) = delete;

  // NCCL's functions that worker `rank` called for its communicator, in order; sums, gathers and broadcasts with their
  // counts: "ncclAllReduce 5".
  std::vector<std::string> CallsOf(int rank) const;
  // Communicators, streams, events and memory that were taken and not given back.
  int Held() const;
  // Ends the waiting of whatever hangs.
  void LetGo();

  // Puts `work` on the stream of this thread's device; null: the default one.
  static void Put(cudaStream_t stream, std::function<void()> work);
};

}  // namespace shoal
