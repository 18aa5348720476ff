#include <algorithm>
#include <cstdio>

#include "common/command_line.h"
#include "common/text.h"
#include "launch/commands.h"
#include "launch/doctor.h"

namespace shoal {

int DoctorCommand(const std::vector<std::string>& arguments, const Installation& installation) {
  const CommandLine line(
      "shoal doctor",
      "Looks at what this machine lacks or could do better: programs, MPI, cores, processor, memory,\n"
      "shared memory, huge pages, ports, disk, and what image encoders train with; each with the cure.\n\n"
      "Exit code: 0 jobs can run here, 1 something is missing, 2 used wrongly.",
      {});
  if (CommandLine::WantsHelp(arguments)) {
    std::fputs(line.Help().c_str(), stdout);
    return kDone;
  }
  std::vector<std::string> mistakes;
  for (const std::string& argument : line.Parse(arguments, &mistakes)) {
    mistakes.push_back(Cat("'", argument, "' is one argument too many: doctor takes none"));
  }
  if (!mistakes.empty()) return TellMistakes("doctor", mistakes);
  const std::vector<Finding> findings = Examine(installation, Clock::Real());
  std::fputs(DescribeFindings(findings).c_str(), stdout);
  const bool can_run = std::none_of(findings.begin(), findings.end(),
                                    [](const Finding& finding) { return finding.verdict == Finding::kMissing; });
  std::printf("\n%s\n", can_run ? "Jobs can run on this machine." : "Jobs cannot run on this machine as it is.");
  return can_run ? kDone : kFailed;
}

}  // namespace shoal
