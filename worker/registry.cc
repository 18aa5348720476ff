// The objectives there are, each with one line.

#include "common/status.h"
#include "worker/objective.h"
#include "worker/objectives/skip_gram.h"

namespace shoal {

absl::StatusOr<std::unique_ptr<Objective>> MakeObjective(const ObjectiveContext& context) {
  switch (context.welcome.job().objective().kind_case()) {
    case job::Objective::kSkipGram:
      return SkipGram::Create(context);
    default:
      return InvalidArgument("objective is none that a worker trains; there is skip_gram");
  }
}

}  // namespace shoal
