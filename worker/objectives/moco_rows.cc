#include "worker/objectives/moco_rows.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "common/job/tables.h"
#include "common/status.h"
#include "worker/images/key_order.h"
#include "worker/objectives/random_rows.h"

namespace shoal {
namespace {

constexpr uint64_t kQueueStream = 0x71756575;

}  // namespace

MocoRows::MocoRows(const job::Job& job, ParameterClient* client, ContrastiveLearner* learner, int rank, int workers)
    : settings_(job.objective().moco()),
      batch_(job.encoder().batch()),
      seed_(job.seed()),
      key_table_(client->table(kKeyEncoderTable)),
      queue_table_(client->table(kQueueTable)),
      learner_(*learner),
      rank_(rank),
      workers_(workers),
      dim_(learner->dim()),
      key_encoder_(&key_table_, learner->KeyParameters().size()) {}

absl::Status MocoRows::Initialise() {
  RETURN_IF_ERROR(key_encoder_.Write(learner_.QueryParameters(), /*rate=*/1));
  RETURN_IF_ERROR(WriteRandomRows(&queue_table_, settings_.queue(), StreamKey(seed_, kQueueStream)));
  RETURN_IF_ERROR(key_table_.Flush());
  return queue_table_.Flush();
}

double MocoRows::MomentumAt(const job::MoCo& settings, double progress) {
  if (settings.momentum_schedule() == job::MoCo::CONSTANT) return settings.momentum();
  return 1 - (1 - settings.momentum()) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

absl::Status MocoRows::ReadQueue(uint64_t first, uint64_t count) {
  return queue_table_.Read(first, count, std::span(queue_).subspan(first * dim_, count * dim_));
}

absl::Status MocoRows::Read(const StepPlace& place, StepInput* input) {
  const uint64_t interval = settings_.key_sync_interval();
  if (queue_.empty() || place.step % interval == 0) {
    RETURN_IF_ERROR(key_encoder_.Read(learner_.KeyParameters()));
  }
  if (queue_.empty()) {
    queue_.resize(settings_.queue() * dim_);
    RETURN_IF_ERROR(ReadQueue(0, settings_.queue()));
  } else {
    RETURN_IF_ERROR(ReadQueue(FirstRow(place.step - 1), keys_of_a_step()));
    new_rows_.resize(keys_of_a_step());
    std::iota(new_rows_.begin(), new_rows_.end(), static_cast<int64_t>(FirstRow(place.step - 1)));
    input->changed_candidates = new_rows_;
  }
  input->candidates = queue_;
  input->parameters_are_read = WritesKeyEncoder(place.step);
  if (settings_.shuffle()) {
    key_order_ = KeyOrder(seed_, place.step, batch_);
    input->key_places = key_order_;
  }
  return absl::OkStatus();
}

absl::Status MocoRows::WriteKeys(uint64_t first_row, std::span<const float> keys) {
  row_numbers_.resize(keys.size() / dim_);
  std::iota(row_numbers_.begin(), row_numbers_.end(), first_row);
  return queue_table_.PushGradients(row_numbers_, keys, /*learning_rate=*/1);
}

absl::Status MocoRows::Write(const StepPlace& place, const StepResult& result) {
  const uint64_t floats = place.count * dim_;
  for (uint64_t half = 0; half < keys_of_a_step() / batch_; ++half) {
    RETURN_IF_ERROR(WriteKeys(FirstRow(place.step) + half * batch_ + place.first,
                              result.embeddings.subspan(half * floats, floats)));
  }
  if (!WritesKeyEncoder(place.step)) return absl::OkStatus();
  // As far as `interval` moving averages towards the same parameters would go.
  const double keep =
      std::pow(MomentumAt(settings_, place.progress), static_cast<double>(settings_.key_sync_interval()));
  return key_encoder_.Write(learner_.QueryParameters(), static_cast<float>(1 - keep), rank_, workers_);
}

}  // namespace shoal
