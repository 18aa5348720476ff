// ThreadGroup: workers as threads of a test, whose sums and gathers meet at a barrier.
//
// Sums are in the order of ranks. Thread rule: each rank's WorkerGroup is used by one thread.

#pragma once

#include <algorithm>
#include <barrier>
#include <functional>
#include <thread>
#include <vector>

#include "worker/models/worker_group.h"

namespace shoal {

class ThreadGroup {
 public:
  explicit ThreadGroup(int size) : size_(size), barrier_(size), spans_(size) {}

  // Runs `work(group)` on a thread for each rank, and waits for all.
  void Run(const std::function<void(const WorkerGroup&)>& work) {
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size_; ++rank) threads.emplace_back([&, rank] { work(GroupOf(rank)); });
    for (std::thread& thread : threads) thread.join();
  }

  int buckets() const { return buckets_; }  // Of gradients, that rank 0 began to sum.

 private:
  WorkerGroup GroupOf(int rank) {
    WorkerGroup group{.rank = rank, .size = size_};
    group.sum = [this, rank](std::span<float> values) { return Sum(rank, values); };
    group.gather = [this, rank](std::span<const float> own, std::span<float> all) { return Gather(rank, own, all); };
    group.begin_gradients = [this, rank](std::span<float> bucket) {
      if (rank == 0) ++buckets_;
      return Sum(rank, bucket);
    };
    group.finish_gradients = [] { return absl::OkStatus(); };
    return group;
  }

  absl::Status Sum(int rank, std::span<float> values) {
    spans_[rank] = values;
    barrier_.arrive_and_wait();
    std::vector<float> sums(values.size());
    for (const std::span<const float> of : spans_) {
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += of[i];
    }
    barrier_.arrive_and_wait();
    std::ranges::copy(sums, values.begin());
    return absl::OkStatus();
  }

  absl::Status Gather(int rank, std::span<const float> own, std::span<float> all) {
    spans_[rank] = own;
    barrier_.arrive_and_wait();
    auto at = all.begin();
    for (const std::span<const float> of : spans_) at = std::ranges::copy(of, at).out;
    barrier_.arrive_and_wait();
    return absl::OkStatus();
  }

  const int size_;
  std::barrier<> barrier_;
  std::vector<std::span<const float>> spans_;
  int buckets_ = 0;
};

}  // namespace shoal
