#include "paramserver/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/paramserver/cluster.h"

namespace shoal {
namespace {

using testing::HasSubstr;

SegmentHeader MakeHeader(uint64_t token = 1) {
  return SegmentHeader::Of(MakeTableSpec(2, "input", 1000, 100), token, /*server=*/0, /*servers=*/1);
}

TEST(SegmentTest, WhatOneMappingWritesTheOtherReads) {
  auto owner = Segment::Create(MakeHeader(), /*huge_pages=*/false, "input");
  ASSERT_TRUE(owner.ok()) << owner.status();
  auto guest = Segment::Open(::getpid(), owner->file_descriptor(), MakeHeader());
  ASSERT_TRUE(guest.ok()) << guest.status();
  ASSERT_NE(guest->rows(), owner->rows());
  owner->rows()[999 * 112] = 4.5f;
  EXPECT_EQ(guest->rows()[999 * 112], 4.5f);
}

TEST(SegmentTest, RowsBeginOnACacheLineAndMappingsOnAHugePage) {
  auto segment = Segment::Create(MakeHeader(), /*huge_pages=*/true, "input");
  ASSERT_TRUE(segment.ok()) << segment.status();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(segment->rows()) % (2 << 20), 4096u);
  EXPECT_EQ(segment->bytes() % (2 << 20), 0u);
}

TEST(SegmentTest, AnotherJobsSegmentIsNotMapped) {
  auto owner = Segment::Create(MakeHeader(/*token=*/1), false, "input");
  const auto guest = Segment::Open(::getpid(), owner->file_descriptor(), MakeHeader(/*token=*/2));
  EXPECT_EQ(guest.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(guest.status().message()), HasSubstr("its header differs"));
}

TEST(SegmentTest, ASegmentOfAnotherSizeIsNotMapped) {
  auto owner = Segment::Create(MakeHeader(), false, "input");
  auto larger = MakeHeader();
  larger.rows = 100000;
  const auto guest = Segment::Open(::getpid(), owner->file_descriptor(), larger);
  EXPECT_THAT(std::string(guest.status().message()), HasSubstr("bytes, expected"));
}

TEST(SegmentTest, AFileThatCouldShrinkIsNotMapped) {
  const int file = ::memfd_create("pretender", MFD_CLOEXEC);
  ASSERT_EQ(::ftruncate(file, SegmentBytes(1000, 112)), 0);
  const auto guest = Segment::Open(::getpid(), file, MakeHeader());
  EXPECT_THAT(std::string(guest.status().message()), HasSubstr("is not sealed"));
  ::close(file);
}

TEST(SegmentTest, AProcessThatIsGoneIsNamed) {
  const auto guest = Segment::Open(/*process=*/999999999, 3, MakeHeader());
  EXPECT_EQ(guest.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(guest.status().message()), HasSubstr("/proc/999999999/fd/3"));
}

TEST(SegmentTest, NobodyCanResizeASegment) {
  auto owner = Segment::Create(MakeHeader(), false, "input");
  EXPECT_NE(::ftruncate(owner->file_descriptor(), 0), 0);
  EXPECT_NE(::ftruncate(owner->file_descriptor(), 1 << 30), 0);
}

TEST(SegmentTest, RowsOutliveTheProcessThatMadeThemWhileSomebodyMapsThem) {
  int ready[2], mapped[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(mapped), 0);
  const pid_t server = ::fork();
  if (server == 0) {
    auto owner = Segment::Create(MakeHeader(), false, "input");
    owner->rows()[5] = 1.5f;
    const int file = owner->file_descriptor();
    (void)!::write(ready[1], &file, sizeof(file));
    char done;
    (void)!::read(mapped[0], &done, 1);
    ::kill(::getpid(), SIGKILL);
  }
  int file = -1;
  ASSERT_EQ(::read(ready[0], &file, sizeof(file)), static_cast<ssize_t>(sizeof(file)));
  auto guest = Segment::Open(server, file, MakeHeader());
  ASSERT_TRUE(guest.ok()) << guest.status();
  ASSERT_EQ(::write(mapped[1], "x", 1), 1);
  ASSERT_EQ(::waitpid(server, nullptr, 0), server);
  EXPECT_EQ(guest->rows()[5], 1.5f);
}

}  // namespace
}  // namespace shoal
