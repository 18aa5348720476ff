#include "data/images/image_list.h"

#include "common/text.h"
#include "gmock/gmock.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ImageList Parse(std::string_view text) {
  const auto list = ParseImageList(text, "x.txt", "/sets/x");
  EXPECT_TRUE(list.ok()) << list.status();
  return list.value_or(ImageList{});
}

std::string Error(std::string_view text) {
  const auto list = ParseImageList(text, "x.txt", "/sets/x");
  EXPECT_EQ(list.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(ToStd(list.status().message()));
}

std::vector<std::string> PathsOf(const ImageList& list) {
  std::vector<std::string> paths;
  for (const auto& entry : list.entries) paths.push_back(entry.path);
  return paths;
}

std::vector<int> LabelsOf(const ImageList& list) {
  std::vector<int> labels;
  for (const auto& entry : list.entries) labels.push_back(entry.label);
  return labels;
}

TEST(ImageListTest, PathsAreTakenFromTheListsFolder) {
  EXPECT_THAT(PathsOf(Parse("a.jpg\n../y/b c.png\n/abs/d.jpg\n")),
              ElementsAre("/sets/x/a.jpg", "/sets/y/b c.png", "/abs/d.jpg"));
}

TEST(ImageListTest, LinesWithoutAClassHaveNoLabel) {
  const ImageList list = Parse("a.jpg\nb.jpg\tdog\nc.jpg\t\n");
  EXPECT_THAT(LabelsOf(list), ElementsAre(-1, 0, -1));
  EXPECT_THAT(Parse("a.jpg").classes, IsEmpty());
}

TEST(ImageListTest, ClassesAreNumberedInTheirOrder) {
  const ImageList list = Parse("1.jpg\tdog\n2.jpg\tcat\n3.jpg\tdog\n4.jpg\t7\n");
  EXPECT_THAT(list.classes, ElementsAre("7", "cat", "dog"));
  EXPECT_THAT(LabelsOf(list), ElementsAre(2, 1, 2, 0));
}

TEST(ImageListTest, ClassesThatAreNumbersAreTheLabels) {
  const ImageList list = Parse("1.jpg\t3\n2.jpg\t0\n3.jpg\t3\n");
  EXPECT_THAT(LabelsOf(list), ElementsAre(3, 0, 3));
  EXPECT_THAT(list.classes, ElementsAre("0", "1", "2", "3"));
}

TEST(ImageListTest, NumbersThatAreNoLabelsAreNames) {
  EXPECT_THAT(Parse("1.jpg\t007\n2.jpg\t7\n").classes, ElementsAre("007", "7"));
  EXPECT_THAT(Parse("1.jpg\t-1\n").classes, ElementsAre("-1"));
  EXPECT_THAT(Parse("1.jpg\t99999999999\n").classes, ElementsAre("99999999999"));
}

TEST(ImageListTest, WindowsLinesAndEmptyOnesAreTaken) {
  const ImageList list = Parse(
      "\xef\xbb\xbf"
      "a.jpg\tx\r\n\r\nb.jpg\ty\r\n");
  EXPECT_THAT(PathsOf(list), ElementsAre("/sets/x/a.jpg", "/sets/x/b.jpg"));
  EXPECT_THAT(list.classes, ElementsAre("x", "y"));
}

TEST(ImageListTest, AWrongLineIsToldByItsNumber) {
  EXPECT_THAT(Error("a.jpg\n\tcat\n"), HasSubstr("x.txt:2: not of the form"));
  EXPECT_THAT(Error("a.jpg\tcat\tdog\n"), HasSubstr("x.txt:1: not of the form"));
  EXPECT_THAT(Error(std::string("a\0.jpg", 6)), HasSubstr("x.txt:1: not of the form"));
  EXPECT_THAT(Error(std::string(10000, 'a')), HasSubstr("x.txt:1: 10000 bytes, more than 8192"));
}

TEST(ImageListTest, NumbersFarBeyondTheClassesAreNamesInTheirOrderAsNumbers) {
  const ImageList list = Parse("1.jpg\t16777215\n2.jpg\t0\n3.jpg\t1500\n4.jpg\t90\n");
  EXPECT_THAT(list.classes, ElementsAre("0", "90", "1500", "16777215"));
  EXPECT_THAT(LabelsOf(list), ElementsAre(3, 0, 2, 1));
  EXPECT_EQ(Parse("1.jpg\t1015\n").classes.size(), 1016);
  EXPECT_EQ(Parse("1.jpg\t1016\n").classes.size(), 1);
}

}  // namespace
}  // namespace shoal
