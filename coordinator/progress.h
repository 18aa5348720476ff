// Progress: what the workers have done so far, from their reports: sums, rates and what is left.
//
// Thread rule: belongs to the coordinator's thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "proto/checkpoint.pb.h"
#include "proto/wire.pb.h"

namespace shoal {

// The job at one moment, as shown to people, written to log.jsonl (docs/formats/log.md) and served as metrics.
struct ProgressSnapshot {
  uint32_t epoch = 1;  // From 1: where the words passed so far end.
  uint32_t epochs = 1;
  double fraction = 0;              // Of the whole plan.
  std::string_view work = "words";  // What is counted: words, or pictures.
  uint64_t words = 0;               // Over all epochs.
  double words_per_second = 0;      // Since the last snapshot.
  // Mean a pair since the last snapshot; the last known one where none was measured, and none before the first.
  std::optional<double> loss;
  double learning_rate = 0;  // The latest that was reported.
  double eta_seconds = 0;    // At a rate smoothed over kRateMemory.
  // Means since the last snapshot, of an image encoder; the last known ones where none were measured.
  std::optional<wire::EmbeddingFigures> embeddings;
};

class Progress {
 public:
  // Rates older than this count little for the estimate of what is left.
  static constexpr absl::Duration kRateMemory = absl::Seconds(15);

  // `before`: the sums of the lives that the job has had already, from its checkpoint.
  Progress(uint32_t epochs, uint64_t words_total, absl::Time start, const checkpoint::Progress& before = {});

  // The sums so far.
  checkpoint::Progress Save(absl::Time now) const;

  // `epoch` is that of the report's lease, from 0.
  void Add(const wire::UnitProgress& report, uint32_t epoch);

  // What was done since the last call, and since the start. Call it once an interval.
  ProgressSnapshot Take(absl::Time now);

  uint64_t words() const { return words_; }
  uint64_t pairs() const { return pairs_; }
  // CPU time of all processes in the lives before this one.
  double cpu_seconds_before() const { return cpu_seconds_before_; }
  // The last measurement of this life.
  const std::optional<wire::KnnFigure>& knn() const { return knn_; }
  // Of training, in all lives.
  double seconds(absl::Time now) const { return seconds_before_ + absl::ToDoubleSeconds(now - start_); }
  // While it did not stand still to be measured.
  double mean_words_per_second(absl::Time now) const;
  // The mean loss a pair over the last epoch that was reported on; none where none was measured.
  std::optional<double> loss_of_last_epoch() const { return last_epoch_loss_.mean(); }
  // By phase name, summed over the workers. At most kMaxPhases names are kept.
  static constexpr size_t kMaxPhases = 32;
  const std::map<std::string, double>& worker_seconds_by_phase() const { return phases_; }

 private:
  struct Mean {
    double sum = 0;
    uint64_t count = 0;
    std::optional<double> mean() const {
      return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
    }
  };

  void TakeEmbeddings();

  const uint32_t epochs_;
  const uint64_t words_total_;
  const double seconds_before_;
  const double cpu_seconds_before_;
  const absl::Time start_;
  absl::Time last_taken_;
  uint64_t words_ = 0;
  uint64_t pairs_ = 0;
  uint64_t words_at_last_take_ = 0;
  double smoothed_rate_ = 0;
  std::optional<double> last_loss_;
  double learning_rate_ = 0;
  Mean interval_loss_;
  uint32_t last_epoch_ = 0;
  Mean last_epoch_loss_;
  // Sums over the steps since the last snapshot, and the last means.
  wire::EmbeddingFigures embedding_sums_;
  std::optional<wire::EmbeddingFigures> last_embeddings_;
  std::optional<wire::KnnFigure> knn_;
  double measuring_seconds_ = 0, measuring_seconds_at_last_take_ = 0;
  std::map<std::string, double> phases_;
};

}  // namespace shoal
