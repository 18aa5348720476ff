#include "evaluate/arguments.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Option kOptions[] = {
    {"files", Option::kMany, "FILE...", "files"},
    {"output", Option::kOne, "PATH", "where"},
    {"count", Option::kNumber, "N", "how many", 10, 1, 100},
    {"json", Option::kFlag, "", "for machines"},
};

absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words) {
  return Arguments::Parse(kOptions, 1, "shoal evaluate words DIR", words);
}

std::string Complaint(const std::vector<std::string>& words) {
  const auto parsed = Parse(words);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(parsed.status().message());
}

TEST(ArgumentsTest, AnOptionOfManyTakesAllUpToTheNextOption) {
  const auto arguments = Parse({"dir", "--files", "a", "b", "--json", "--files=c"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_THAT(arguments->operands(), ElementsAre("dir"));
  EXPECT_THAT(arguments->Many("files"), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(arguments->Has("json"));
  EXPECT_FALSE(arguments->Has("output"));
}

TEST(ArgumentsTest, AnOptionOfOneLeavesTheRestToTheOperands) {
  const auto arguments = Parse({"--output", "x", "dir"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->One("output"), "x");
  EXPECT_THAT(arguments->operands(), ElementsAre("dir"));
}

TEST(ArgumentsTest, NumbersHaveDefaultsAndRanges) {
  EXPECT_EQ(Parse({"dir"})->Number("count"), 10);
  EXPECT_EQ(Parse({"dir", "--count=7"})->Number("count"), 7);
  EXPECT_THAT(Complaint({"dir", "--count", "101"}), HasSubstr("--count: \"101\" is not a number in 1..100"));
}

TEST(ArgumentsTest, AllMistakesAreToldAtOnce) {
  const std::string complaint = Complaint({"--fles", "--output", "--json=yes"});
  EXPECT_THAT(complaint, HasSubstr("--fles: no such flag; did you mean --files?"));
  EXPECT_THAT(complaint, HasSubstr("--output needs a value: --output PATH"));
  EXPECT_THAT(complaint, HasSubstr("--json takes no value, and 'yes' is given"));
  EXPECT_THAT(complaint,
              HasSubstr("expected 1 operand, got 0; operands stand before the flags: shoal evaluate words DIR"));
}

TEST(ArgumentsTest, AnOptionOfOneGivenTwiceIsAMistake) {
  EXPECT_THAT(Complaint({"dir", "--output", "a", "--output", "b"}),
              HasSubstr("--output is given twice; leave one out"));
  EXPECT_THAT(Complaint({"dir", "--count", "5", "--count", "6"}), HasSubstr("--count is given twice; leave one out"));
}

TEST(ArgumentsTest, AfterTwoDashesNothingIsAnOption) {
  const auto arguments = Parse({"--files", "a", "--", "--dir"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_THAT(arguments->Many("files"), ElementsAre("a"));
  EXPECT_THAT(arguments->operands(), ElementsAre("--dir"));
}

}  // namespace
}  // namespace shoal
