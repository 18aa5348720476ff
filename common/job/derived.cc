#include "common/job/derived.h"

#include <algorithm>
#include <filesystem>

namespace shoal {

std::string CacheDirectory(const job::Job& job, const std::string& output_directory) {
  namespace fs = std::filesystem;
  const std::string& chosen =
      job.data().has_images() ? job.data().images().cache_directory() : job.data().corpus().cache_directory();
  if (!chosen.empty()) return fs::absolute(chosen).lexically_normal();
  fs::path output = fs::absolute(output_directory).lexically_normal();
  if (!output.has_filename()) output = output.parent_path();  // It ends with a slash, and would be its own parent.
  return output.parent_path() / ".shoal-cache";
}

uint64_t WordsPerUnit(const job::Job& job, uint64_t words) {
  if (TrainsInRounds(job)) {
    return std::min<uint64_t>(job.data().corpus().unit_words(), kWordsOfAStrictUnit);
  }
  return std::min<uint64_t>(job.data().corpus().unit_words(),
                            std::max(kWordsOfAUnitAtLeast, words / kUnitsPerEpochAtLeast));
}

uint64_t MaxSentenceWords(const job::Job& job) {
  const uint64_t asked = job.data().corpus().max_sentence_words();
  if (!TrainsInRounds(job)) return asked;
  const uint64_t piece = job.objective().skip_gram().sentence_limit();
  return std::min(asked, std::max(piece, kWordsOfAStrictUnit / piece * piece));
}

bool TrainsImages(const job::Job& job) {
  return job.objective().has_simclr() || job.objective().has_moco() || job.objective().has_instance();
}

std::string_view WorkName(const job::Job& job) { return TrainsImages(job) ? "pictures" : "words"; }

bool TrainsInRounds(const job::Job& job) { return job.determinism() == job::Job::STRICT && !TrainsImages(job); }

bool TakesCheckpoints(const job::Job& job) {
  return job.checkpoint().interval_seconds() > 0 || job.checkpoint().interval_epochs() > 0 || job.checkpoint().at_end();
}

}  // namespace shoal
