// shoal-evaluate-images: measures image encoders. It is apart from shoal-evaluate because it loads LibTorch, which
// words do without.

#include "evaluate/program.h"

namespace shoal {
namespace {

const Command* const kCommands[] = {&kImagesCommand};

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  return shoal::RunProgram({.name = "shoal-evaluate-images", .commands = shoal::kCommands, .others = ""}, argc, argv);
}
