#include "worker/models/step_input.h"

#include <vector>

#include "common/status.h"

namespace shoal {

absl::Status StepForm::Check(const StepInput& input) const {
  RETURN_IF_ERROR(CheckViews(input));
  RETURN_IF_ERROR(CheckRows(input));
  return CheckKeyPlaces(input);
}

absl::Status StepForm::CheckPictures(std::string_view what, size_t first, size_t second, size_t each) const {
  if (first == 0 || first % each != 0) {
    return InvalidArgument("first_", what, ": ", first, " values are not pictures of ", settings.image_size, " x ",
                           settings.image_size, " x 3 = ", each, " each");
  }
  if (second != (TakesTwoViews() ? first : 0)) {
    return InvalidArgument("second_", what, ": ", second, " values, expected ", TakesTwoViews() ? first : 0);
  }
  return absl::OkStatus();
}

absl::Status StepForm::CheckViews(const StepInput& input) const {
  const bool has_levels = !input.first_levels.empty() || !input.second_levels.empty();
  const bool has_floats = !input.first_views.empty() || !input.second_views.empty();
  if (has_levels + has_floats + (input.decoded != nullptr) > 1) {
    return InvalidArgument("first_views, first_levels, decoded: a step takes pictures in one form");
  }
  if (input.decoded != nullptr) {
    RETURN_IF_ERROR(CheckPictures("drawn", input.first_drawn.size(), input.second_drawn.size(), 1));
    if (settings.augmentation.size != settings.image_size) {
      return InvalidArgument("decoded: the settings draw views of ", settings.augmentation.size,
                             " pixels, and the encoder takes ", settings.image_size);
    }
  } else if (has_levels) {
    RETURN_IF_ERROR(CheckPictures("levels", input.first_levels.size(), input.second_levels.size(), picture_floats()));
  } else {
    RETURN_IF_ERROR(CheckPictures("views", input.first_views.size(), input.second_views.size(), picture_floats()));
  }
  const size_t batch = pictures(input);
  if (batch > static_cast<size_t>(settings.max_batch)) {
    return InvalidArgument("first_views: ", batch, " pictures, more than the limit of ", settings.max_batch, " a step");
  }
  if (batch % settings.accumulation_steps != 0) {
    return InvalidArgument("first_views: ", batch, " pictures do not divide into ", settings.accumulation_steps,
                           " parts of accumulation");
  }
  if (batch % settings.encoder.batch_norm_parts != 0) {
    return InvalidArgument("first_views: ", batch, " pictures do not divide into ", settings.encoder.batch_norm_parts,
                           " parts of batch normalisation");
  }
  return absl::OkStatus();
}

absl::Status StepForm::CheckRows(const StepInput& input) const {
  const size_t batch = pictures(input), floats = input.candidates.size();
  const bool has_candidates = settings.method != ContrastiveMethod::kSimClr;
  if (has_candidates ? floats == 0 || floats % dim != 0 : floats != 0) {
    return InvalidArgument("candidates: ", floats, " floats, expected ",
                           has_candidates ? Cat("rows of ", dim, ", one at least") : "none");
  }
  for (const int64_t row : input.changed_candidates.value_or(std::span<const int64_t>())) {
    if (row < 0 || row >= static_cast<int64_t>(floats / dim)) {
      return InvalidArgument("changed_candidates: row ", row, " of ", floats / dim);
    }
  }
  const size_t rows = settings.method == ContrastiveMethod::kInstanceSoftmax ? batch : 0;
  if (input.places.size() != rows) {
    return InvalidArgument("places: ", input.places.size(), " numbers, expected ", rows);
  }
  for (const int64_t row : input.places) {
    if (row < 0 || row >= static_cast<int64_t>(floats / dim)) {
      return InvalidArgument("places: row ", row, " of a bank of ", floats / dim);
    }
  }
  const size_t positives = settings.method == ContrastiveMethod::kInstanceNce ? batch * dim : 0;
  if (input.positives.size() != positives) {
    return InvalidArgument("positives: ", input.positives.size(), " floats, expected ", positives);
  }
  return absl::OkStatus();
}

absl::Status StepForm::CheckKeyPlaces(const StepInput& input) const {
  if (input.key_places.empty()) return absl::OkStatus();
  const size_t expected =
      settings.method == ContrastiveMethod::kMoco && !settings.symmetric ? workers * pictures(input) : 0;
  if (input.key_places.size() != expected) {
    return InvalidArgument("key_places: ", input.key_places.size(), " numbers, expected ", expected);
  }
  std::vector<bool> taken(expected);
  for (const uint32_t place : input.key_places) {
    if (place >= expected || taken[place]) {
      return InvalidArgument("key_places: ", place,
                             place >= expected ? " is no place of a step of " : " is there twice, of ", expected,
                             " pictures");
    }
    taken[place] = true;
  }
  return absl::OkStatus();
}

StepInput StepForm::PartOf(const StepInput& input, int part) const {
  StepInput own = input;
  own.places = PartOfSpan(input.places, part, settings.accumulation_steps);
  own.positives = PartOfSpan(input.positives, part, settings.accumulation_steps);
  return own;
}

}  // namespace shoal
