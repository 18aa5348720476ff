// That the loop over windows still prefetches: GCC 12 has been seen to delete prefetches silently.

#include <cstdio>
#include <string>

#include "gtest/gtest.h"

namespace shoal {
namespace {

std::string OutputOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string output;
  char buffer[4096];
  while (const size_t size = fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, size);
  pclose(pipe);
  return output;
}

TEST(PrefetchTest, TheInstructionIsInTheWorkersLibrary) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "the instruction has another name on this architecture";
#endif
  const std::string code = OutputOf("objdump --disassemble --no-show-raw-insn " SHOAL_WORKER_LIBRARY " 2>/dev/null");
  if (code.empty()) GTEST_SKIP() << "objdump (binutils) is not installed";
  ASSERT_NE(code.find("TrainWindows"), std::string::npos);
  EXPECT_NE(code.find("prefetcht0"), std::string::npos);
}

}  // namespace
}  // namespace shoal
