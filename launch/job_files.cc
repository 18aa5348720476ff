#include "launch/job_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "common/run/run_result.h"
#include "common/status.h"
#include "launch/hostfile.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

void CheckReadable(std::string_view field, const std::string& path, std::vector<std::string>* mistakes) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
  mistakes->emplace_back(ErrnoError(errno, Cat(field, ": cannot read ", path)).message());
}

void CheckFile(std::string_view field, const std::string& path, std::vector<std::string>* mistakes) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    mistakes->push_back(Cat(field, ": ", path, " is a folder; give a file"));
  } else {
    CheckReadable(field, path, mistakes);
  }
}

// `path` itself, or the nearest folder above it that exists.
fs::path NearestExisting(fs::path path) {
  std::error_code error;
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path;
}

}  // namespace

void CheckFilesOf(const job::Job& job, std::vector<std::string>* mistakes) {
  const job::Corpus& corpus = job.data().corpus();
  for (const std::string& path : corpus.path()) CheckReadable("data.corpus.path", path, mistakes);
  CheckFile("data.corpus.vocabulary_file", corpus.vocabulary_file(), mistakes);
  for (const std::string& path : job.evaluation().similarity()) CheckFile("evaluation.similarity", path, mistakes);
  for (const std::string& path : job.evaluation().analogies()) CheckFile("evaluation.analogies", path, mistakes);
  for (const std::string& path : job.evaluation().synonyms()) CheckFile("evaluation.synonyms", path, mistakes);
  const std::string& hostfile = job.placement().hostfile();
  const size_t before = mistakes->size();
  CheckFile("placement.hostfile", hostfile, mistakes);
  if (hostfile.empty() || mistakes->size() > before) return;
  CheckHostfile(hostfile, uint64_t{1} + job.servers() + job.workers(), mistakes);
}

void CheckOutputFolder(const std::string& output, bool force, std::vector<std::string>* mistakes) {
  const fs::path existing = NearestExisting(fs::absolute(output));
  std::error_code error;
  if (!fs::is_directory(existing, error)) {
    mistakes->push_back(Cat("--output: ", existing.string(), " is not a folder; give a folder"));
  } else if (::access(existing.c_str(), W_OK | X_OK) != 0) {
    mistakes->emplace_back(ErrnoError(errno, Cat("--output: cannot write to ", existing.string())).message());
  }
  if (force) return;
  const auto result = RunResult::Read(output);
  if (result.ok() && result->done) {
    mistakes->push_back(Cat("--output: ", output,
                            " holds the results of a finished run; give another folder, or --force to replace them"));
    return;
  }
  if (fs::exists(fs::path(output) / "log.jsonl", error)) return;  // A run's that failed.
  for (const char* name : {"vectors.bin", "vocabulary.txt", "report.html"}) {
    if (!fs::exists(fs::path(output) / name, error)) continue;
    mistakes->push_back(Cat("--output: ", output, " holds a ", name,
                            " that is no run's; give another folder, or --force to replace it"));
  }
}

absl::Status LockOutputFolder(const std::string& output) {
  // Never closed, and passed on: mpirun and the roles hold it too.
  const int folder = ::open(output.c_str(), O_RDONLY | O_DIRECTORY);
  if (folder < 0) return ErrnoError(errno, Cat("--output: cannot open ", output));
  if (::flock(folder, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return absl::OkStatus();
  ::close(folder);
  return FailedPrecondition("--output: another run writes into ", output, "; give another folder, or wait for its end");
}

void MakePathsAbsolute(job::Job* job) {
  const auto make_absolute = [](std::string* path) {
    if (!path->empty()) *path = fs::absolute(*path).lexically_normal();
  };
  if (job->data().has_corpus()) {
    job::Corpus* corpus = job->mutable_data()->mutable_corpus();
    for (std::string& path : *corpus->mutable_path()) make_absolute(&path);
    if (corpus->has_vocabulary_file()) make_absolute(corpus->mutable_vocabulary_file());
    if (corpus->has_cache_directory()) make_absolute(corpus->mutable_cache_directory());
  }
  if (job->has_evaluation()) {
    job::Evaluation* evaluation = job->mutable_evaluation();
    for (auto* paths :
         {evaluation->mutable_similarity(), evaluation->mutable_analogies(), evaluation->mutable_synonyms()}) {
      for (std::string& path : *paths) make_absolute(&path);
    }
  }
  if (job->placement().has_hostfile()) make_absolute(job->mutable_placement()->mutable_hostfile());
}

void RemoveOldResults(const std::string& output) {
  for (const char* name : {"vectors.bin", "vocabulary.txt", "log.jsonl", "result.json", "metrics-addresses.txt",
                           "evaluation.json", "report.html"}) {
    std::error_code ignored;  // What cannot be removed cannot be replaced either, and whoever tries will say so.
    fs::remove(fs::path(output) / name, ignored);
  }
}

}  // namespace shoal
