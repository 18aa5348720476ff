#include "data/prepare.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/files.h"
#include "common/log.h"
#include "common/status.h"
#include "data/corpus_encode.h"
#include "data/corpus_files.h"
#include "data/corpus_key.h"
#include "data/corpus_scan.h"
#include "data/parallel.h"
#include "data/token_file.h"
#include "data/token_file_writer.h"
#include "data/vocabulary.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

// Of the whole time, what reading and counting takes.
constexpr double kScanShare = 0.85;
// A file to be reused is verified whole up to this size; of a larger one, workers verify each unit before they read it.
constexpr uint64_t kMostVerifiedTokens = uint64_t{1} << 30;
// Between two looks at whether it is given up: some ten milliseconds.
constexpr uint64_t kTokensVerifiedAtOnce = uint64_t{1} << 24;

class Preparation {
 public:
  Preparation(const job::Corpus& corpus, const PrepareProgress& progress, const std::atomic<bool>* give_up)
      : corpus_(corpus),
        reports_(progress),
        give_up_(give_up),
        threads_(ThreadsToUse(corpus.threads())),
        start_(Clock::Real().Now()) {}

  absl::StatusOr<PreparedCorpus> Run(const std::string& folder) {
    ASSIGN_OR_RETURN(files_, FindCorpusFiles({corpus_.path().begin(), corpus_.path().end()}));
    if (const uint64_t again = FilesTakenAgain(files_); again > 0) {
      LogWarning(Paths(), ": ", again, " of ", files_.size(),
                 " files are others of them by another path or a link; they are taken again");
    }
    ASSIGN_OR_RETURN(key_, MakeCorpusKey(corpus_, files_));
    RETURN_IF_ERROR(MakeDirectories(folder)) << "the cache folder (data.corpus.cache_directory can name another)";
    result_.path = (fs::path(folder) / key_.file_name()).string();
    ASSIGN_OR_RETURN(result_.reused, Reuse());
    if (!result_.reused) {
      RETURN_IF_ERROR(Build(folder));
    }
    LogCounts(result_.counts);
    reports_.Report(1, "prepared", /*always=*/true);
    result_.seconds = absl::ToDoubleSeconds(Clock::Real().Now() - start_);
    return std::move(result_);
  }

 private:
  // Whether an earlier run's file serves; where there is one that doesn't, says why.
  absl::StatusOr<bool> Reuse() {
    std::error_code error;
    if (!fs::exists(result_.path, error)) return false;
    const absl::StatusOr<std::unique_ptr<TokenFile>> file = TokenFile::Open(result_.path);
    absl::Status status = file.status();
    if (status.ok()) {
      result_.why_rebuilt = DifferenceOfKeys((*file)->key(), key_);
      if (!result_.why_rebuilt.empty()) result_.why_rebuilt = Cat("stale: ", result_.why_rebuilt);
    }
    if (status.ok() && result_.why_rebuilt.empty() && (*file)->tokens() <= kMostVerifiedTokens) {
      status = Verify(**file);
      if (absl::IsAborted(status)) return status;
    }
    if (!status.ok()) result_.why_rebuilt = Cat("damaged: ", ToStd(status.message()));
    if (!result_.why_rebuilt.empty()) {
      LogInfo("preparing ", result_.path, " again; the file there is ", result_.why_rebuilt);
      return false;
    }
    result_.counts = (*file)->corpus_counts();
    return true;
  }

  absl::Status Verify(const TokenFile& file) {
    const uint64_t sentences = file.sentences();
    for (const Unit& part : file.Units(kTokensVerifiedAtOnce)) {
      reports_.Report(static_cast<double>(part.begin) / static_cast<double>(sentences), "verifying",
                      /*always=*/part.begin == 0);
      RETURN_IF_ERROR(CheckGivenUp("verification of the token file"));
      RETURN_IF_ERROR(file.VerifyTokens(part.begin, part.end));
    }
    return absl::OkStatus();
  }

  absl::Status CheckGivenUp(std::string_view what) const {
    if (give_up_ == nullptr || !*give_up_) return absl::OkStatus();
    return Aborted("the ", what, " was given up");
  }

  absl::Status Build(const std::string& folder) {
    std::optional<Vocabulary> given;
    if (!corpus_.vocabulary_file().empty()) {
      // Before the text, which may take hours, as it may be wrong.
      ASSIGN_OR_RETURN(given, Vocabulary::Read(corpus_.vocabulary_file(), Limits()));
    }
    ScanOptions options{.corpus = corpus_, .threads = threads_, .spill_folder = folder, .give_up = give_up_};
    options.progress = [this](double fraction) { reports_.Report(kScanShare * fraction, "reading"); };
    ASSIGN_OR_RETURN(ScannedCorpus scanned, ScanCorpus(files_, options));
    result_.counts = scanned.counts;
    RETURN_IF_ERROR(CheckWordsRead());
    if (!given) {
      ASSIGN_OR_RETURN(given, CountedVocabulary(&scanned));
    }
    const Vocabulary& vocabulary = *given;
    ASSIGN_OR_RETURN(auto writer,
                     TokenFileWriter::Create(result_.path, vocabulary, key_.text(), corpus_.max_sentence_words()));
    const auto progress = [this](double fraction) {
      reports_.Report(kScanShare + (1 - kScanShare) * fraction, "writing");
    };
    reports_.Report(kScanShare, "writing", /*always=*/true);
    RETURN_IF_ERROR(EncodeCorpus(scanned, vocabulary, threads_, progress, give_up_, writer.get()));
    result_.counts.sentences_cut = writer->sentences_cut();
    if (writer->tokens() == 0) {
      return InvalidArgument("data.corpus.vocabulary_file: none of the ", vocabulary.size(), " words of ",
                             corpus_.vocabulary_file(), " occurs in ", Paths(),
                             "; were they made with the same normalisation?");
    }
    RETURN_IF_ERROR(CheckUnchanged());
    return writer->Commit(result_.counts);
  }

  VocabularyLimits Limits() const { return {.min_count = corpus_.min_count(), .max_words = corpus_.max_words()}; }

  absl::Status CheckWordsRead() const {
    const CorpusCounts& counts = result_.counts;
    if (counts.words_read > 0) return absl::OkStatus();
    return InvalidArgument("data.corpus.path: ", Paths(), " has no words: ", counts.files, " files, ",
                           counts.text_bytes, " bytes of text, none of it words in the normal form ",
                           job::Corpus::Normalisation_Name(corpus_.normalisation()),
                           "; name another path or data.corpus.normalisation");
  }

  absl::StatusOr<Vocabulary> CountedVocabulary(ScannedCorpus* scanned) {
    CorpusCounts& counts = result_.counts;
    TypeCounter& types = *scanned->types;
    if (types.types_pruned() > 0) {
      RETURN_IF_ERROR(CountPrunedAgain(*scanned));
    }
    counts.types_read = types.types().size();
    Vocabulary vocabulary = Vocabulary::FromCounts(types.types(), types.counts(), Limits());
    if (vocabulary.size() == 0) {
      const uint64_t most = *std::max_element(types.counts().begin(), types.counts().end());
      return InvalidArgument("data.corpus.min_count is ", corpus_.min_count(), ", and the commonest of the ",
                             counts.types_read, " distinct words of ", Paths(), " occurs ", most,
                             " times; lower it: --set data.corpus.min_count=", most);
    }
    return vocabulary;
  }

  // Words that were in and out of the full table get their exact counts.
  absl::Status CountPrunedAgain(const ScannedCorpus& scanned) {
    TypeCounter& types = *scanned.types;
    ChunkDictionary dictionary;
    types.BeginRecount();
    for (const ChunkPlace& chunk : scanned.chunks) {
      reports_.Report(kScanShare, "counting again", /*always=*/&chunk == &scanned.chunks.front());
      RETURN_IF_ERROR(CheckGivenUp("second counting of the corpus"));
      RETURN_IF_ERROR(scanned.store->ReadDictionary(chunk, &dictionary));
      types.Recount(dictionary);
    }
    uint64_t kept = 0;
    for (const uint64_t count : types.counts()) kept += count;
    CorpusCounts& counts = result_.counts;
    counts.types_pruned = types.types_pruned();
    counts.words_pruned = counts.words_read - kept;
    counts.highest_pruned = types.highest_pruned();
    return absl::OkStatus();
  }

  // A corpus that changed under the reading would be stored under a key that is not its own.
  absl::Status CheckUnchanged() const {
    ASSIGN_OR_RETURN(const auto files, FindCorpusFiles({corpus_.path().begin(), corpus_.path().end()}));
    if (files == files_) return absl::OkStatus();
    return Aborted("data.corpus.path: ", Paths(), " changed while it was read; start again when it is complete");
  }

  void LogCounts(const CorpusCounts& counts) const {
    if (counts.types_pruned > 0) {
      LogWarning(Paths(), " has more than data.corpus.max_types_in_memory = ", corpus_.max_types_in_memory(),
                 " distinct words; the rarest were pruned ", counts.types_pruned, " times, ", counts.words_pruned,
                 " of ", counts.words_read, " words went with them. No word that was ever more frequent than ",
                 counts.highest_pruned, " between two prunings is lost");
    }
    if (counts.invalid_utf8 > 0) LogWarning(Paths(), ": ", counts.invalid_utf8, " invalid UTF-8 sequences replaced");
    if (counts.nul_bytes > 0) LogWarning(Paths(), ": ", counts.nul_bytes, " NUL bytes taken as white space");
    if (counts.words_too_long > 0) {
      LogWarning(Paths(), ": ", counts.words_too_long, " words of more than ", kMaxWordBytes, " bytes dropped");
    }
  }

  // "corpus.txt", or "corpus.txt and 3 more paths".
  std::string Paths() const {
    const int more = corpus_.path_size() - 1;
    return Cat(corpus_.path(0), more == 0 ? "" : more == 1 ? " and one more path" : Cat(" and ", more, " more paths"));
  }

  const job::Corpus& corpus_;
  ProgressReports reports_;
  const std::atomic<bool>* const give_up_;
  const uint32_t threads_;
  const absl::Time start_;
  std::vector<FoundFile> files_;
  PreparedKey key_;
  PreparedCorpus result_;
};

}  // namespace

absl::StatusOr<PreparedCorpus> PrepareCorpus(const job::Corpus& corpus, const std::string& cache_directory,
                                             const PrepareProgress& progress, const std::atomic<bool>* give_up) {
  const std::string& folder = corpus.cache_directory().empty() ? cache_directory : corpus.cache_directory();
  return Preparation(corpus, progress, give_up).Run(folder.empty() ? "." : folder);
}

}  // namespace shoal
