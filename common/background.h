// Background: a function beside the caller's thread, whose result (a StatusOr) is taken without waiting, so that an
// event loop goes on answering meanwhile. An exception becomes an Internal status.
//
// Thread rule: belongs to one thread; the function runs in another, the executor's.

#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "common/executor.h"
#include "common/status.h"

namespace shoal {

template <typename Result>
class Background {
 public:
  // Begins at once. The end of the object waits for the function, which must end by itself or have been told to.
  Background(Executor* executor, std::function<Result()> function)
      : work_(executor->Start([this, function = std::move(function)] {
          Result result = Caught(function);
          const std::lock_guard lock(mutex_);
          result_ = std::move(result);
        })) {}

  // The result, once; nothing while the function is at work or the result was taken.
  std::optional<Result> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(result_, std::nullopt);
  }

 private:
  std::mutex mutex_;  // Guards result_.
  std::optional<Result> result_;
  std::unique_ptr<Executor::Work> work_;  // Last: it uses all of the above.
};

}  // namespace shoal
