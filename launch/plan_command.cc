#include <cstdio>

#include "common/files.h"
#include "common/job/job.h"
#include "common/status.h"
#include "launch/commands.h"
#include "launch/image_worker.h"
#include "launch/launch_plan.h"

namespace shoal {
namespace {

absl::StatusOr<std::string> PlanOf(const TrainingRequest& request, const Installation& installation) {
  const Machine machine = Machine::Inspect();
  ASSIGN_OR_RETURN(const MpirunCommand command,
                   MpirunCommand::Of(request.job, PlannedJobFile(request), request.output, installation, machine));
  ASSIGN_OR_RETURN(const PreparedData data, PrepareRequestedData(request));
  ASSIGN_OR_RETURN(const MemoryPlan memory,
                   PlanMemory(request.job, data.items, data.picture_side, machine, installation, Clock::Real()));
  RETURN_IF_ERROR(MakeDirectories(request.output)) << "--output";
  RETURN_IF_ERROR(WriteFileAtomically(PlannedJobFile(request), PrintJob(request.job)));
  return DescribePlan(request, data, memory, command, machine);
}

}  // namespace

int PlanCommand(const std::vector<std::string>& arguments, const Installation& installation) {
  if (CommandLine::WantsHelp(arguments)) {
    std::fputs(TrainingRequest::Help("plan", installation).c_str(), stdout);
    return kDone;
  }
  std::vector<std::string> mistakes;
  const TrainingRequest request = TrainingRequest::Read("plan", arguments, installation, &mistakes);
  if (request.job.objective().has_cooccurrence()) {
    mistakes.push_back("objective.cooccurrence runs in one process: there is no mpirun line; shoal train runs it");
  }
  if (!mistakes.empty()) return TellMistakes("plan", mistakes);
  const auto plan = PlanOf(request, installation);
  if (!plan.ok()) return TellFailure(ToStd(plan.status().message()));
  std::fputs(plan->c_str(), stdout);
  return kDone;
}

}  // namespace shoal
