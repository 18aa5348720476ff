#include "common/command_line.h"

#include <gtest/gtest.h>

#include "common/status.h"

namespace shoal {
namespace {

using Texts = std::vector<std::string>;

// A command line of one flag of each kind, and what it was given.
struct Example {
  Texts workers, data, mistakes, rest;
  bool quiet = false;
  CommandLine line{
      "shoal try [flags]",
      "Tries.",
      {{.name = "workers", .value = "N", .help = "How many.", .take = Collect(&workers)},
       {.name = "data", .value = "PATH", .takes_many = true, .help = "Text.\nMore of it.", .take = Collect(&data)},
       {.name = "quiet", .help = "Nothing.", .take = [this](std::string_view) {
          quiet = true;
          return absl::OkStatus();
        }}}};

  static std::function<absl::Status(std::string_view)> Collect(Texts* values) {
    return [values](std::string_view value) {
      if (value == "bad") return InvalidArgument("bad is no value");
      values->emplace_back(value);
      return absl::OkStatus();
    };
  }

  explicit Example(const Texts& arguments) { rest = line.Parse(arguments, &mistakes); }
};

TEST(CommandLineTest, ValuesStandAfterASpaceOrAnEqualsSign) {
  const Example example({"job", "--workers", "2", "--quiet"});
  EXPECT_EQ(example.workers, Texts{"2"});
  EXPECT_TRUE(example.quiet);
  EXPECT_EQ(Example({"--workers=3"}).workers, Texts{"3"});
  EXPECT_EQ(example.rest, Texts{"job"});
  EXPECT_EQ(example.mistakes, Texts{});
}

TEST(CommandLineTest, AFlagOfManyTakesAllUpToTheNextFlag) {
  const Example example({"--data", "a", "b", "--quiet", "job", "--data=c", "d"});
  EXPECT_EQ(example.data, (Texts{"a", "b", "c"}));
  EXPECT_EQ(example.rest, (Texts{"job", "d"}));
}

TEST(CommandLineTest, OnlyAFlagOfOneValueMayNotBeGivenTwice) {
  EXPECT_EQ(Example({"--workers", "2", "--quiet", "--workers=2"}).mistakes,
            Texts{"--workers is given twice; leave one out"});
  EXPECT_EQ(Example({"--data", "a", "--quiet", "--data", "b", "--quiet"}).mistakes, Texts{});
}

TEST(CommandLineTest, AfterTwoDashesNothingIsAFlag) {
  const Example example({"--data", "a", "--", "--quiet"});
  EXPECT_EQ(example.data, Texts{"a"});
  EXPECT_EQ(example.rest, Texts{"--quiet"});
}

TEST(CommandLineTest, ANegativeNumberIsAValue) { EXPECT_EQ(Example({"--workers", "-1"}).workers, Texts{"-1"}); }

TEST(CommandLineTest, AllMistakesAreFoundInOneGo) {
  const Example example({"--wrokers", "2", "--quiet=3", "--colour", "--workers", "--data", "bad", "good"});
  EXPECT_EQ(example.mistakes,
            (Texts{"--wrokers: no such flag; did you mean --workers?", "--quiet takes no value, and '3' is given",
                   "--colour: no such flag, not one of --workers, --data, --quiet",
                   "--workers needs a value: --workers N", "--data: bad is no value"}));
  EXPECT_EQ(example.data, Texts{"good"});
  EXPECT_EQ(example.rest, Texts{}) << "the value of a mistyped flag is no argument";
}

TEST(CommandLineTest, HelpShowsEveryFlagAligned) {
  EXPECT_EQ(Example({}).line.Help(),
            "usage: shoal try [flags]\n\nTries.\n\nflags:\n"
            "  --workers N     How many.\n"
            "  --data PATH...  Text.\n"
            "                  More of it.\n"
            "  --quiet         Nothing.\n"
            "  --help          Show this.\n");
  EXPECT_TRUE(CommandLine::WantsHelp({"a", "-h"}));
  EXPECT_FALSE(CommandLine::WantsHelp({"help"}));
  EXPECT_FALSE(CommandLine::WantsHelp({"a", "--", "-h"}));
}

TEST(NumberInTest, TheWholeTextIsANumberWithinTheBounds) {
  EXPECT_EQ(*NumberIn("100", 1, 100), 100u);
  for (const char* bad : {"0", "101", "-1", "+1", " 1", "7x", "1.5", "", "18446744073709551616"}) {
    EXPECT_EQ(NumberIn(bad, 1, 100).status().message(), Cat("\"", bad, "\" is not a number in 1..100"));
  }
}

}  // namespace
}  // namespace shoal
