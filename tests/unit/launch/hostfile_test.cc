#include "launch/hostfile.h"

#include <gtest/gtest.h>

#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

std::string MistakesIn(std::string_view text, uint64_t processes = 3) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("hosts", text);
  std::vector<std::string> mistakes;
  CheckHostfile(path, processes, &mistakes);
  std::string all;
  for (const std::string& mistake : mistakes) {
    const size_t begin = mistake.find(path);
    EXPECT_EQ(mistake.substr(0, begin), "placement.hostfile: ");
    all += mistake.substr(begin + path.size()) + "\n";
  }
  return all;
}

TEST(HostfileTest, WhatOpenMpiTakesIsRight) {
  EXPECT_EQ(MistakesIn("# two hosts\nalpha slots=2\n\nbeta slots = 1 max_slots=4 # the small one\r\n"), "");
  EXPECT_EQ(MistakesIn("10.0.0.1\n10.0.0.2 slots=1\n", /*processes=*/100), "") << "a host without slots has its cores'";
}

TEST(HostfileTest, EachWrongLineIsToldWithItsNumber) {
  EXPECT_EQ(MistakesIn("alpha slots=two\nslots=2\nalpha 2\nalpha slots=\n"),
            ":1: slots is two, not a whole number above 0; a line is NAME slots=N\n"
            ":2: no host stands before slots=2; a line is NAME slots=N\n"
            ":3: '2' is not of the form setting=value; a line is NAME slots=N\n"
            ":4: slots is empty, not a whole number above 0; a line is NAME slots=N\n");
}

TEST(HostfileTest, AFileWithoutHostsIsAMistake) {
  EXPECT_EQ(MistakesIn("# none yet\n"), " names no host; a line is NAME slots=N\n");
}

TEST(HostfileTest, TooFewSlotsAreToldBeforeMpirunRefuses) {
  EXPECT_EQ(MistakesIn("alpha slots=2\nbeta slots=2\n", /*processes=*/5),
            " has 4 slots, and the job 5 processes: a coordinator, its servers and its workers; raise slots or lower "
            "workers\n");
}

}  // namespace
}  // namespace shoal
