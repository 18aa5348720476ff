// Speed of preparing a set of pictures, end to end (look, decode, write), and of decoding a picture when it is read.
//
//   images_bench 'path: "sets/flowers" shrink_to: 96 threads: 1' [REPEATS]
//
// The first argument is data.images as it stands in a job file; a cache_directory of its own is left behind. Prints,
// for the median of the repeats (3), pictures per CPU-second (all threads) and per second. bench/images_peer.py does
// the same with Pillow.

#include <google/protobuf/text_format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/text.h"
#include "data/images/image_file.h"
#include "data/images/prepare_images.h"

namespace shoal {
namespace {

struct Run {
  double cpu_seconds;
  double seconds;
};

[[noreturn]] void Fail(std::string_view message) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  std::exit(1);
}

Run Median(int repeats, const std::function<void()>& body) {
  std::vector<Run> runs;
  for (int i = 0; i < repeats; ++i) {
    const double cpu_begin = ProcessCpuSeconds();
    const auto begin = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    runs.push_back({ProcessCpuSeconds() - cpu_begin, seconds.count()});
  }
  std::nth_element(runs.begin(), runs.begin() + repeats / 2, runs.end(),
                   [](const Run& a, const Run& b) { return a.cpu_seconds < b.cpu_seconds; });
  return runs[repeats / 2];
}

std::unique_ptr<ImageFile> Prepare(const job::Images& images, const std::string& folder) {
  if (images.cache_directory().empty()) std::filesystem::remove_all(folder);
  const auto prepared = PrepareImages(images, folder, nullptr);
  if (!prepared.ok()) Fail(ToStd(prepared.status().message()));
  auto file = ImageFile::Open(prepared->path);
  if (!file.ok()) Fail(ToStd(file.status().message()));
  return *std::move(file);
}

void ReadAll(const ImageFile& file) {
  ImageBuffer buffer;
  for (uint64_t i = 0; i < file.size(); ++i) {
    const auto picture = file.Read(i, &buffer);
    if (!picture.ok()) Fail(ToStd(picture.status().message()));
  }
}

void Print(std::string_view what, const ImageFile& file, const Run& run) {
  const double pictures = static_cast<double>(file.size());
  std::printf("shoal: %.*s: %.3f CPU-seconds, %.3f seconds: %.0f pictures per CPU-second, %.0f pictures/s\n",
              static_cast<int>(what.size()), what.data(), run.cpu_seconds, run.seconds, pictures / run.cpu_seconds,
              pictures / run.seconds);
}

void Bench(int argc, char** argv) {
  job::Images images;
  if (argc < 2 || !google::protobuf::TextFormat::ParseFromString(argv[1], &images)) {
    Fail("usage: images_bench 'path: \"FOLDER\" ...' [REPEATS]");
  }
  const int repeats = argc > 2 ? std::max(1, std::atoi(argv[2])) : 3;
  const std::string folder = std::filesystem::temp_directory_path() / ("shoal-images-" + std::to_string(getpid()));
  std::unique_ptr<ImageFile> file;
  const Run prepare = Median(repeats, [&] { file = Prepare(images, folder); });
  std::printf("shoal: %s; mean %.4f %.4f %.4f, deviation %.4f %.4f %.4f\n", file->Describe().c_str(),
              file->statistics().mean[0], file->statistics().mean[1], file->statistics().mean[2],
              file->statistics().deviation[0], file->statistics().deviation[1], file->statistics().deviation[2]);
  Print("prepared", *file, prepare);
  images.set_decode_limit_bytes(0);
  file = Prepare(images, folder);
  if (!file->decoded()) Print("decoded when read, one thread", *file, Median(repeats, [&] { ReadAll(*file); }));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) { shoal::Bench(argc, argv); }
