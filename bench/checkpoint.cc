// How fast a server copies, writes and loads its tables for a checkpoint, beside what the machine's memory and the disk
// give at best.
//
//   checkpoint_bench [--mb 1024] [--folder DIR]      DIR: on the disk to be measured (build/bench)
//
// One table; writing goes to /dev/shm and to DIR, each in turn with a plain write of as many bytes and one fsync, as
// dd conv=fsync does. Medians of five rounds.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/timing.h"
#include "common/clock.h"
#include "common/file_system.h"
#include "common/files.h"
#include "common/status.h"
#include "paramserver/table.h"

namespace shoal {
namespace {

constexpr int kRounds = 5;
constexpr uint32_t kDim = 128;

double Seconds(const std::function<void()>& work) {
  const absl::Time start = Clock::Real().Now();
  work();
  return absl::ToDoubleSeconds(Clock::Real().Now() - start);
}

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "checkpoint_bench: %s\n", std::string(ToStd(status.message())).c_str());
  std::exit(1);
}

wire::TableSpec Spec(uint64_t bytes) {
  wire::TableSpec spec;
  spec.set_name("bench");
  spec.set_dim(kDim);
  spec.set_rows(bytes / (kDim * sizeof(float)));
  spec.set_huge_pages(true);
  spec.mutable_initializer()->set_kind(wire::Initializer::UNIFORM);
  spec.mutable_initializer()->set_scale(1);
  return spec;
}

void Copy(Table* table) {
  while (true) {
    const auto whole = table->FreezeSome();
    Check(whole.status());
    if (*whole) return;
  }
}

checkpoint::Shard Save(const Table& table, const std::string& folder) {
  const auto writer = ShardWriter::Create(&FileSystem::Real(), folder, "shard");
  Check(writer.status());
  Check(table.Save(writer->get()));
  const auto shard = (*writer)->Finish();
  Check(shard.status());
  return *shard;
}

void WritePlainly(const std::string& path, uint64_t bytes) {
  static const std::string chunk(1 << 20, 'x');
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) Check(ErrnoError(errno, "cannot create " + path));
  for (uint64_t done = 0; done < bytes; done += chunk.size()) Check(WriteAll(fd, chunk, path));
  if (::fsync(fd) != 0) Check(ErrnoError(errno, "cannot sync " + path));
  ::close(fd);
}

void BenchWriting(const Table& table, const std::string& folder, uint64_t bytes) {
  Check(MakeDirectories(folder));
  std::vector<double> ours, plain;
  for (int round = 0; round < kRounds; ++round) {
    ours.push_back(Seconds([&] { Save(table, folder); }));
    ::unlink((folder + "/shard").c_str());
    plain.push_back(Seconds([&] { WritePlainly(folder + "/plain", bytes); }));
    ::unlink((folder + "/plain").c_str());
  }
  const double gigabytes = static_cast<double>(bytes) / 1e9;
  std::printf("write to %-20s %6.2f GB/s   plain write and fsync %6.2f GB/s   %.2f of it\n", folder.c_str(),
              gigabytes / Median(ours), gigabytes / Median(plain), Median(plain) / Median(ours));
}

void BenchLoading(const Table& table, const wire::TableSpec& spec, const std::string& folder, double gigabytes) {
  const checkpoint::Shard shard = Save(table, folder);
  // The first is not told: a virtual machine's host may have to give it the memory, which takes seconds a GB.
  for (const uint32_t servers : {1, 1, 2}) {
    static bool first = true;
    const double seconds = Seconds([&] {
      const auto loaded = Table::Create(spec, {.servers = servers});
      const auto reader = ShardReader::Open(&FileSystem::Real(), folder, shard);
      Check(loaded.status());
      Check(reader.status());
      for (auto block = (*reader)->Next(); block.ok() && *block; block = (*reader)->Next()) {
        Check((*loaded)->Load(**block));
      }
    });
    if (std::exchange(first, false)) continue;
    std::printf("load on server 0 of %u from %s: %.2f GB/s\n", servers, folder.c_str(), gigabytes / seconds);
  }
  ::unlink((folder + "/shard").c_str());
}

void Bench(uint64_t bytes, const std::string& folder) {
  const wire::TableSpec spec = Spec(bytes);
  const auto table = Table::Create(spec, {});
  Check(table.status());
  while (!(*table)->InitializeSome()) {
  }
  const double gigabytes = static_cast<double>(bytes) / 1e9;
  std::printf("a table of %.2f GB\n", gigabytes);
  const double first = Seconds([&] { Copy(table->get()); });
  std::vector<double> later;
  for (int round = 0; round < kRounds; ++round) later.push_back(Seconds([&] { Copy(table->get()); }));
  std::printf("copy: the first %.3f s a GB, later ones %.3f s a GB\n", first / gigabytes, Median(later) / gigabytes);
  const std::string memory = "/dev/shm/shoal-checkpoint-bench." + std::to_string(::getpid());
  BenchWriting(**table, memory, bytes);
  BenchLoading(**table, spec, memory, gigabytes);
  ::rmdir(memory.c_str());
  BenchWriting(**table, folder, bytes);
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  uint64_t megabytes = 1024;
  std::string folder = "build/bench/checkpoint";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--mb") == 0) megabytes = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--folder") == 0) folder = argv[i + 1];
  }
  shoal::Bench(megabytes << 20, folder);
  return 0;
}
