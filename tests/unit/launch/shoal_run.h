// ShoalRun: the built `shoal`, run by a test in a folder of its own.
//
// Thread rule: one thread.

#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "launch/processes.h"
#include "launch/program.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {

inline constexpr absl::Duration kRunPatience = absl::Seconds(120);

class ShoalRun {
 public:
  // Text of 40 words, each often enough, in sentences of many kinds.
  ShoalRun() {
    std::string text;
    for (int sentence = 0; sentence < 3000; ++sentence) {
      for (int word = 0; word < 12; ++word) text += Cat("word", (sentence * 7 + word * (sentence % 5 + 1)) % 40, " ");
      text += "\n";
    }
    folder_.Write("text.txt", text);
  }

  std::string Path(std::string_view name) const { return folder_.Path(name); }
  std::string Write(std::string_view name, std::string_view bytes) const { return folder_.Write(name, bytes); }

  // Runs a shell's command in the folder, with "shoal" for the built one. The folder's own path reads as DIR in what is
  // printed.
  ProgramOutput Shell(const std::string& command) const {
    const std::string script =
        Cat("cd ", folder_.path(), " && ", absl::StrReplaceAll(command, {{"shoal ", Cat(SHOAL_PROGRAM, " ")}}));
    auto output = RunProgramQuietly({"sh", "-c", script}, Clock::Real(), Clock::Real().Now() + kRunPatience);
    EXPECT_TRUE(output.ok()) << output.status();
    if (!output.ok()) return {.exit_code = -1};
    output->text = absl::StrReplaceAll(output->text, {{folder_.path(), "DIR"}});
    return *std::move(output);
  }

 private:
  const TemporaryFolder folder_;
};

}  // namespace shoal
