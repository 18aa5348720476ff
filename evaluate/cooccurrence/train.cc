#include "evaluate/cooccurrence/train.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/files.h"
#include "common/job/derived.h"
#include "common/job/job.h"
#include "common/run/run_result.h"
#include "common/status.h"
#include "data/parallel.h"
#include "data/prepare.h"
#include "data/vocabulary.h"
#include "data/word_vectors.h"
#include "evaluate/cooccurrence/context_counts.h"
#include "evaluate/cooccurrence/counting_log.h"
#include "evaluate/cooccurrence/pmi_matrix.h"
#include "evaluate/cooccurrence/truncated_svd.h"

namespace shoal {
namespace {

class Training {
 public:
  Training(const job::Job& job, std::string output_directory, CountingLog* log)
      : job_(job),
        settings_(job.objective().cooccurrence()),
        output_directory_(std::move(output_directory)),
        threads_(ThreadsToUse(job.data().corpus().threads())),
        log_(log) {}

  absl::Status Run() {
    RETURN_IF_ERROR(Prepare());
    ASSIGN_OR_RETURN(const SparseMatrix matrix, Count());
    ASSIGN_OR_RETURN(const TruncatedSvd svd, Decompose(matrix));
    RETURN_IF_ERROR(WriteVectors(svd));
    RETURN_IF_ERROR(WriteVocabulary());
    EndPhase("export");
    return absl::OkStatus();
  }

  // result.json, and the last event of the log.
  absl::Status Report(const absl::Status& outcome) {
    const RunResult result{.done = outcome.ok(),
                           .reason = std::string(ToStd(outcome.message())),
                           .words = words(),
                           .seconds = seconds(),
                           .words_per_second = seconds() > 0 ? words() / seconds() : 0,
                           .seconds_by_phase = phases_,
                           .files = files_,
                           .workers = 1};
    log_->Ended(result);
    return result.Write(output_directory_);
  }

  void PrintPhases() const {
    for (const auto& [phase, phase_seconds] : phases_) {
      log_->Print(absl::StrFormat("  %-24s %8.2f s", phase, phase_seconds));
    }
    for (const std::string& file : files_) log_->Print(Cat("wrote ", file));
  }

 private:
  uint64_t words() const { return tokens_ ? tokens_->tokens() : 0; }
  // Of all but the preparation, which other runs share.
  double seconds() const {
    double sum = 0;
    for (const auto& [phase, phase_seconds] : phases_) sum += phase == "prepare" ? 0 : phase_seconds;
    return sum;
  }
  void EndPhase(const char* name) {
    const double elapsed = log_->elapsed_seconds();
    phases_.emplace_back(name, elapsed - phase_began_);
    phase_began_ = elapsed;
  }

  absl::Status Prepare() {
    ASSIGN_OR_RETURN(
        const PreparedCorpus prepared,
        PrepareCorpus(job_.data().corpus(), CacheDirectory(job_, output_directory_),
                      [&](double fraction, std::string_view phase) { log_->Progressed(phase, fraction); }));
    ASSIGN_OR_RETURN(tokens_, TokenFile::Open(prepared.path));
    log_->Prepared(prepared, *tokens_);
    EndPhase("prepare");
    if (tokens_->words() >= settings_.dim()) return absl::OkStatus();
    return InvalidArgument("objective.cooccurrence.dim is ", settings_.dim(), ", more than the vocabulary's ",
                           tokens_->words(), " words; lower it, or data.corpus.min_count");
  }

  absl::StatusOr<SparseMatrix> Count() {
    const ContextWindow window{.reach = settings_.window(),
                               .weigh_distance = settings_.weighting() == job::Cooccurrence::LINEAR};
    const ContextCounts counts(*tokens_, window);
    const PmiOptions options{.context_power = settings_.context_power(),
                             .shift = settings_.shift(),
                             .max_entries = settings_.max_entries(),
                             .threads = threads_};
    auto matrix = ComputePmiMatrix(counts, options, [&](double fraction) { log_->Progressed("counting", fraction); });
    EndPhase("count");
    if (matrix.ok()) log_->Print(Cat("matrix: ", matrix->rows, " words, ", matrix->entries(), " positive entries"));
    return matrix;
  }

  absl::StatusOr<TruncatedSvd> Decompose(const SparseMatrix& matrix) {
    const SvdOptions options{.rank = settings_.dim(),
                             .power_iterations = settings_.power_iterations(),
                             .seed = job_.seed(),
                             .threads = threads_};
    auto svd = ComputeTruncatedSvd(matrix, options, [&](double fraction) { log_->Progressed("svd", fraction); });
    EndPhase("svd");
    return svd;
  }

  absl::Status WriteVectors(const TruncatedSvd& svd) {
    const std::string path = Cat(output_directory_, "/", kVectorsFileName);
    const Eigen::ArrayXf scales = svd.singular_values.array().pow(static_cast<float>(settings_.singular_value_power()));
    ASSIGN_OR_RETURN(auto writer, WordVectorsWriter::Create(path, tokens_->words(), settings_.dim()));
    std::vector<float> row(settings_.dim());
    for (uint64_t word = 0; word < tokens_->words(); ++word) {
      Eigen::Map<Eigen::ArrayXf>(row.data(), row.size()) = svd.left.row(word).transpose().array() * scales;
      RETURN_IF_ERROR(writer->Append(tokens_->word(word), row));
    }
    RETURN_IF_ERROR(writer->Commit());
    files_.push_back(path);
    return absl::OkStatus();
  }

  absl::Status WriteVocabulary() {
    const std::string path = Cat(output_directory_, "/", kVocabularyFileName);
    RETURN_IF_ERROR(tokens_->WriteVocabulary(path));
    files_.push_back(path);
    return absl::OkStatus();
  }

  const job::Job& job_;
  const job::Cooccurrence& settings_;
  const std::string output_directory_;
  const uint32_t threads_;
  CountingLog* const log_;
  std::unique_ptr<TokenFile> tokens_;
  SecondsByPhase phases_;
  double phase_began_ = 0;
  std::vector<std::string> files_;
};

}  // namespace

absl::Status TrainCooccurrence(const job::Job& job, const std::string& output_directory, Clock* clock) {
  RETURN_IF_ERROR(MakeDirectories(output_directory));
  RunResult::Remove(output_directory);
  RETURN_IF_ERROR(WriteFileAtomically(Cat(output_directory, "/job.textproto"), PrintJob(job)));
  ASSIGN_OR_RETURN(const auto log, CountingLog::Create(output_directory, clock, !job.progress().quiet()));
  log->Start(job);
  Training training(job, output_directory, log.get());
  const absl::Status outcome = training.Run();
  const absl::Status reported = training.Report(outcome);
  if (outcome.ok()) training.PrintPhases();
  return outcome.ok() ? reported : outcome;
}

}  // namespace shoal
