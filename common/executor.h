// Executor: how a role has something done beside its own thread, passed in so that tests can decide when that happens.
//
// Thread rule: safe from any thread; the work of one Start runs beside that of any other.

#pragma once

#include <functional>
#include <memory>

namespace shoal {

class Executor {
 public:
  // Work that was started; its end waits for the work's.
  class Work {
   public:
    virtual ~Work() = default;
  };

  virtual ~Executor() = default;

  // Begins `function` at once, which ends by itself or when it is told to, and does not throw.
  virtual std::unique_ptr<Work> Start(std::function<void()> function) = 0;

  // A thread for each.
  static Executor& Threads();
};

}  // namespace shoal
