#include "coordinator/preparation.h"

#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/background.h"
#include "common/status.h"

namespace shoal {
class Preparation::Shared {
 public:
  Shared(Executor* executor, const job::Job& job, std::string cache_directory, PrepareFunction prepare)
      : outcome_(executor, [this, job, cache_directory = std::move(cache_directory), prepare = std::move(prepare)] {
          return prepare(job, cache_directory,
                         [this](double fraction, std::string_view phase) { return GoOn(fraction, phase); });
        }) {}

  ~Shared() {
    const std::lock_guard lock(mutex_);
    give_up_ = true;
  }

  std::optional<absl::StatusOr<PreparedData>> Take() { return outcome_.Take(); }

  std::string Describe() const {
    const std::lock_guard lock(mutex_);
    if (phase_.empty()) return "";
    return Cat(phase_, ", ", absl::StrFormat("%.0f %%", 100 * fraction_));
  }

 private:
  bool GoOn(double fraction, std::string_view phase) {
    const std::lock_guard lock(mutex_);
    fraction_ = fraction;
    phase_ = phase;
    return !give_up_;
  }

  mutable std::mutex mutex_;  // Guards what stands between it and the outcome.
  bool give_up_ = false;
  double fraction_ = 0;
  std::string phase_;
  Background<absl::StatusOr<PreparedData>> outcome_;  // Last: its thread uses all of the above.
};

Preparation::Preparation(Executor* executor, const job::Job& job, std::string cache_directory, PrepareFunction prepare)
    : shared_(std::make_unique<Shared>(executor, job, std::move(cache_directory), std::move(prepare))) {}

Preparation::~Preparation() = default;

std::optional<absl::StatusOr<PreparedData>> Preparation::Take() { return shared_->Take(); }

std::string Preparation::Describe() const { return shared_->Describe(); }

}  // namespace shoal
