// What two cores of this machine are to each other: the control beside every figure of "2 workers to 1".
//
//   build/bin/cores_bench
//
// Prints a line of JSON. `registers` is how much more two threads get done than one, of arithmetic that never leaves
// the registers: below 2, the cores are shared with somebody (a sibling hyper-thread, another guest of the host).
// `transfer_nanoseconds` is how long a cache line takes from one core to the other: some 20 to 80 where they share a
// last-level cache, 100 and more where they don't. On a virtual machine both change from second to second, as the host
// moves its guests about. Medians.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/timing.h"
#include "benchmark/benchmark.h"

namespace shoal {
namespace {

constexpr int kRounds = 5;
constexpr double kSliceSeconds = 0.02;
constexpr int kTransfers = 10'000;

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Repetitions a second of a chain of multiply-adds.
double RegisterRate() {
  constexpr int kChains = 40, kSteps = 2000;
  float chains[kChains] = {};
  const auto start = std::chrono::steady_clock::now();
  uint64_t repetitions = 0;
  for (; SecondsSince(start) < kSliceSeconds; ++repetitions) {
    for (int step = 0; step < kSteps; ++step) {
      for (float& chain : chains) chain = chain * 0.999f + 0.5f;
    }
    benchmark::DoNotOptimize(chains);
  }
  return repetitions / SecondsSince(start);
}

double RegisterRateOfTwo() {
  double other = 0;
  std::thread thread([&] { other = RegisterRate(); });
  const double mine = RegisterRate();
  thread.join();
  return mine + other;
}

// One way. The line goes back and forth, each side waiting for the other's number.
double TransferNanoseconds() {
  alignas(128) static std::atomic<int> line;
  line = 0;
  std::thread thread([] {
    for (int i = 0; i < kTransfers; ++i) {
      while (line.load(std::memory_order_acquire) != 2 * i + 1) {
      }
      line.store(2 * i + 2, std::memory_order_release);
    }
  });
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kTransfers; ++i) {
    line.store(2 * i + 1, std::memory_order_release);
    while (line.load(std::memory_order_acquire) != 2 * i + 2) {
    }
  }
  const double seconds = SecondsSince(start);
  thread.join();
  return seconds / (2 * kTransfers) * 1e9;
}

void Main() {
  if (std::thread::hardware_concurrency() < 2) {
    std::printf("{\"registers\": 1, \"transfer_nanoseconds\": 0}\n");
    return;
  }
  std::vector<double> registers, transfers;
  for (int round = 0; round < kRounds; ++round) {
    const double one = RegisterRate();
    registers.push_back(RegisterRateOfTwo() / one);
    transfers.push_back(TransferNanoseconds());
  }
  std::printf("{\"registers\": %.2f, \"transfer_nanoseconds\": %.0f}\n", Median(registers), Median(transfers));
}

}  // namespace
}  // namespace shoal

int main() { shoal::Main(); }
