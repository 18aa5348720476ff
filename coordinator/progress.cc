#include "coordinator/progress.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/embedding_figures.h"

namespace shoal {
namespace {

// As workers report it (proto/wire.proto).
constexpr std::string_view kMeasuringPhase = "evaluate";

}  // namespace

Progress::Progress(uint32_t epochs, uint64_t words_total, absl::Time start, const checkpoint::Progress& before)
    : epochs_(epochs),
      words_total_(words_total),
      seconds_before_(before.seconds()),
      cpu_seconds_before_(before.cpu_seconds()),
      start_(start),
      last_taken_(start),
      words_(before.words()),
      pairs_(before.pairs()),
      words_at_last_take_(before.words()),
      last_epoch_(before.last_epoch()),
      last_epoch_loss_{.sum = before.loss_sum(), .count = before.loss_pairs()},
      measuring_seconds_(before.measuring_seconds()),
      measuring_seconds_at_last_take_(before.measuring_seconds()) {}

checkpoint::Progress Progress::Save(absl::Time now) const {
  checkpoint::Progress saved;
  saved.set_words(words_);
  saved.set_pairs(pairs_);
  saved.set_seconds(seconds(now));
  saved.set_last_epoch(last_epoch_);
  saved.set_loss_sum(last_epoch_loss_.sum);
  saved.set_loss_pairs(last_epoch_loss_.count);
  saved.set_measuring_seconds(measuring_seconds_);
  return saved;
}

void Progress::Add(const wire::UnitProgress& report, uint32_t epoch) {
  words_ += report.words();
  pairs_ += report.pairs();
  if (report.words() > 0) learning_rate_ = report.learning_rate();
  if (epoch > last_epoch_) {
    last_epoch_ = epoch;
    last_epoch_loss_ = {};
  }
  // Workers may overlap at the turn of an epoch: a late report on the old one does not count for the other.
  for (Mean* mean : {&interval_loss_, epoch == last_epoch_ ? &last_epoch_loss_ : nullptr}) {
    if (mean == nullptr) continue;
    mean->sum += report.loss_sum();
    mean->count += report.loss_pairs();
  }
  if (report.has_embeddings()) AddEmbeddingFigures(report.embeddings(), &embedding_sums_);
  if (report.has_knn()) knn_ = report.knn();
  for (const wire::Phase& phase : report.phase()) {
    // One worker measures, and the others wait for it.
    if (phase.name() == kMeasuringPhase) measuring_seconds_ += phase.seconds();
    const auto known = phases_.find(phase.name());
    if (known != phases_.end()) {
      known->second += phase.seconds();
    } else if (phases_.size() < kMaxPhases) {
      phases_.emplace(phase.name(), phase.seconds());
    }
  }
}

void Progress::TakeEmbeddings() {
  if (embedding_sums_.steps() == 0) return;
  const auto steps = static_cast<double>(embedding_sums_.steps());
  wire::EmbeddingFigures& means = last_embeddings_.emplace(std::exchange(embedding_sums_, {}));
  means.set_accuracy(means.accuracy() / steps);
  means.set_alignment(means.alignment() / steps);
  means.set_uniformity(means.uniformity() / steps);
  means.set_spread(means.spread() / steps);
}

double Progress::mean_words_per_second(absl::Time now) const {
  const double training = seconds(now) - measuring_seconds_;
  return training > 0 ? static_cast<double>(words_) / training : 0;
}

ProgressSnapshot Progress::Take(absl::Time now) {
  const absl::Duration interval = now - last_taken_;
  const double measuring = measuring_seconds_ - std::exchange(measuring_seconds_at_last_take_, measuring_seconds_);
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(interval) - measuring);
  const double rate = seconds > 0 ? static_cast<double>(words_ - words_at_last_take_) / seconds : 0;
  // Until kRateMemory has passed, all intervals count alike.
  const double memory = absl::ToDoubleSeconds(std::min(now - start_, kRateMemory));
  if (memory > 0) smoothed_rate_ += std::min(1.0, seconds / memory) * (rate - smoothed_rate_);
  if (interval_loss_.count > 0) last_loss_ = interval_loss_.mean();
  interval_loss_ = {};
  words_at_last_take_ = words_;
  last_taken_ = now;
  TakeEmbeddings();

  ProgressSnapshot snapshot;
  snapshot.epochs = epochs_;
  snapshot.fraction = std::min(1.0, static_cast<double>(words_) / static_cast<double>(words_total_));
  snapshot.epoch = std::min(epochs_, static_cast<uint32_t>(snapshot.fraction * epochs_) + 1);
  snapshot.words = words_;
  snapshot.words_per_second = rate;
  snapshot.loss = last_loss_;
  snapshot.learning_rate = learning_rate_;
  snapshot.embeddings = last_embeddings_;
  const uint64_t left = words_total_ - std::min(words_, words_total_);
  snapshot.eta_seconds = smoothed_rate_ > 0 ? static_cast<double>(left) / smoothed_rate_ : 0;
  return snapshot;
}

}  // namespace shoal
