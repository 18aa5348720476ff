#include <cstdio>

#include "common/status.h"
#include "evaluate/command.h"
#include "evaluate/report/report.h"

namespace shoal {
namespace {

constexpr Option kOptions[] = {
    {"help", Option::kFlag, "", "this text"},
};

absl::Status Run(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string path, WriteReport(arguments.operands()[0]));
  std::printf("%s\n", path.c_str());
  return absl::OkStatus();
}

}  // namespace

const Command kReportCommand = {
    .name = "report",
    .verb = "report",
    .usage = "shoal report DIR",
    .summary = "draw the report of an output folder: DIR/report.html",
    .help =
        "Loss and speed over time, a map of the commonest words, neighbours, the job; and the figures of\n"
        "\"words DIR --save\", if there are any. The page stands alone. Prints its path.\n",
    .options = kOptions,
    .operands = 1,
    .run = Run,
};

}  // namespace shoal
