// shoal-evaluate: measures what a training wrote, exports it, draws its report, and trains the baseline.
//
// Image encoders are measured by a program of their own, images_main.cc, as they need LibTorch.

#include "evaluate/program.h"

namespace shoal {
namespace {

const Command* const kCommands[] = {&kWordsCommand, &kExportCommand, &kReportCommand, &kShowCommand,
                                    &kCooccurrenceCommand};

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  return shoal::RunProgram({.name = "shoal-evaluate",
                            .commands = shoal::kCommands,
                            .others = "  shoal evaluate images RUN --data SET ...\n      measure an image encoder\n"},
                           argc, argv);
}
