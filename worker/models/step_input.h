// StepInput: what a training step of an image encoder takes, how it is checked, and its parts.
//
// Thread rule: a value; pure functions, safe from any thread. It refers to its caller's memory.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "worker/augment/picture_batch.h"
#include "worker/models/learner_settings.h"

namespace shoal {

// Pictures come in one of three forms, of which the views are the same: as floats, normalised as the backbone's users
// will normalise theirs; as levels of 8 bits, which the learner normalises so; or decoded, with what was drawn for
// them.
struct StepInput {
  std::span<const float> first_views;  // [batch, size, size, 3]; MoCo's queries.
  // Alike; MoCo's keys. None with instance discrimination. Quickest where they follow the first views in memory.
  std::span<const float> second_views;
  // In place of both, alike.
  std::span<const uint8_t> first_levels, second_levels;
  // In place of all of these: [batch] views each, of `decoded`, which is null else.
  const PictureBatch* decoded = nullptr;
  std::span<const BatchView> first_drawn, second_drawn;
  // Rows of embeddings [rows, dim], of length 1: MoCo's queue, in which this batch's keys are not yet; or the whole
  // bank; or the rows of the bank that are the sample of negatives.
  std::span<const float> candidates;
  // Of them, all rows that are other than in the learner's last step; without a value any may be.
  std::optional<std::span<const int64_t>> changed_candidates;
  std::span<const int64_t> places;   // [batch] Of kInstanceSoftmax: the pictures' rows of the bank, by number.
  std::span<const float> positives;  // [batch, dim] Of kInstanceNce: the pictures' rows of the bank.
  // Of kMoco, where the second views are of other pictures than the first (worker/images/key_order.h): [workers *
  // batch], the same on all workers: the place, among the pictures of all workers, of the picture that second view i of
  // all workers' is of. Empty: each is of its first view's. Not with `symmetric`.
  std::span<const uint32_t> key_places;
  double learning_rate = 0;
  // Whether the caller looks at QueryParameters() before the next step: what fails on their way is this step's error
  // then.
  bool parameters_are_read = false;
};

// Of `parts` equal parts of a span, the one numbered `part`.
template <typename T>
std::span<T> PartOfSpan(std::span<T> span, int part, int parts) {
  const size_t count = span.size() / parts;
  return span.subspan(part * count, count);
}

// How a learner's inputs must be.
struct StepForm {
  const LearnerSettings& settings;
  size_t dim = 0;  // Of embeddings.
  size_t workers = 1;

  size_t picture_floats() const { return size_t{3} * settings.image_size * settings.image_size; }
  size_t pictures(const StepInput& input) const {
    return (input.first_views.size() + input.first_levels.size()) / picture_floats() + input.first_drawn.size();
  }

  // InvalidArgument names the span of `input` whose size is not what the settings and the other spans say.
  absl::Status Check(const StepInput& input) const;

  // What belongs to the pictures of the step's part number `part`, but for their views, with all candidates.
  StepInput PartOf(const StepInput& input, int part) const;

 private:
  bool TakesTwoViews() const {
    return settings.method == ContrastiveMethod::kSimClr || settings.method == ContrastiveMethod::kMoco;
  }
  absl::Status CheckViews(const StepInput& input) const;
  // `what` are `first` values, and the second ones so many, of `each` for a picture.
  absl::Status CheckPictures(std::string_view what, size_t first, size_t second, size_t each) const;
  absl::Status CheckRows(const StepInput& input) const;
  absl::Status CheckKeyPlaces(const StepInput& input) const;
};

}  // namespace shoal
