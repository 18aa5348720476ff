// StepThread: a thread that computes one thing after the other, so that the worker's own goes on hearing the
// coordinator while a step takes longer than a heartbeat.
//
// One thread for all steps, as the libraries that compute keep threads and memory for each thread that calls them.
//
// Thread rule: Begin and Done belong to one thread; what is begun runs in the other.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/status.h"

namespace shoal {

class StepThread {
 public:
  StepThread() : thread_([this] { Run(); }) {}

  // Waits for what was begun, which must end by itself or have been told to.
  ~StepThread() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  // Nothing may be under way.
  void Begin(std::function<absl::Status()> function) {
    {
      const std::lock_guard lock(mutex_);
      function_ = std::move(function);
    }
    changed_.notify_all();
  }

  // The outcome of what was begun, once, or nothing where it is not there by `timeout`.
  std::optional<absl::Status> Done(absl::Duration timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout), [this] { return outcome_.has_value(); });
    return std::exchange(outcome_, std::nullopt);
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stop_ || function_; });
      if (!function_) return;
      const std::function<absl::Status()> function = std::exchange(function_, nullptr);
      lock.unlock();
      absl::Status outcome = Caught(function);
      lock.lock();
      outcome_ = std::move(outcome);
      changed_.notify_all();
    }
  }

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  std::function<absl::Status()> function_;
  std::optional<absl::Status> outcome_;
  bool stop_ = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace shoal
