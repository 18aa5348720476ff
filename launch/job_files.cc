#include "launch/job_files.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

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

// That `folder` lies in no folder of what is trained on, or out of sight there.
void CheckApart(std::string_view field, const std::string& folder, const job::Job& job,
                std::vector<std::string>* mistakes) {
  std::error_code error;
  const fs::path results = fs::weakly_canonical(fs::absolute(folder), error);
  const auto& paths = job.data().has_images() ? job.data().images().path() : job.data().corpus().path();
  for (const std::string& path : paths) {
    const fs::path text = fs::weakly_canonical(path, error);
    if (error || !fs::is_directory(text, error)) continue;
    const fs::path within = results.lexically_relative(text);
    const bool hidden = std::any_of(within.begin(), within.end(), [](const fs::path& part) {
      return part.native().starts_with('.') && part != ".";
    });  // ".." too: outside.
    if (hidden || within.empty()) continue;
    mistakes->push_back(Cat(field, ": ", folder, " lies in ", path,
                            ", all of whose files are trained on; give a folder outside of it"));
  }
}

}  // namespace

void CheckFilesOf(const job::Job& job, std::vector<std::string>* mistakes) {
  const job::Corpus& corpus = job.data().corpus();
  for (const std::string& path : corpus.path()) CheckReadable("data.corpus.path", path, mistakes);
  for (const std::string& path : job.data().images().path()) CheckReadable("data.images.path", path, mistakes);
  for (const std::string& path : job.encoder().evaluate_path()) CheckReadable("encoder.evaluate_path", path, mistakes);
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

void CheckFoldersApart(const std::string& output, const job::Job& job, std::vector<std::string>* mistakes) {
  CheckApart("--output", output, job, mistakes);
  const std::string& corpus_cache = job.data().corpus().cache_directory();
  if (!corpus_cache.empty()) CheckApart("data.corpus.cache_directory", corpus_cache, job, mistakes);
  const std::string& images_cache = job.data().images().cache_directory();
  if (!images_cache.empty()) CheckApart("data.images.cache_directory", images_cache, job, mistakes);
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
  if (job->data().has_images()) {
    job::Images* images = job->mutable_data()->mutable_images();
    for (std::string& path : *images->mutable_path()) make_absolute(&path);
    if (images->has_cache_directory()) make_absolute(images->mutable_cache_directory());
  }
  if (job->has_encoder()) {
    for (std::string& path : *job->mutable_encoder()->mutable_evaluate_path()) make_absolute(&path);
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

}  // namespace shoal
