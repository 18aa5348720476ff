// Background: a function in a thread of its own, whose result (a StatusOr) is taken without waiting, so that an
// event loop goes on answering meanwhile. An exception becomes an Internal status.
//
// Thread rule: belongs to one thread; the function runs in the other.

#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "common/status.h"

namespace shoal {

template <typename Result>
class Background {
 public:
  // Begins at once.
  explicit Background(std::function<Result()> function)
      : thread_([this, function = std::move(function)] {
          Result result = Caught(function);
          const std::lock_guard lock(mutex_);
          result_ = std::move(result);
        }) {}
  // Waits for the function, which must end by itself or have been told to.
  ~Background() { thread_.join(); }

  // The result, once; nothing while the function is at work or the result was taken.
  std::optional<Result> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(result_, std::nullopt);
  }

 private:
  std::mutex mutex_;  // Guards result_.
  std::optional<Result> result_;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace shoal
