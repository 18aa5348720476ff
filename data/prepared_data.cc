#include "data/prepared_data.h"

#include <atomic>
#include <filesystem>
#include <memory>

#include "common/job/derived.h"
#include "common/job/tables.h"
#include "common/status.h"
#include "data/images/image_file.h"
#include "data/images/picture_sets.h"
#include "data/images/prepare_images.h"
#include "data/prepare.h"
#include "data/token_file.h"
#include "data/vocabulary.h"

namespace shoal {
namespace {

std::string Absolute(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

ExportedFiles ExportVocabulary(const TokenFile& tokens, const std::string& directory) {
  const std::string path = Cat(directory, "/", kVocabularyFileName);
  RETURN_IF_ERROR(tokens.WriteVocabulary(path));
  return std::vector{path};
}

absl::StatusOr<PreparedData> PrepareText(const job::Job& job, const std::string& cache_directory,
                                         const PrepareProgress& progress, const std::atomic<bool>* give_up) {
  job::Corpus corpus = job.data().corpus();
  corpus.set_max_sentence_words(MaxSentenceWords(job));
  ASSIGN_OR_RETURN(const PreparedCorpus prepared, PrepareCorpus(corpus, cache_directory, progress, give_up));
  // Held open for the export: by then another job may have replaced it.
  ASSIGN_OR_RETURN(const std::shared_ptr<const TokenFile> tokens, TokenFile::Open(prepared.path));
  RETURN_IF_ERROR(CheckVocabularySize(job, tokens->words()));
  return PreparedData{
      .file = Absolute(prepared.path),
      .reused = prepared.reused,
      .why_rebuilt = prepared.why_rebuilt,
      .description = tokens->Describe(),
      .items = tokens->words(),
      .fingerprint = tokens->fingerprint(),
      .units = tokens->Units(WordsPerUnit(job, tokens->total_work())),
      .export_data = [tokens](const std::string& directory) { return ExportVocabulary(*tokens, directory); }};
}

// What does not fill a step is left out.
std::vector<Unit> Steps(uint64_t pictures, uint64_t batch) {
  std::vector<Unit> steps;
  for (uint64_t end = batch; end <= pictures; end += batch) steps.push_back({end - batch, end, batch});
  return steps;
}

// What encoder.evaluate_every measures on.
absl::Status PrepareWatch(const job::Job& job, const std::string& cache_directory, const PrepareProgress& progress,
                          const std::atomic<bool>* give_up, PreparedData* prepared) {
  const auto& given = job.encoder().evaluate_path();
  const job::Images& trained = job.data().images();
  const auto& paths = given.empty() ? trained.path() : given;
  job::Images reading = trained;
  if (!given.empty()) {
    // Another set is of whatever layout, and taken whole.
    reading.clear_layout();
    reading.clear_first_of_class();
  }
  ASSIGN_OR_RETURN(
      const PictureSets sets,
      PictureSets::Open(
          {.data = {paths.begin(), paths.end()},
           .first_of_class = reading.first_of_class(),
           .cache_directory = cache_directory,
           .reading = reading,
           .data_name = given.empty() ? "data.images.path" : "encoder.evaluate_path",
           .cure = "give a set that has one as encoder.evaluate_path, or leave encoder.evaluate_every out"},
          progress, give_up));
  prepared->watch_bank_file = Absolute(sets.train_path());
  prepared->watch_test_file = Absolute(sets.test_path());
  return absl::OkStatus();
}

absl::StatusOr<PreparedData> PreparePictures(const job::Job& job, const std::string& cache_directory,
                                             const PrepareProgress& progress, const std::atomic<bool>* give_up) {
  ASSIGN_OR_RETURN(const PreparedImages prepared,
                   PrepareImages(job.data().images(), cache_directory, progress, give_up));
  ASSIGN_OR_RETURN(const auto images, ImageFile::Open(prepared.path));
  RETURN_IF_ERROR(CheckPictures(job, images->size()));
  PreparedData data{.file = Absolute(prepared.path),
                    .reused = prepared.reused,
                    .why_rebuilt = prepared.why_rebuilt,
                    .description = images->Describe(),
                    .items = images->size(),
                    .picture_side = static_cast<uint32_t>(images->UsualSide()),
                    .fingerprint = images->fingerprint(),
                    .units = Steps(images->size(), job.encoder().batch())};
  if (job.encoder().evaluate_every() > 0) {
    RETURN_IF_ERROR(PrepareWatch(job, cache_directory, progress, give_up, &data)) << "encoder.evaluate_every";
  }
  return data;
}

}  // namespace

absl::StatusOr<PreparedData> PrepareData(const job::Job& job, const std::string& cache_directory,
                                         const PreparationProgress& progress) {
  std::atomic<bool> give_up = false;
  const auto report = [&](double fraction, std::string_view phase) { give_up = !progress(fraction, phase); };
  return job.data().has_images() ? PreparePictures(job, cache_directory, report, &give_up)
                                 : PrepareText(job, cache_directory, report, &give_up);
}

}  // namespace shoal
