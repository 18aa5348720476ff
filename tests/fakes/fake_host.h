// FakeHost: the state that the fake CUDA runtime and the fake libnccl share, behind one lock.
//
// Thread rule: members are read and changed with `mutex` held; `changed` tells of every change that someone may wait
// for.

#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/fakes/fake_gpus.h"

namespace shoal {

struct FakeHost {
  static FakeHost& Get();

  std::mutex mutex;
  std::condition_variable changed;
  FakeGpuSettings settings;
  bool let_go = false;                            // Whatever hangs ends.
  std::map<int, std::vector<std::string>> calls;  // Of NCCL, by rank.
  std::set<const void*> held;                     // Communicators, streams, events, memory.
  size_t held_before = 0;                         // By an earlier FakeGpus, which nobody gave back.
  int communicators = 0;
  unsigned ids = 0;  // NCCL's, given out.
};

// A stream of a device: a thread that does what it is given, in order.
class FakeStream {
 public:
  FakeStream();
  // When all that was given is done.
  ~FakeStream();
  FakeStream(const FakeStream&) = delete;
  FakeStream& operator=(const FakeStream&) = delete;

  void Put(std::function<void()> work);
  // Stream null is the default one of this thread's device.
  static FakeStream& Of(cudaStream_t stream);

 private:
  class Queue;
  const std::shared_ptr<Queue> queue_;
};

// Ends all streams. Nothing may hang then.
void EndFakeStreams();

}  // namespace shoal
