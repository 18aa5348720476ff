#include "worker/objectives/bank_rows.h"

#include <algorithm>

#include "common/job/tables.h"
#include "common/random.h"
#include "common/status.h"
#include "worker/objectives/random_rows.h"

namespace shoal {
namespace {

constexpr uint64_t kBankStream = 0x62616e6b, kSampleStream = 0x73616d70;

}  // namespace

BankRows::BankRows(const job::Job& job, ParameterClient* client, uint64_t pictures)
    : settings_(job.objective().instance()),
      seed_(job.seed()),
      pictures_(pictures),
      table_(client->table(kBankTable)),
      dim_(table_.layout().dim) {}

absl::Status BankRows::Initialise() {
  RETURN_IF_ERROR(WriteRandomRows(&table_, pictures_, StreamKey(seed_, kBankStream)));
  return table_.Flush();
}

absl::Status BankRows::ReadRows(std::span<const uint64_t> keys, std::vector<float>* out) {
  out->resize(keys.size() * dim_);
  return table_.Read(keys, *out);
}

absl::Status BankRows::Read(const StepPlace& place, StepInput* input) {
  return settings_.loss() == job::InstanceDiscrimination::NCE ? ReadSample(place, input) : ReadAll(place, input);
}

absl::Status BankRows::ReadAll(const StepPlace& place, StepInput* input) {
  if (bank_.empty()) {
    bank_.resize(pictures_ * dim_);
    RETURN_IF_ERROR(table_.Read(0, pictures_, bank_));
  } else {
    RETURN_IF_ERROR(ReadRows(last_step_, &rows_));
    for (size_t i = 0; i < last_step_.size(); ++i) {
      std::copy_n(rows_.data() + i * dim_, dim_, bank_.data() + last_step_[i] * dim_);
    }
    new_rows_.assign(last_step_.begin(), last_step_.end());
    input->changed_candidates = new_rows_;
  }
  last_step_.assign(place.pictures.begin(), place.pictures.end());
  own_numbers_.assign(place.own().begin(), place.own().end());
  input->candidates = bank_;
  input->places = own_numbers_;
  return absl::OkStatus();
}

absl::Status BankRows::ReadSample(const StepPlace& place, StepInput* input) {
  keys_.assign(place.own().begin(), place.own().end());
  RETURN_IF_ERROR(ReadRows(keys_, &positives_));
  CounterRandom random(StreamKey(StreamKey(seed_, kSampleStream), place.step));
  keys_.resize(settings_.negatives());
  for (uint64_t& key : keys_) key = random.NextBelow(static_cast<uint32_t>(pictures_));
  RETURN_IF_ERROR(ReadRows(keys_, &rows_));
  input->candidates = rows_;
  input->positives = positives_;
  return absl::OkStatus();
}

absl::Status BankRows::Write(const StepPlace& place, const StepResult& result) {
  keys_.assign(place.own().begin(), place.own().end());
  return table_.PushGradients(keys_, result.embeddings, static_cast<float>(1 - settings_.momentum()));
}

}  // namespace shoal
