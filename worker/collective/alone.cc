#include <algorithm>
#include <atomic>

#include "common/status.h"
#include "worker/collective/collective.h"

namespace shoal {
namespace {

class Alone final : public Collective {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  absl::Status AllReduce(std::span<float>) override { return Wait(); }
  absl::Status StartAllReduce(std::span<float>) override { return Wait(); }
  absl::Status Wait() override { return aborted_ ? Aborted("the worker was told to stop") : absl::OkStatus(); }
  absl::Status AllGather(std::span<const float> mine, std::span<float> all) override {
    std::copy(mine.begin(), mine.end(), all.begin());
    return Wait();
  }
  absl::Status Broadcast(std::span<float>, int) override { return Wait(); }
  absl::Status Barrier() override { return Wait(); }
  void Abort() override { aborted_ = true; }

 private:
  std::atomic<bool> aborted_ = false;
};

}  // namespace

std::unique_ptr<Collective> MakeCollectiveOfOne() { return std::make_unique<Alone>(); }

}  // namespace shoal
