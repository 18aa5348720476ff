// Words per CPU-second of the skip-gram heart alone: sampler and kernel on rows of this process, without coordinator,
// servers or messages. What the whole system loses against this is its own.
//
//   skip_gram_kernel_bench --text wiki.txt --dim 100 --epochs 5 --threads 2 --block 2x5 --save vectors.bin
//
// --text: words between white space, a to z (text8's form), cut into sentences of 1,000 words; words seen fewer than 5
// times are left out. Vectors are saved in word2vec's binary form.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bench/timing.h"
#include "common/files.h"
#include "common/host.h"
#include "common/status.h"
#include "data/word_vectors.h"
#include "worker/objectives/skip_gram_windows.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

namespace shoal {
namespace {

constexpr uint64_t kSentenceWords = 1000, kBatchWords = 4000, kMinCount = 5;

struct Flags {
  std::string text, save;
  int dim = 100, threads = 1, epochs = 1, centres = 1, negatives = 0, repeats = 1;
  uint64_t seed = 1;
  bool huge_pages = true;
  SimdBackend backend = BestSimdBackend();
};

Flags ParseFlags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--text") flags.text = value;
    if (name == "--save") flags.save = value;
    if (name == "--dim") flags.dim = std::atoi(value);
    if (name == "--threads") flags.threads = std::atoi(value);
    if (name == "--epochs") flags.epochs = std::atoi(value);
    if (name == "--repeats") flags.repeats = std::atoi(value);
    if (name == "--seed") flags.seed = std::strtoull(value, nullptr, 10);
    if (name == "--huge_pages") flags.huge_pages = std::atoi(value) != 0;
    if (name == "--block") std::sscanf(value, "%dx%d", &flags.centres, &flags.negatives);
    if (name == "--backend") {
      for (const SimdBackend backend : kSimdBackends) {
        if (SimdBackendName(backend) == value) flags.backend = backend;
      }
    }
  }
  return flags;
}

struct Tokens {
  std::vector<std::string> words;  // By falling count.
  std::vector<uint64_t> counts;
  std::vector<uint32_t> ids;
};

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t at = text.find_first_not_of(" \n"); at != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(" \n", at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(" \n", end);
  }
  return words;
}

Tokens Tokenise(std::string_view text) {
  const std::vector<std::string_view> words = Split(text);
  std::unordered_map<std::string_view, uint64_t> counts;
  for (const std::string_view word : words) ++counts[word];
  std::vector<std::pair<uint64_t, std::string_view>> order;
  for (const auto& [word, count] : counts) {
    if (count >= kMinCount) order.emplace_back(count, word);
  }
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  Tokens tokens;
  std::unordered_map<std::string_view, uint32_t> id_of;
  for (const auto& [count, word] : order) {
    id_of[word] = tokens.words.size();
    tokens.words.emplace_back(word);
    tokens.counts.push_back(count);
  }
  for (const std::string_view word : words) {
    if (const auto found = id_of.find(word); found != id_of.end()) tokens.ids.push_back(found->second);
  }
  return tokens;
}

// Rows in a memfd on 2 MiB boundaries, as a parameter server's table lies.
class Rows {
 public:
  Rows(uint64_t rows, int dim, bool huge_pages) : stride_((dim + 15) / 16 * 16) {
    constexpr size_t kHugePage = size_t{2} << 20;
    const size_t bytes = (rows * stride_ * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
    const int descriptor = memfd_create("rows", 0);
    if (descriptor < 0 || ftruncate(descriptor, bytes) != 0) std::abort();
    char* const reserved =
        static_cast<char*>(mmap(nullptr, bytes + kHugePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char* const aligned = reserved + (kHugePage - reinterpret_cast<uintptr_t>(reserved) % kHugePage) % kHugePage;
    data_ = static_cast<float*>(mmap(aligned, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0));
    close(descriptor);
    for (size_t i = 0; i < bytes / sizeof(float); i += 1024) data_[i] = 0;
    if (huge_pages && madvise(data_, bytes, MADV_COLLAPSE) != 0) std::perror("no huge pages: madvise");
  }

  float* operator[](uint64_t row) const { return data_ + row * stride_; }

 private:
  uint64_t stride_;
  float* data_;
};

job::SkipGram Settings(const Flags& flags) {
  job::SkipGram settings;
  settings.set_dim(flags.dim);
  settings.mutable_block()->set_centres(flags.centres);
  settings.mutable_block()->set_negatives(flags.negatives);
  return settings;
}

class Trainer {
 public:
  Trainer(const Flags& flags, const Tokens& tokens, const Rows& inputs, const Rows& outputs)
      : flags_(flags), settings_(Settings(flags)), tokens_(tokens), inputs_(inputs), outputs_(outputs) {}

  // Thread `index` trains its share of all epochs; returns the mean loss of the last epoch.
  double Train(int index) const {
    SkipGramSampler sampler(settings_, tokens_.counts, flags_.seed);
    const SkipGramKernel kernel(flags_.dim, flags_.backend);
    const uint64_t begin = tokens_.ids.size() * index / flags_.threads;
    const uint64_t end = tokens_.ids.size() * (index + 1) / flags_.threads;
    MeasuredLoss loss;
    for (int epoch = 0; epoch < flags_.epochs; ++epoch) {
      sampler.BeginEpoch(epoch);
      loss = {};
      for (uint64_t batch = begin; batch < end; batch += kBatchWords) {
        const double place = (epoch + static_cast<double>(batch - begin) / (end - begin)) / flags_.epochs;
        const float rate = settings_.learning_rate() * (1 - place) + settings_.final_learning_rate() * place;
        TrainBatch(batch, std::min(batch + kBatchWords, end), rate, kernel, &sampler, &loss);
      }
    }
    return loss.sum / loss.pairs;
  }

 private:
  void TrainBatch(uint64_t begin, uint64_t end, float rate, const SkipGramKernel& kernel, SkipGramSampler* sampler,
                  MeasuredLoss* loss) const {
    static thread_local SkipGramPlan plan;
    static thread_local std::vector<float*> input_rows, output_rows;
    plan.Clear();
    for (uint64_t at = begin; at < end; at += kSentenceWords) {
      sampler->Sample(tokens_.ids, at, std::min(at + kSentenceWords, end), /*unit=*/0, /*sentence_index=*/0, rate,
                      &plan);
    }
    input_rows.clear();
    for (const uint32_t id : plan.inputs) input_rows.push_back(inputs_[id]);
    output_rows.clear();
    for (const uint32_t id : plan.outputs) output_rows.push_back(outputs_[id]);
    SkipGramRows rows{.inputs = input_rows.data(), .outputs = output_rows.data()};
    rows.row_floats = flags_.dim;
    size_t next = 0;
    const MeasuredLoss measured = TrainWindows(plan, kernel, rows, {}, kAllWork, &next);
    loss->sum += measured.sum;
    loss->pairs += measured.pairs;
  }

  const Flags& flags_;
  const job::SkipGram settings_;
  const Tokens& tokens_;
  const Rows& inputs_;
  const Rows& outputs_;
};

void Initialise(const Flags& flags, uint64_t rows, const Rows& inputs, const Rows& outputs) {
  for (uint64_t row = 0; row < rows; ++row) {
    CounterRandom random(StreamKey(flags.seed, row));
    for (int d = 0; d < flags.dim; ++d) {
      inputs[row][d] = (random.NextFloat() - 0.5f) / flags.dim;
      outputs[row][d] = 0;
    }
  }
}

void TrainAndReport(const Flags& flags, const Tokens& tokens, const Rows& inputs, const Rows& outputs) {
  const Trainer trainer(flags, tokens, inputs, outputs);
  const double cpu = ProcessCpuSeconds(), wall = WallSeconds();
  std::vector<std::thread> threads;
  for (int index = 1; index < flags.threads; ++index) threads.emplace_back([&, index] { trainer.Train(index); });
  const double loss = trainer.Train(0);
  for (std::thread& thread : threads) thread.join();
  const double words = static_cast<double>(tokens.ids.size()) * flags.epochs * 1e-6;
  std::printf("%s dim %d threads %d block %dx%d: %.3f M words a CPU-second, %.3f a second, loss %.4f\n",
              std::string(SimdBackendName(flags.backend)).c_str(), flags.dim, flags.threads, flags.centres,
              flags.negatives, words / (ProcessCpuSeconds() - cpu), words / (WallSeconds() - wall), loss);
  std::fflush(stdout);
}

absl::Status Save(const Flags& flags, const Tokens& tokens, const Rows& inputs) {
  ASSIGN_OR_RETURN(auto writer, WordVectorsWriter::Create(flags.save, tokens.words.size(), flags.dim));
  for (uint64_t id = 0; id < tokens.words.size(); ++id) {
    RETURN_IF_ERROR(writer->Append(tokens.words[id], {inputs[id], static_cast<size_t>(flags.dim)}));
  }
  return writer->Commit();
}

absl::Status Run(const Flags& flags) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(flags.text));
  const Tokens tokens = Tokenise(file.bytes());
  std::printf("%zu words, %zu tokens\n", tokens.words.size(), tokens.ids.size());
  const Rows inputs(tokens.words.size(), flags.dim, flags.huge_pages);
  const Rows outputs(tokens.words.size(), flags.dim, flags.huge_pages);
  for (int repeat = 0; repeat < flags.repeats; ++repeat) {
    Initialise(flags, tokens.words.size(), inputs, outputs);
    TrainAndReport(flags, tokens, inputs, outputs);
  }
  return flags.save.empty() ? absl::OkStatus() : Save(flags, tokens, inputs);
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  const absl::Status status = shoal::Run(shoal::ParseFlags(argc, argv));
  if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
