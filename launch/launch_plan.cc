#include "launch/launch_plan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/format.h"
#include "common/job/derived.h"
#include "common/job/encoder_size.h"
#include "common/job/tables.h"
#include "common/status.h"
#include "data/corpus_files.h"
#include "data/corpus_key.h"
#include "data/token_file.h"
#include "launch/screen.h"
#include "paramserver/row_layout.h"

namespace shoal {
namespace {

std::string DescribeTables(const std::vector<wire::TableSpec>& tables) {
  return absl::StrJoin(tables, ", ", [](std::string* out, const wire::TableSpec& table) {
    absl::StrAppend(out, table.name(), " ", FormatCount(table.rows()), " rows of ",
                    RowLayout::Of(table).stride * sizeof(float), " B");
  });
}

uint64_t FileBytes(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::file_size(path, ignored);
}

// "1-2", or "1" where there is one.
std::string Ranks(uint64_t first, uint64_t count) {
  return count == 1 ? Cat(first) : Cat(first, "-", first + count - 1);
}

std::string Row(std::string_view ranks, std::string_view role, const std::string& memory, std::string_view holds) {
  return absl::StrFormat("  %-8s %-12s %9s  %s\n", ranks.data(), role.data(), memory, holds.data());
}

std::string DescribeEncoder(const job::ImageEncoder& encoder) {
  return Cat("net and head of ", FormatCount(EncoderSize::Of(encoder).parameters), " parameters, views, activations");
}

std::string DescribeRoles(const job::Job& job, const MemoryPlan& memory) {
  const uint64_t servers = job.servers(), workers = job.workers();
  const std::string tables = Cat(DescribeTables(memory.tables), servers > 1 ? Cat(", over ", servers, " servers") : "");
  return Row("rank", "role", "memory", "what it holds") +
         Row("0", "coordinator", FormatBytes(memory.coordinator_bytes), "plan, leases, ledger") +
         Row(Ranks(1, servers), "server", FormatBytes(memory.server_bytes), tables) +
         Row(Ranks(1 + servers, workers), "worker", FormatBytes(memory.worker_bytes),
             TrainsImages(job) ? DescribeEncoder(job.encoder()) : "noise words, batches");
}

}  // namespace

absl::StatusOr<PreparedData> PrepareRequestedData(const TrainingRequest& request) {
  Screen screen(STDOUT_FILENO, STDERR_FILENO);
  const bool draw = ::isatty(STDERR_FILENO) && !request.job.progress().quiet();
  return PrepareData(
      request.job, CacheDirectory(request.job, request.output), [&](double fraction, std::string_view phase) {
        if (draw) {
          screen.SetBar(Cat("preparing the data: ", phase, ", ", absl::StrFormat("%.0f %%", 100 * fraction)));
        }
        return true;
      });
}

std::optional<uint64_t> PreparedVocabulary(const TrainingRequest& request) {
  if (!request.job.data().has_corpus()) return std::nullopt;
  const job::Corpus& corpus = request.job.data().corpus();
  const auto files = FindCorpusFiles({corpus.path().begin(), corpus.path().end()});
  if (!files.ok()) return std::nullopt;
  const auto key = MakeCorpusKey(corpus, *files);
  if (!key.ok()) return std::nullopt;
  const auto tokens = TokenFile::Open(Cat(CacheDirectory(request.job, request.output), "/", key->file_name()));
  if (!tokens.ok() || !DifferenceOfKeys((*tokens)->key(), *key).empty()) return std::nullopt;
  return (*tokens)->words();
}

std::string DescribePlan(const TrainingRequest& request, const PreparedData& data, const MemoryPlan& memory,
                         const MpirunCommand& command, const Machine& machine) {
  const job::Job& job = request.job;
  const bool one_host = job.placement().hostfile().empty();
  const std::optional<std::string> app_file = command.AppFile();
  return Cat("job     ", job.name(), ": ", job.epochs(), " epochs, seed ", job.seed(), "; written to ",
             PlannedJobFile(request), "\n", "data    ", data.description, "\n        ", data.file, " (",
             FormatBytes(FileBytes(data.file)), ", mapped)\n", "units   ", FormatCount(data.units.size()),
             " an epoch, ", FormatCount(data.units.size() * job.epochs()), " in all\n", "memory  ",
             FormatBytes(memory.total_bytes), " in all, of ",
             one_host ? Cat(FormatBytes(machine.memory_bytes), " (", machine.memory_limited_by, ")")
                      : Cat("the hosts of ", job.placement().hostfile(), ", whose memory is not looked at"),
             "\n\n", DescribeRoles(job, memory), "\nBy hand, with the same result:\n\n", command.ShellLine(), "\n\n",
             app_file ? Cat("The same as an appfile, for mpirun OPTIONS --app FILE:\n\n", *app_file)
                      : "There is no appfile of it: mpirun reads no spaces or quotes in one, and a path has some.\n");
}

}  // namespace shoal
