// Speed of preparing a corpus, end to end: read, normalise, count, encode, write.
//
//   prepare_bench --corpus PATH [--normalisation TEXT8] [--digits SPELL] [--threads N] [--repeats N]
//
// Prints, for the median of the repeats, MB of text per CPU-second (all threads) and per second, beside what was found.
// bench/prepare_peer.py does the same for gensim's scan.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/text.h"
#include "data/prepare.h"
#include "data/token_file.h"

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

Run PrepareOnce(const job::Corpus& corpus, const std::string& folder, PreparedCorpus* prepared) {
  std::filesystem::remove_all(folder);
  const double cpu_begin = ProcessCpuSeconds();
  const auto begin = std::chrono::steady_clock::now();
  auto result = PrepareCorpus(corpus, folder, nullptr);
  if (!result.ok()) Fail(ToStd(result.status().message()));
  *prepared = *std::move(result);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  return {ProcessCpuSeconds() - cpu_begin, seconds.count()};
}

void Set(std::string_view name, const std::string& value, job::Corpus* corpus, int* repeats) {
  job::Corpus::Normalisation normalisation;
  job::Corpus::Digits digits;
  if (name == "--corpus") {
    corpus->add_path(value);
  } else if (name == "--normalisation" && job::Corpus::Normalisation_Parse(value, &normalisation)) {
    corpus->set_normalisation(normalisation);
  } else if (name == "--digits" && job::Corpus::Digits_Parse(value, &digits)) {
    corpus->set_digits(digits);
  } else if (name == "--threads") {
    corpus->set_threads(std::atoi(value.c_str()));
  } else if (name == "--repeats") {
    *repeats = std::max(1, std::atoi(value.c_str()));
  } else {
    Fail("usage: prepare_bench --corpus PATH [--normalisation TEXT8] [--digits SPELL] [--threads N] [--repeats N]");
  }
}

void Bench(int argc, char** argv) {
  job::Corpus corpus;
  int repeats = 3;
  for (int i = 1; i + 1 < argc; i += 2) Set(argv[i], argv[i + 1], &corpus, &repeats);
  if (corpus.path_size() == 0) Set("--help", "", &corpus, &repeats);
  const std::string folder = std::filesystem::temp_directory_path() / ("shoal-prepare-" + std::to_string(getpid()));
  PreparedCorpus prepared;
  std::vector<Run> runs;
  for (int i = 0; i < repeats; ++i) runs.push_back(PrepareOnce(corpus, folder, &prepared));
  auto file = TokenFile::Open(prepared.path);
  if (!file.ok()) Fail(ToStd(file.status().message()));
  std::nth_element(runs.begin(), runs.begin() + repeats / 2, runs.end(),
                   [](const Run& a, const Run& b) { return a.cpu_seconds < b.cpu_seconds; });
  const Run& median = runs[repeats / 2];
  const double megabytes = 1e-6 * static_cast<double>(prepared.counts.text_bytes);
  std::printf("shoal: %.1f MB of text, %llu words read; %s\n", megabytes,
              static_cast<unsigned long long>(prepared.counts.words_read), (*file)->Describe().c_str());
  std::printf("shoal: %.3f CPU-seconds, %.3f seconds: %.1f MB per CPU-second, %.1f MB/s\n", median.cpu_seconds,
              median.seconds, megabytes / median.cpu_seconds, megabytes / median.seconds);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) { shoal::Bench(argc, argv); }
