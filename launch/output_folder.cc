#include "launch/output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "common/checkpoint/checkpoint_folder.h"
#include "common/checkpoint/what_matters.h"
#include "common/run/run_result.h"
#include "common/status.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

// What users take away of a run, and what tells of it.
constexpr std::array<std::string_view, 4> kResults = {"vectors.bin", "vocabulary.txt", "backbone.safetensors",
                                                      "report.html"};
constexpr std::array<std::string_view, 4> kRecords = {"log.jsonl", "units.jsonl", "metrics-addresses.txt",
                                                      "evaluation.json"};

// `path` itself, or the nearest folder above it that exists.
fs::path NearestExisting(fs::path path) {
  std::error_code error;
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path;
}

// False: it says why.
bool CheckWritable(const std::string& output, std::vector<std::string>* mistakes) {
  const fs::path existing = NearestExisting(fs::absolute(output));
  std::error_code error;
  if (!fs::is_directory(existing, error)) {
    mistakes->push_back(Cat("--output: ", existing.string(), " is not a folder; give a folder"));
    return false;
  }
  if (::access(existing.c_str(), W_OK | X_OK) == 0) return true;
  mistakes->emplace_back(ErrnoError(errno, Cat("--output: cannot write to ", existing.string())).message());
  return false;
}

void CheckForeignFiles(const std::string& output, std::vector<std::string>* mistakes) {
  std::error_code error;
  if (fs::exists(fs::path(output) / "log.jsonl", error)) return;  // A run's that failed.
  for (const std::string_view name : kResults) {
    if (!fs::exists(fs::path(output) / name, error)) continue;
    mistakes->push_back(Cat("--output: ", output, " holds a ", name,
                            " that is no run's; give another folder, or --force to replace it"));
  }
}

absl::StatusOr<std::optional<checkpoint::Manifest>> NewestManifest(const std::string& output) {
  std::vector<std::string> passed_over;  // The coordinator, which looks again, tells.
  return CheckpointFolder(&FileSystem::Real(), output).Newest(&passed_over);
}

}  // namespace

std::optional<uint64_t> CheckOutputFolder(const std::string& output, const job::Job& job, bool force,
                                          std::vector<std::string>* mistakes) {
  if (!CheckWritable(output, mistakes) || force) return std::nullopt;
  const auto found = NewestManifest(output);
  if (!found.ok()) {
    mistakes->push_back(Cat("--output: ", ToStd(found.status().message()), "; repair it, or --force to begin anew"));
    return std::nullopt;
  }
  const std::optional<checkpoint::Manifest>& newest = *found;
  const auto result = RunResult::Read(output);
  const bool finished = result.ok() && result->done;
  if (finished && !(newest && job.epochs() > newest->job().epochs())) {
    mistakes->push_back(Cat("--output: ", output,
                            " holds the results of a finished run; give another folder, or --force to replace them"));
    return std::nullopt;
  }
  if (!newest) {
    CheckForeignFiles(output, mistakes);
    return std::nullopt;
  }
  for (const std::string& difference : DifferencesThatMatter(job, newest->job())) {
    mistakes->push_back(Cat("--output: ", output, " holds ", finished ? "a" : "an unfinished",
                            " run that this job cannot go on from: ", difference,
                            "; give it its old value, another folder, or --force to begin anew"));
  }
  return newest->number();
}

std::optional<uint64_t> NewestCheckpoint(const std::string& output) {
  const auto newest = NewestManifest(output);
  return newest.ok() && *newest ? std::optional((*newest)->number()) : std::nullopt;
}

absl::Status LockOutputFolder(const std::string& output) {
  // Never closed, and passed on: mpirun and the roles hold it too. Not the folder itself: NFS locks files only, for
  // writing those that are open for it.
  const std::string path = Cat(output, "/.lock");
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0644);
  if (file < 0) return ErrnoError(errno, Cat("--output: cannot open ", path));
  if (::flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return absl::OkStatus();
  ::close(file);
  return FailedPrecondition("--output: another run writes into ", output, "; give another folder, or wait for its end");
}

absl::Status RemoveOldResults(const std::string& output, bool goes_on) {
  std::error_code error;  // A result that cannot be removed cannot be replaced either, and whoever tries will say so.
  fs::remove(fs::path(output) / kResultFileName, error);
  if (goes_on) return absl::OkStatus();
  for (const auto& names : {kResults, kRecords}) {
    for (const std::string_view name : names) fs::remove(fs::path(output) / name, error);
  }
  // But checkpoints that stay would be gone on from.
  fs::remove_all(fs::path(output) / kCheckpointsFolderName, error);
  return error ? ErrnoError(error.value(), Cat("cannot remove ", output, "/", kCheckpointsFolderName))
               : absl::OkStatus();
}

}  // namespace shoal
