#include "data/corpus_files.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> PathsOf(const std::vector<FoundFile>& files) {
  std::vector<std::string> paths;
  for (const FoundFile& file : files) paths.push_back(file.path);
  return paths;
}

TEST(CorpusFilesTest, AFolderStandsForAllFilesBelowItSortedByPath) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.Path("b/deep"));
  const std::string late = folder.Write("c.txt", "x"), deep = folder.Write("b/deep/z", "x"),
                    early = folder.Write("a.txt", "x");
  const auto files = FindCorpusFiles({folder.path()});
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(PathsOf(*files), ElementsAre(early, deep, late));
}

TEST(CorpusFilesTest, SeveralPathsKeepTheirOrder) {
  const TemporaryFolder folder;
  const std::string a = folder.Write("a", "1"), b = folder.Write("b", "22");
  const auto files = FindCorpusFiles({b, a});
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(PathsOf(*files), ElementsAre(b, a));
  EXPECT_EQ((*files)[0].bytes, 2);
}

TEST(CorpusFilesTest, HiddenFilesInFoldersAreLeftOutUnlessNamed) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.Path(".cache"));
  folder.Write(".cache/x.tokens", "x");
  const std::string hidden = folder.Write(".hidden", "x"), seen = folder.Write("seen", "x");
  EXPECT_THAT(PathsOf(FindCorpusFiles({folder.path()}).value()), ElementsAre(seen));
  EXPECT_THAT(PathsOf(FindCorpusFiles({hidden}).value()), ElementsAre(hidden));
}

TEST(CorpusFilesTest, LinkedFoldersAreEnteredAndOneThatHoldsItselfOnce) {
  const TemporaryFolder folder, elsewhere;
  elsewhere.Write("far.txt", "x");
  const std::string near = folder.Write("near.txt", "x");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder.Path("linked"));
  std::filesystem::create_directory_symlink(folder.path(), folder.Path("self"));
  EXPECT_THAT(PathsOf(FindCorpusFiles({folder.path()}).value()), ElementsAre(folder.Path("linked/far.txt"), near));
}

TEST(CorpusFilesTest, FilesThatAreReachedTwiceAreCounted) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.Path("a"));
  const std::string one = folder.Write("a/one", "x");
  folder.Write("a/two", "x");
  EXPECT_EQ(FilesTakenAgain(FindCorpusFiles({folder.path()}).value()), 0);
  std::filesystem::create_directory_symlink(folder.Path("a"), folder.Path("b"));
  EXPECT_EQ(FilesTakenAgain(FindCorpusFiles({folder.path()}).value()), 2);
  EXPECT_EQ(FilesTakenAgain(FindCorpusFiles({folder.path(), one}).value()), 3);
}

TEST(CorpusFilesTest, ALinkThatCannotBeFollowedIsNamedWithTheReason) {
  const TemporaryFolder folder;
  const std::string link = folder.Path("link");
  std::filesystem::create_symlink("nowhere", link);
  EXPECT_EQ(FindCorpusFiles({folder.path()}).status().message(),
            Cat("data.corpus.path: cannot read ", link, ": No such file or directory"));
  std::filesystem::remove(link);
  std::filesystem::create_symlink("link", link);
  EXPECT_EQ(FindCorpusFiles({folder.path()}).status().message(),
            Cat("data.corpus.path: cannot read ", link, ": Too many levels of symbolic links"));
}

TEST(CorpusFilesTest, MistakesNameTheFieldAndThePath) {
  const TemporaryFolder folder;
  EXPECT_EQ(FindCorpusFiles({}).status().message(), "data.corpus.path is empty; name a file or a folder of text");
  const std::string none = folder.Path("none");
  EXPECT_EQ(FindCorpusFiles({none}).status().message(),
            Cat("data.corpus.path: cannot read ", none, ": No such file or directory"));
  EXPECT_EQ(FindCorpusFiles({folder.path()}).status().message(),
            Cat("data.corpus.path: the folder ", folder.path(), " has no files in it or below it"));
  EXPECT_EQ(FindCorpusFiles({"/dev/null"}).status().message(),
            "data.corpus.path: /dev/null is neither a file nor a folder");
}

}  // namespace
}  // namespace shoal
