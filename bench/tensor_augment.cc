// Speed of augmentation by tensors, beside the CPU's own: time a view of each. Views that are not the same end it.
//
//   tensor_augment_bench [--pictures FILE] [--recipe SIMCLR|MOCO_V1|MOCO_V2] [--size N] [--batch N] [--seconds S]
//                        [--device cpu|cuda] [--threads N]
//
// FILE as augment_bench has it. A batch is two views of each of N pictures. Times are of the clock on the wall, with
// drawing, tables and the way to the device in them; the Augmenter has one thread, tensors on the CPU have --threads.

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/augment_pictures.h"
#include "common/text.h"
#include "worker/augment/augmenter.h"
#include "worker/augment/tensor_augmenter.h"
#include "worker/models/gpus.h"

namespace shoal {
namespace {

using Flags = std::map<std::string, std::string>;

Flags ParseFlags(int argc, char** argv) {
  Flags flags = {{"--pictures", ""}, {"--recipe", "SIMCLR"}, {"--size", "32"},  {"--batch", "256"},
                 {"--seconds", "2"}, {"--device", "cpu"},    {"--threads", "1"}};
  for (int i = 1; i < argc; i += 2) {
    if (!flags.contains(argv[i])) Fail(Cat("tensor_augment_bench: no flag ", argv[i]));
    if (i + 1 == argc) Fail(Cat(argv[i], " lacks its value"));
    flags[argv[i]] = argv[i + 1];
  }
  return flags;
}

struct Bench {
  AugmentationSettings settings;
  PictureBatch pictures;
  size_t batch;
  double seconds;
};

// Two views of each picture of batch `number`.
std::vector<BatchView> DrawBatch(const Bench& bench, uint64_t number) {
  std::vector<BatchView> views;
  for (size_t i = 0; i < bench.batch; ++i) {
    const size_t picture = i % bench.pictures.size();
    const ImageView image = bench.pictures.picture(picture);
    for (uint32_t view = 0; view < 2; ++view) {
      const ViewKey key = {.seed = 1, .epoch = 0, .image = number * bench.batch + i, .view = view};
      views.push_back({picture, DrawView(bench.settings, image.width, image.height, key)});
    }
  }
  return views;
}

at::Tensor ByTensors(const Bench& bench, const TensorAugmenter& augmenter, const std::vector<BatchView>& views) {
  const absl::StatusOr<at::Tensor> made = augmenter.Apply(bench.pictures, views);
  if (!made.ok()) Fail(ToStd(made.status().message()));
  return *made;
}

void ByAugmenter(const Bench& bench, Augmenter* augmenter, const std::vector<BatchView>& views, float* out) {
  for (const BatchView& view : views) {
    augmenter->Apply(bench.pictures.picture(view.picture), view.drawn, out);
    out += augmenter->view_floats();
  }
}

// The median of the batches'.
double MicrosecondsPerView(const Bench& bench, const std::function<void(uint64_t)>& make_batch) {
  std::vector<double> times;
  double total = 0;
  make_batch(0);  // Memory and threads are there then.
  while (total < bench.seconds || times.size() < 3) {
    const auto begin = std::chrono::steady_clock::now();
    make_batch(times.size() + 1);
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    total += times.back();
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return 1e6 * times[times.size() / 2] / static_cast<double>(2 * bench.batch);
}

void Compare(const Bench& bench, const std::string& device) {
  const TensorAugmenter twin(bench.settings, at::Device(device));
  Augmenter augmenter(bench.settings);
  std::vector<float> out(2 * bench.batch * augmenter.view_floats());
  const std::vector<BatchView> views = DrawBatch(bench, 0);
  ByAugmenter(bench, &augmenter, views, out.data());
  const at::Tensor by_tensors = ByTensors(bench, twin, views).cpu();
  if (std::memcmp(by_tensors.const_data_ptr<float>(), out.data(), out.size() * sizeof(float)) != 0) {
    Fail(Cat("views made on ", device, " are not the Augmenter's"));
  }
  std::printf("augmenter: %.2f us a view\n", MicrosecondsPerView(bench, [&](uint64_t number) {
                ByAugmenter(bench, &augmenter, DrawBatch(bench, number), out.data());
              }));
  std::printf("tensors on %s: %.2f us a view\n", device.c_str(), MicrosecondsPerView(bench, [&](uint64_t number) {
                // Reading one number waits for the device.
                ByTensors(bench, twin, DrawBatch(bench, number)).view(-1)[0].item<float>();
              }));
}

void Run(const Flags& flags) {
  const auto number = [&flags](const char* name) { return std::atoi(flags.at(name).c_str()); };
  Bench bench = {RecipeSettings(RecipeNamed(flags.at("--recipe")), number("--size")),
                 {},
                 static_cast<size_t>(std::max(1, number("--batch"))),
                 std::atof(flags.at("--seconds").c_str())};
  for (const std::string& mistake : AugmentationMistakes(bench.settings)) Fail(mistake);
  const std::string& file = flags.at("--pictures");
  for (const BenchPicture& picture : file.empty() ? MadeUpPictures(bench.settings.size) : ReadPictures(file)) {
    const absl::Status added = bench.pictures.Add(picture.view());
    if (!added.ok()) Fail(ToStd(added.message()));
    if (bench.pictures.size() == bench.batch) break;
  }
  const std::string& device = flags.at("--device");
  if (device != "cpu" && device != "cuda") Fail(Cat("no device '", device, "' (there are cpu, cuda)"));
  if (device == "cuda" && Gpus() == 0) Fail(ToStd(CheckGpu(0).message()));
  at::set_num_threads(std::max(1, number("--threads")));
  Compare(bench, device);
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) { shoal::Run(shoal::ParseFlags(argc, argv)); }
