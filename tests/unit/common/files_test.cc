#include "common/files.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string Text(const absl::Status& status) { return std::string(ToStd(status.message())); }

// Each test has a folder of its own.
class FilesTest : public ::testing::Test {
 protected:
  FilesTest() {
    std::string pattern = ::testing::TempDir() + "files_test.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FilesTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return Cat(folder_, "/", name); }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.push_back(entry.path().filename());
    return names;
  }

  std::string folder_;
};

TEST_F(FilesTest, AnUnsyncedFileReplacesTheEarlierOneAndLeavesNoOther) {
  for (const char* text : {"first", "second"}) {
    ASSERT_TRUE(WriteFileAtomically(Path("a"), text, Durability::kUnsynced).ok());
  }
  EXPECT_EQ(*ReadFile(Path("a")), "second");
  EXPECT_THAT(Names(), ElementsAre("a"));
}

TEST_F(FilesTest, ACommittedFileHasWhatWasAppendedAndNothingElseIsLeft) {
  auto file = AtomicFile::Create(Path("out"));
  ASSERT_TRUE(file.ok()) << file.status();
  const std::string large(3 << 20, 'x');
  ASSERT_TRUE((*file)->Append("head ").ok());
  ASSERT_TRUE((*file)->Append(large).ok());
  ASSERT_TRUE((*file)->Append(" tail").ok());
  EXPECT_EQ((*file)->size(), large.size() + 10);
  ASSERT_TRUE((*file)->Commit().ok());
  EXPECT_EQ(*ReadFile(Path("out")), Cat("head ", large, " tail"));
  EXPECT_THAT(Names(), ElementsAre("out"));
}

TEST_F(FilesTest, AFileThatWasNotCommittedLeavesNothingAndTheOldOneAsItWas) {
  ASSERT_TRUE(WriteFileAtomically(Path("out"), "old").ok());
  {
    auto file = AtomicFile::Create(Path("out"));
    ASSERT_TRUE((*file)->Append(std::string(2 << 20, 'x')).ok());
    EXPECT_EQ(*ReadFile(Path("out")), "old");
  }
  EXPECT_EQ(*ReadFile(Path("out")), "old");
  EXPECT_THAT(Names(), ElementsAre("out"));
}

TEST_F(FilesTest, TwoWritersOfOneFileDoNotMeetAndTheLastCommitStands) {
  auto first = AtomicFile::Create(Path("out")), second = AtomicFile::Create(Path("out"));
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  ASSERT_TRUE((*first)->Append("the first one's bytes").ok());
  ASSERT_TRUE((*second)->Append("the second's").ok());
  ASSERT_TRUE((*second)->Commit().ok());
  EXPECT_EQ(*ReadFile(Path("out")), "the second's");
  ASSERT_TRUE((*first)->Commit().ok());
  EXPECT_EQ(*ReadFile(Path("out")), "the first one's bytes");
  EXPECT_THAT(Names(), ElementsAre("out"));
}

// Another process that has begun to write a file.
class OtherWriter {
 public:
  explicit OtherWriter(const std::string& path) {
    int begun[2], go_on[2];
    EXPECT_EQ(::pipe(begun) + ::pipe(go_on), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(go_on[1]);
      auto file = AtomicFile::Create(path);
      const bool ok = file.ok() && (*file)->Append(std::string(2 << 20, 'x')).ok() && ::write(begun[1], "", 1) == 1;
      char byte;
      ::_exit(ok && ::read(go_on[0], &byte, 1) == 0 && (*file)->Commit().ok() ? 0 : 1);
    }
    ::close(begun[1]);
    ::close(go_on[0]);
    char byte;
    EXPECT_EQ(::read(begun[0], &byte, 1), 1);
    ::close(begun[0]);
    go_on_ = go_on[1];
  }
  // Lets it commit; whether it could.
  bool Commit() {
    ::close(go_on_);
    return AwaitEnd() == 0;
  }
  void Kill() {
    ::kill(pid_, SIGKILL);
    ::close(go_on_);
    AwaitEnd();
  }

 private:
  int AwaitEnd() const {
    int status = -1;
    ::waitpid(pid_, &status, 0);
    return status;
  }

  pid_t pid_;
  int go_on_;
};

TEST_F(FilesTest, WhatAKilledWriterLeftIsRemovedByTheNextOneOfThatFileOnly) {
  OtherWriter(Path("out")).Kill();
  ASSERT_EQ(Names().size(), 1);
  const std::string leftover = Names()[0];
  ASSERT_TRUE(WriteFileAtomically(Path("out.txt"), "x").ok());
  EXPECT_THAT(Names(), UnorderedElementsAre("out.txt", leftover));
  ASSERT_TRUE(WriteFileAtomically(Path("out"), "x").ok());
  EXPECT_THAT(Names(), UnorderedElementsAre("out.txt", "out"));
}

TEST_F(FilesTest, WhatALivingWriterHasBegunStaysItsOwn) {
  OtherWriter other(Path("out"));
  ASSERT_TRUE(WriteFileAtomically(Path("out"), "mine").ok());
  EXPECT_EQ(Names().size(), 2);
  EXPECT_EQ(*ReadFile(Path("out")), "mine");
  EXPECT_TRUE(other.Commit());
  EXPECT_EQ(*ReadFile(Path("out")), std::string(2 << 20, 'x'));
  EXPECT_THAT(Names(), ElementsAre("out"));
}

TEST_F(FilesTest, WhatAnotherHostsWriterLeftStays) {
  ASSERT_TRUE(WriteFileAtomically(Path("out.tmp.another-host.17.0"), "x").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("out"), "x").ok());
  EXPECT_THAT(Names(), UnorderedElementsAre("out", "out.tmp.another-host.17.0"));
}

TEST_F(FilesTest, ALinkStaysOneAndItsFileIsWritten) {
  std::filesystem::create_symlink("target", Path("link"));
  ASSERT_TRUE(WriteFileAtomically(Path("link"), "text").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_EQ(ReadFile(Path("target")).value_or(""), "text");
}

TEST_F(FilesTest, WhatIsNoFileIsRefusedAndNotReplaced) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(Text(WriteFileAtomically(Path("pipe"), "text")),
            Cat("cannot write ", Path("pipe"), ": it is a device, a pipe or a socket, not a file; name a file"));
  EXPECT_TRUE(std::filesystem::is_fifo(Path("pipe")));
}

TEST_F(FilesTest, AHeaderCanBeRewrittenLast) {
  auto file = AtomicFile::Create(Path("out"));
  ASSERT_TRUE((*file)->Append("????body").ok());
  ASSERT_TRUE((*file)->Rewrite(0, "head").ok());
  ASSERT_TRUE((*file)->Append("!").ok());
  const absl::Status past = (*file)->Rewrite(8, "xx");
  EXPECT_TRUE(absl::IsInvalidArgument(past)) << past;
  ASSERT_TRUE((*file)->Commit().ok());
  EXPECT_EQ(*ReadFile(Path("out")), "headbody!");
}

TEST_F(FilesTest, AFullDiskIsReportedWithThePathAndLeavesNothing) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = WriteFileAtomically(Path("out"), std::string(3 << 20, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(Text(status), Cat("cannot write 2097152 bytes to ", Path("out"), ": File too large"));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(FilesTest, AFileInAFolderThatDoesNotExistIsNotFound) {
  const absl::Status status = AtomicFile::Create(Path("missing/out")).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(Text(status), HasSubstr(Path("missing/out")));
}

TEST_F(FilesTest, ARenameOntoAFolderFailsAndLeavesNothing) {
  ASSERT_TRUE(MakeDirectories(Path("out/inside")).ok());
  EXPECT_THAT(Text(WriteFileAtomically(Path("out"), "x")), HasSubstr(Cat("to ", Path("out"), ": Is a directory")));
  EXPECT_THAT(Names(), ElementsAre("out"));
}

TEST_F(FilesTest, AMappedFileHasTheFilesBytesAfterMovesToo) {
  ASSERT_TRUE(WriteFileAtomically(Path("in"), "mapped bytes").ok());
  auto file = MappedFile::Open(Path("in"));
  ASSERT_TRUE(file.ok()) << file.status();
  MappedFile moved = *std::move(file);
  EXPECT_EQ(moved.bytes(), "mapped bytes");
  ASSERT_TRUE(WriteFileAtomically(Path("empty"), "").ok());
  auto empty = MappedFile::Open(Path("empty"));
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->bytes(), "");
  *empty = std::move(moved);
  EXPECT_EQ(empty->bytes(), "mapped bytes");
}

TEST_F(FilesTest, AReplacedFileKeepsItsBytesForWhoMappedIt) {
  ASSERT_TRUE(WriteFileAtomically(Path("in"), "before").ok());
  const auto file = MappedFile::Open(Path("in"));
  ASSERT_TRUE(WriteFileAtomically(Path("in"), "after!").ok());
  EXPECT_EQ(file->bytes(), "before");
}

TEST_F(FilesTest, WhatIsNoRegularFileIsNotMapped) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(Text(MappedFile::Open(Path("pipe")).status()), Cat(Path("pipe"), " is not a regular file"));
  EXPECT_TRUE(absl::IsInvalidArgument(MappedFile::Open(folder_).status()));
  EXPECT_EQ(Text(MappedFile::Open(Path("missing")).status()),
            Cat("cannot open ", Path("missing"), ": No such file or directory"));
}

TEST_F(FilesTest, AReadStopsAtItsLimit) {
  ASSERT_TRUE(WriteFileAtomically(Path("in"), "12345").ok());
  EXPECT_EQ(*ReadFile(Path("in"), 5), "12345");
  const absl::Status status = ReadFile(Path("in"), 4).status();
  EXPECT_EQ(Text(status), Cat(Path("in"), " has more than 4 bytes, the most it may"));
  EXPECT_TRUE(absl::IsResourceExhausted(ReadFile("/dev/zero", 1 << 20).status()));
}

TEST_F(FilesTest, AFolderCannotBeReadAsAFile) {
  EXPECT_EQ(Text(ReadFile(folder_).status()), Cat("cannot read ", folder_, ": Is a directory"));
}

TEST_F(FilesTest, FoldersAreMadeWithTheirParentsAndMakingThemTwiceIsFine) {
  EXPECT_TRUE(MakeDirectories(Path("a/b/c")).ok());
  EXPECT_TRUE(MakeDirectories(Path("a/b/c")).ok());
  EXPECT_TRUE(std::filesystem::is_directory(Path("a/b/c")));
}

TEST_F(FilesTest, AFileInTheWayOfAFolderIsSaid) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "x").ok());
  for (const std::string& path : {Path("a"), Path("a/b")}) {
    const absl::Status status = MakeDirectories(path);
    EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
    EXPECT_THAT(Text(status), HasSubstr(path));
  }
}

}  // namespace
}  // namespace shoal
