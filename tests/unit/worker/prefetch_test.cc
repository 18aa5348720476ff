// That the kernels still prefetch: GCC 12 has been seen to delete prefetches silently.

#include <algorithm>
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

// The machine code of each function whose name has `name` in it, one behind the other.
std::string CodeOf(const std::string& disassembly, const std::string& name) {
  std::string code;
  for (size_t at = 0; (at = disassembly.find(name, at)) != std::string::npos;) {
    const size_t end = std::min(disassembly.find("\n\n", at), disassembly.size());
    code += disassembly.substr(at, end - at);
    at = end;
  }
  return code;
}

TEST(PrefetchTest, TheInstructionIsInEveryTrainingFunction) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "the instruction has another name on this architecture";
#endif
  const std::string disassembly =
      OutputOf("objdump --disassemble --demangle --no-show-raw-insn " SHOAL_KERNELS_LIBRARY " 2>/dev/null");
  if (disassembly.empty()) GTEST_SKIP() << "objdump (binutils) is not installed";
  for (const std::string back_end : {"SimdAvx2", "SimdAvx512", "SimdPortable"}) {
    for (const std::string function : {"Train<100, 6>(", "Train<0, 7>(", "TrainAny("}) {
      const std::string code = CodeOf(disassembly, back_end + ">::" + function);
      ASSERT_FALSE(code.empty()) << back_end << " has no " << function;
      EXPECT_NE(code.find("prefetchw"), std::string::npos) << back_end << ", " << function;
    }
  }
}

}  // namespace
}  // namespace shoal
