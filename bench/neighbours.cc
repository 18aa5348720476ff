// Exact nearest neighbours: queries a second of processor time on one core, 100 k words of 300 numbers; and pictures
// classified by them, 2,000 among 10,000 of 512 numbers.
//
//   build/bin/neighbours_bench
//
// The bar is 50 queries a second. `items_per_second` counts queries: one alone, and a batch of 64, which reads each
// block of rows once for all.

#include <span>
#include <vector>

#include "benchmark/benchmark.h"
#include "common/random.h"
#include "worker/probes/knn_classifier.h"
#include "worker/probes/nearest_rows.h"

namespace shoal {
namespace {

constexpr uint64_t kWords = 100'000;
constexpr uint32_t kDim = 300;
constexpr size_t kNearest = 10;

std::vector<float> RandomNumbers(uint64_t count) {
  CounterRandom random(1);
  std::vector<float> numbers(count);
  for (float& number : numbers) number = random.NextFloat() - 0.5f;
  return numbers;
}

void FindNeighbours(benchmark::State& state) {
  static const std::vector<float> rows = RandomNumbers(kWords * kDim);
  static const NearestRows search(rows, kDim);
  const std::vector<uint64_t> exclude(state.range(0), NearestRows::kNoRow);
  const std::span<const float> queries = std::span(rows).first(state.range(0) * kDim);
  for (auto _ : state) benchmark::DoNotOptimize(search.Find(queries, exclude, kNearest));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(FindNeighbours)->ArgName("queries")->Arg(1)->Arg(64)->Unit(benchmark::kMillisecond);

Features RandomFeatures(uint64_t pictures, uint32_t dim) {
  Features features{.dim = dim, .rows = RandomNumbers(pictures * dim)};
  for (uint64_t i = 0; i < pictures; ++i) features.labels.push_back(static_cast<int32_t>(i % 10));
  return features;
}

void ClassifyPictures(benchmark::State& state) {
  const Features bank = RandomFeatures(10'000, 512), test = RandomFeatures(2'000, 512);
  const uint64_t neighbours = kUsualNeighbours;
  for (auto _ : state) {
    benchmark::DoNotOptimize(KnnAccuracy(bank, test, std::span(&neighbours, 1), kUsualKnnTemperature, /*threads=*/1));
  }
  state.SetItemsProcessed(state.iterations() * test.size());
}
BENCHMARK(ClassifyPictures)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace shoal

BENCHMARK_MAIN();
