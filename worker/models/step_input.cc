#include "worker/models/step_input.h"

#include <vector>

#include "common/status.h"

namespace shoal {

absl::Status StepForm::Check(const StepInput& input) const {
  RETURN_IF_ERROR(CheckViews(input));
  RETURN_IF_ERROR(CheckRows(input));
  return CheckKeyPlaces(input);
}

// `what` are so many values of first views and of second ones.
absl::Status StepForm::CheckPictures(std::string_view what, size_t first, size_t second) const {
  if (first == 0 || first % picture_floats() != 0) {
    return InvalidArgument("first_", what, ": ", first, " values are not pictures of ", settings.image_size, " x ",
                           settings.image_size, " x 3 = ", picture_floats(), " each");
  }
  if (second != (TakesTwoViews() ? first : 0)) {
    return InvalidArgument("second_", what, ": ", second, " values, expected ", TakesTwoViews() ? first : 0);
  }
  return absl::OkStatus();
}

absl::Status StepForm::CheckViews(const StepInput& input) const {
  if (input.first_levels.empty() && input.second_levels.empty()) {
    RETURN_IF_ERROR(CheckPictures("views", input.first_views.size(), input.second_views.size()));
  } else if (input.first_views.empty() && input.second_views.empty()) {
    RETURN_IF_ERROR(CheckPictures("levels", input.first_levels.size(), input.second_levels.size()));
  } else {
    return InvalidArgument("first_levels: ", input.first_levels.size(), " values beside views of ",
                           input.first_views.size(), "; a step takes one or the other");
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
  const auto of = [&](auto span) {
    const size_t count = span.size() / settings.accumulation_steps;
    return span.subspan(part * count, count);
  };
  StepInput own = input;
  own.first_views = of(input.first_views);
  own.second_views = of(input.second_views);
  own.first_levels = of(input.first_levels);
  own.second_levels = of(input.second_levels);
  own.places = of(input.places);
  own.positives = of(input.positives);
  return own;
}

}  // namespace shoal
