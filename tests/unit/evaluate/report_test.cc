#include "evaluate/report/report.h"

#include <cmath>

#include "evaluate/report/html.h"
#include "evaluate/report/line_chart.h"
#include "evaluate/report/word_map.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(EscapeHtmlTest, MarkupControlCharactersAndBrokenUtf8AreMadeHarmless) {
  EXPECT_EQ(EscapeHtml("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(EscapeHtml(std::string_view("caf\xc3\xa9\n\t\x01\x00\xff", 10)),
            "caf\xc3\xa9\n\t\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(RoundTicksTest, TicksAreRoundAndCoverTheRange) {
  EXPECT_THAT(RoundTicks(1.87, 3.96, 4), ElementsAre(1.5, 2, 2.5, 3, 3.5, 4));
  EXPECT_THAT(RoundTicks(0, 1.16e6, 4), ElementsAre(0, 2e5, 4e5, 6e5, 8e5, 1e6, 1.2e6));
  EXPECT_GE(RoundTicks(5, 5, 4).size(), 2);
}

TEST(RoundTicksTest, ValuesThatDifferByRoundingAreOne) {
  EXPECT_EQ(RoundTicks(0.1, 0.10000000000000002, 4), RoundTicks(0.1, 0.1, 4));
  EXPECT_EQ(RoundTicks(-7e20, -6.9999999999999e20, 4), RoundTicks(-7e20, -7e20, 4));
  EXPECT_GT(RoundTicks(1, 1 + 1e-7, 4).size(), 4);
}

TEST(RoundTicksTest, NoRangeOfDoublesHasFewerThanTwoTicksOrMoreThanCanBeRead) {
  const double numbers[] = {0, 5e-324, 1e-310, 1e-300, 0.1, 1, 1e15, 1e16, 1e300, 1.7e308};
  for (const double a : numbers) {
    for (const double b : numbers) {
      for (const auto& [low, high] : {std::pair(-b, a), std::pair(std::min(a, b), std::max(a, b))}) {
        const size_t ticks = RoundTicks(low, high, 4).size();
        EXPECT_TRUE(ticks >= 2 && ticks <= 11) << ticks << " from " << low << " to " << high;
      }
    }
  }
}

TEST(LineChartTest, ALossThatStandsStillIsDrawnWhateverItsMeansRoundTo) {
  EXPECT_THAT(LineChartSvg({.title = "loss", .points = {{1, 0.1}, {2, 0.10000000000000002}}}), HasSubstr("polyline"));
  LineChart chart{.title = "loss"};
  for (int i = 0; i < 1100; ++i) chart.points.emplace_back(i, 5.5373);
  EXPECT_THAT(LineChartSvg(chart), HasSubstr("polyline"));
}

TEST(LineChartTest, FewerThanTwoPointsAreNoChart) {
  EXPECT_EQ(LineChartSvg({.title = "t", .points = {{1, 2}}}), "");
  EXPECT_EQ(LineChartSvg({.title = "t", .points = {{1, 2}, {2, NAN}}}), "");
}

TEST(LineChartTest, ManyPointsAreThinnedToWhatCanBeSeen) {
  LineChart chart{.title = "loss"};
  for (int i = 0; i < 100000; ++i) chart.points.emplace_back(i, i % 7);
  for (int i = 0; i < 100000; i += 5) chart.marks.push_back(i);
  const std::string svg = LineChartSvg(chart);
  EXPECT_LT(svg.size(), 30000);
  EXPECT_THAT(svg, AllOf(HasSubstr("polyline"), HasSubstr("class='epoch'")));
}

TEST(WordMapTest, ThePlaneIsThatOfTheTwoGreatestVariances) {
  // Unit vectors near (1, 0, 0, ...), spread along the second axis, less along the third, hardly along the fourth.
  std::vector<std::string> words;
  std::vector<float> rows;
  for (int i = -3; i <= 3; ++i) {
    words.push_back(Cat("w", i));
    rows.insert(rows.end(), {1, 0.1f * i, i % 2 == 0 ? 0.03f : -0.03f, i == 0 ? 0.001f : 0});
  }
  const auto vectors = WordVectors::FromRows(words, rows, 4).value();
  const std::vector<uint64_t> all = {0, 1, 2, 3, 4, 5, 6};
  const Plane plane = ProjectToPlane(vectors, all);
  EXPECT_GT(plane.explained, 0.97);
  EXPECT_NEAR(std::abs(plane.points[6].x), 0.3 / std::sqrt(1 + 0.09 + 0.0009), 0.01);
  EXPECT_NEAR(plane.points[0].x, -plane.points[6].x, 0.01);
  EXPECT_GT(plane.points[3].y * plane.points[1].y, 0);
  EXPECT_LT(plane.points[3].y * plane.points[2].y, 0);
}

TEST(WordMapTest, ThePlaneOfMoreWordsThanDimensionsAndOfFewerAgree) {
  std::vector<std::string> words;
  std::vector<float> rows, padded;
  for (int i = 0; i < 8; ++i) {
    words.push_back(Cat("w", i));
    const std::vector<float> row = {std::cos(0.7f * i), std::sin(1.3f * i), 0.2f * i};
    rows.insert(rows.end(), row.begin(), row.end());
    padded.insert(padded.end(), row.begin(), row.end());
    padded.resize(padded.size() + 20);
  }
  const std::vector<uint64_t> all = {0, 1, 2, 3, 4, 5, 6, 7};
  const Plane tall = ProjectToPlane(WordVectors::FromRows(words, rows, 3).value(), all);
  const Plane wide = ProjectToPlane(WordVectors::FromRows(words, padded, 23).value(), all);
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_NEAR(tall.points[i].x, wide.points[i].x, 1e-6);
    EXPECT_NEAR(tall.points[i].y, wide.points[i].y, 1e-6);
  }
}

TEST(WordMapTest, ShownLabelsCoverNeitherEachOtherNorTheEdge) {
  std::vector<MapLabel> labels;
  for (int i = 0; i < 60; ++i) {
    labels.push_back({.text = "overlap", .point = {20.0 + i % 8 * 9, 20.0 + i / 8 * 7}, .size = 10});
  }
  PlaceLabels(200, 120, &labels);
  int shown = 0;
  for (const MapLabel& a : labels) {
    if (!a.shown) continue;
    ++shown;
    const double width = TextWidth(a.text) * a.size;
    EXPECT_GE(a.left, 0);
    EXPECT_LE(a.left + width, 200);
    for (const MapLabel& b : labels) {
      if (&a == &b || !b.shown) continue;
      EXPECT_TRUE(std::abs(a.left - b.left) >= width || std::abs(a.baseline - b.baseline) >= a.size);
    }
  }
  EXPECT_GT(shown, 5);
  EXPECT_LT(shown, 60);
}

class ReportTest : public ::testing::Test {
 protected:
  void WriteVectors() {
    const std::vector<std::string> words = {"<script>", "b", "c", "d"};
    const auto vectors = WordVectors::FromRows(words, {1, 0, 0.9f, 0.1f, 0, 1, 0.1f, 0.9f}, 2).value();
    auto writer = WordVectorsWriter::Create(folder_.Path("vectors.bin"), 4, 2);
    for (uint64_t i = 0; i < 4; ++i) ASSERT_TRUE((*writer)->Append(vectors.word(i), vectors.row(i)).ok());
    ASSERT_TRUE((*writer)->Commit().ok());
  }
  std::string Page() {
    const auto path = WriteReport(folder_.path());
    EXPECT_TRUE(path.ok()) << path.status();
    return *ReadFile(*path);
  }
  const TemporaryFolder folder_;
};

TEST_F(ReportTest, AnEncodersRunShowsWhetherItLearns) {
  folder_.Write("log.jsonl",
                R"({"event":"start","elapsed_seconds":0}
{"event":"measured","elapsed_seconds":1,"epochs":0,"knn":28.1,"chance":10}
{"event":"progress","elapsed_seconds":2,"epoch":1,"work":"pictures","pictures_per_second":9,"loss":3,"spread":0.8,"alignment":0.9,"uniformity":-2}
{"event":"measured","elapsed_seconds":3,"epochs":1,"knn":31.5,"chance":10}
{"event":"start","elapsed_seconds":3}
{"event":"progress","elapsed_seconds":4,"epoch":2,"work":"pictures","pictures_per_second":9,"loss":2,"spread":0.9,"alignment":0.7,"uniformity":-3}
{"event":"measured","elapsed_seconds":5,"epochs":1,"knn":31.6,"chance":10}
)");
  EXPECT_THAT(Page(), AllOf(HasSubstr("kNN accuracy, % (chance 10.0)"), HasSubstr("31.6 at the end"),
                            HasSubstr("Spread of embeddings"), HasSubstr("Alignment"), HasSubstr("Uniformity")));
  const RunRecord record = ReadRunRecord(folder_.path()).value();
  ASSERT_EQ(record.knn.size(), 2) << "what a later life measured again is the one that counts";
  EXPECT_EQ(record.knn[1].percent, 31.6);
}

TEST_F(ReportTest, AWholeRunIsShownWithAllItsPartsAndNothingFromOutside) {
  WriteVectors();
  folder_.Write("log.jsonl",
                R"({"event":"start","elapsed_seconds":0,"name":"<b>x</b>","version":"0.1.0","workers":2,"servers":1}
{"event":"prepared","elapsed_seconds":1,"data":"4 words"}
{"event":"progress","elapsed_seconds":2,"epoch":1,"words_per_second":1000,"loss":3}
{"event":"progress","elapsed_seconds":4,"epoch":2,"words_per_second":1200,"loss":2}
{"event":"progress","elapsed_seconds":6,"epoch":2,"words_per_second":1100,"loss":1.8}
)");
  folder_.Write("result.json",
                R"({"status":"done","reason":"","words":5000,"seconds":3,"seconds_by_phase":{"train":3,"prepare":1}})");
  folder_.Write("job.textproto", "name: \"<i>\"\n");
  folder_.Write(
      "evaluation.json",
      R"({"similarity":[{"name":"WS","spearman":0.656,"covered":3,"pairs":4}],"analogies":[],"synonyms":[]})");
  const std::string page = Page();
  for (const char* part : {"&lt;b&gt;x&lt;/b&gt;", "Loss per pair", "class='epoch'", "0.656", "Map of words",
                           "&lt;script&gt;", "Neighbours", "train", "name: &quot;&lt;i&gt;&quot;", "shoal 0.1.0"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  for (const char* outside : {"<script", "http://", "https://", "src=", "<b>x", "<i>\"", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
}

TEST_F(ReportTest, ARunOnPicturesIsShownInPictures) {
  folder_.Write("log.jsonl", R"({"event":"start","elapsed_seconds":0,"name":"moco"}
{"event":"progress","elapsed_seconds":2,"epoch":1,"work":"pictures","pictures_per_second":1000,"loss":3}
{"event":"progress","elapsed_seconds":4,"epoch":1,"work":"pictures","pictures_per_second":1200,"loss":2}
)");
  folder_.Write("result.json", R"({"status":"done","work":"pictures","pictures":5000,"pictures_per_second":700})");
  const std::string page = Page();
  for (const char* part : {"Pictures per second", "pictures trained", "5000", "pictures a second"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(page, Not(HasSubstr("ords per second")));
}

TEST_F(ReportTest, AFailedRunWithoutVectorsShowsItsReason) {
  folder_.Write("result.json", R"({"status":"failed","reason":"worker 1 of host <h> is dead"})");
  const std::string page = Page();
  EXPECT_THAT(page, HasSubstr("worker 1 of host &lt;h&gt; is dead"));
  EXPECT_THAT(page, Not(HasSubstr("Map of words")));
}

TEST_F(ReportTest, ALastLineOfTheLogThatWasCutIsLeftOut) {
  folder_.Write("log.jsonl", "{\"event\":\"start\",\"name\":\"cut run\"}\n{\"event\":\"progr");
  EXPECT_THAT(Page(), HasSubstr("cut run"));
}

TEST_F(ReportTest, ALineOfTheLogThatIsNoJsonIsReportedWithItsNumber) {
  folder_.Write("log.jsonl", "{}\nnonsense\n{}\n");
  const auto path = WriteReport(folder_.path());
  EXPECT_EQ(path.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(path.status().message()), HasSubstr("log.jsonl:2 is not a JSON object"));
}

TEST_F(ReportTest, AFolderWithoutARunIsReported) {
  EXPECT_EQ(WriteReport(folder_.path()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(WriteReport(folder_.path()).status().message()), HasSubstr("is no output folder"));
}

TEST_F(ReportTest, FiguresAreReadBackAsTheyWereWritten) {
  WordFigures figures{.source = "v", .words = 4, .analogy_words = 3};
  figures.similarity.push_back({.name = "ws", .spearman = 0.5, .covered = 2, .pairs = 3});
  figures.analogies.push_back({.name = "q", .sections = {{"s", 1, 2, 4, 5}}, .total = {"all", 1, 2, 4, 5}});
  figures.synonyms.push_back(
      {.name = "wn", .trained = {0.75, 0.01}, .untrained = {0.5, 0.02}, .covered = 7, .pairs = 9});
  figures.neighbours.push_back({.word = "a", .nearest = {{"b", 0.5f}}});
  folder_.Write("evaluation.json", FiguresJson(figures));
  const auto record = ReadRunRecord(folder_.path());
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->figures.analogies[0].sections[0].right_by_product, 2);
  EXPECT_EQ(FiguresTable(record->figures), FiguresTable(figures));
}

}  // namespace
}  // namespace shoal
