#include "common/run/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class EventLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<EventLog> Log(bool print = false) {
    auto log = EventLog::Create(folder_.path(), &Clock::Real(), {.print = print});
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }
  std::string Text() const { return *ReadFile(folder_.Path("log.jsonl")); }

  const TemporaryFolder folder_;
};

TEST_F(EventLogTest, AnEventIsOnItsLineAsSoonAsItIsWritten) {
  const auto log = Log();
  JsonWriter event = log->Event("progress");
  event.Key("epoch").Number(2);
  log->Write(std::move(event));
  EXPECT_THAT(Text(), MatchesRegex("\\{\"event\":\"progress\",\"elapsed_seconds\":[0-9.e-]+,\"epoch\":2\\}\n"));
}

TEST_F(EventLogTest, ALogOfAnEarlierRunIsBegunAnew) {
  {
    const auto earlier = Log();
    earlier->Write(earlier->Event("earlier"));
  }
  const auto log = Log();
  log->Write(log->Event("later"));
  EXPECT_THAT(Text(), HasSubstr("later"));
  EXPECT_THAT(Text(), Not(HasSubstr("earlier")));
}

TEST_F(EventLogTest, ARunThatGoesOnGoesOnWithItsLog) {
  {
    const auto earlier = Log();
    earlier->Write(earlier->Event("earlier"));
  }
  const auto log = *EventLog::Create(folder_.path(), &Clock::Real(), {.go_on = true});
  log->Write(log->Event("later"));
  EXPECT_THAT(Text(), MatchesRegex(".*earlier.*\n.*later.*\n"));
}

TEST_F(EventLogTest, TimeGoesOnFromTheLastEventAndALineThatWasCutIsLeftAlone) {
  folder_.Write("log.jsonl", "{\"event\":\"start\",\"elapsed_seconds\":41.5}\n{\"event\":\"prog");
  const auto log = *EventLog::Create(folder_.path(), &Clock::Real(), {.go_on = true});
  log->Write(log->Event("later"));
  EXPECT_THAT(Text(),
              MatchesRegex(".*\n\\{\"event\":\"prog\n\\{\"event\":\"later\",\"elapsed_seconds\":41\\.[0-9]+\\}\n"));
}

TEST_F(EventLogTest, AFolderThatIsNotThereIsNamed) {
  const auto log = EventLog::Create(folder_.Path("no"), &Clock::Real(), {});
  EXPECT_THAT(std::string(log.status().message()), HasSubstr(folder_.Path("no/log.jsonl")));
}

TEST_F(EventLogTest, LinesForPeopleAreForThoseWhoWantThem) {
  ::testing::internal::CaptureStderr();
  Log(/*print=*/true)->Print("told");
  Log(/*print=*/false)->Print("kept");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), EndsWith("told\n"));
}

TEST_F(EventLogTest, AnEventThatOnlyAPartOfFoundRoomForIsNotInTheWayOfTheNext) {
  const auto log = Log();
  log->Write(log->Event("first"));
  const std::string whole = Text();
  const auto on_limit = ::signal(SIGXFSZ, SIG_IGN);
  rlimit before, tight;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  tight = {.rlim_cur = whole.size() + 10, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  log->Write(log->Event("second"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, on_limit);
  EXPECT_EQ(Text(), whole);
  log->Write(log->Event("third"));
  EXPECT_THAT(Text(), StartsWith(whole + R"({"event":"third")"));
}

TEST_F(EventLogTest, ThatTheLogCannotBeWrittenIsSaidOnce) {
  std::filesystem::create_symlink("/dev/full", folder_.Path("log.jsonl"));
  const auto log = Log();
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) log->Write(log->Event("progress"));
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(told, HasSubstr("cannot write to " + folder_.Path("log.jsonl") + ": No space left on device; "));
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1);
}

}  // namespace
}  // namespace shoal
