#include "common/executor.h"

#include <thread>
#include <utility>

namespace shoal {
namespace {

class ThreadExecutor final : public Executor {
 public:
  std::unique_ptr<Work> Start(std::function<void()> function) override {
    return std::make_unique<Thread>(std::move(function));
  }

 private:
  class Thread final : public Work {
   public:
    explicit Thread(std::function<void()> function) : thread_(std::move(function)) {}

   private:
    std::jthread thread_;
  };
};

}  // namespace

Executor& Executor::Threads() {
  static ThreadExecutor* executor = new ThreadExecutor;
  return *executor;
}

}  // namespace shoal
