#include "worker/collective/in_process_collective.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "common/status.h"

namespace shoal {

// Where the workers meet: each brings its floats; when all are there, the last computes what they leave with.
class InProcessCollectiveGroup::Meeting {
 public:
  using Combine = std::function<std::vector<float>(const std::vector<std::vector<float>>&)>;

  Meeting(int size, absl::Duration timeout)
      : size_(size), timeout_(absl::ToChronoNanoseconds(timeout)), brought_(size) {}

  int size() const { return size_; }

  absl::StatusOr<std::vector<float>> Meet(int rank, std::vector<float> values, const Combine& combine) {
    std::unique_lock lock(mutex_);
    brought_[rank] = std::move(values);
    const uint64_t meeting = number_;
    if (++here_ == size_) {
      result_ = combine(brought_);
      here_ = 0;
      ++number_;
      changed_.notify_all();
    }
    const bool met = changed_.wait_for(lock, timeout_, [&] { return number_ != meeting || broken_; });
    if (number_ != meeting) return result_;
    if (met) return Aborted("another worker left in the middle of a collective call");
    broken_ = true;
    changed_.notify_all();
    return DeadlineExceeded("worker ", rank, " waited for ", size_ - here_, " of ", size_, " workers");
  }

  void Break() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
    changed_.notify_all();
  }

 private:
  const int size_;
  const std::chrono::nanoseconds timeout_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<float>> brought_;
  std::vector<float> result_;  // Read by all before the next meeting can end, as each must come to that first.
  int here_ = 0;
  uint64_t number_ = 0;
  bool broken_ = false;
};

class InProcessCollectiveGroup::Member final : public Collective {
 public:
  Member(std::shared_ptr<Meeting> meeting, int rank) : meeting_(std::move(meeting)), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return meeting_->size(); }

  absl::Status AllReduce(std::span<float> values) override { return MeetInto(values, values, &Sum); }
  absl::Status StartAllReduce(std::span<float> values) override { return AllReduce(values); }
  absl::Status Wait() override { return absl::OkStatus(); }
  absl::Status AllGather(std::span<const float> mine, std::span<float> all) override {
    return MeetInto(mine, all, [](const auto& brought) {
      std::vector<float> joined;
      for (const auto& values : brought) joined.insert(joined.end(), values.begin(), values.end());
      return joined;
    });
  }
  absl::Status Broadcast(std::span<float> values, int root) override {
    return MeetInto(values, values, [root](const auto& brought) { return brought[root]; });
  }
  absl::Status Barrier() override {
    return MeetInto({}, {}, [](const auto&) { return std::vector<float>(); });
  }
  void Abort() override { meeting_->Break(); }

 private:
  static std::vector<float> Sum(const std::vector<std::vector<float>>& brought) {
    std::vector<float> sum = brought[0];
    for (size_t rank = 1; rank < brought.size(); ++rank) {
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += brought[rank][i];
    }
    return sum;
  }

  absl::Status MeetInto(std::span<const float> mine, std::span<float> out, const Meeting::Combine& combine) {
    ASSIGN_OR_RETURN(const std::vector<float> result, meeting_->Meet(rank_, {mine.begin(), mine.end()}, combine));
    if (result.size() != out.size()) return Internal("workers met with spans of different sizes");
    std::copy(result.begin(), result.end(), out.begin());
    return absl::OkStatus();
  }

  const std::shared_ptr<Meeting> meeting_;
  const int rank_;
};

InProcessCollectiveGroup::InProcessCollectiveGroup(int size, absl::Duration timeout)
    : meeting_(std::make_shared<Meeting>(size, timeout)) {}

InProcessCollectiveGroup::~InProcessCollectiveGroup() = default;

std::unique_ptr<Collective> InProcessCollectiveGroup::member(int rank) {
  return std::make_unique<Member>(meeting_, rank);
}

}  // namespace shoal
