#include "evaluate/images/image_figures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_format.h"
#include "common/format.h"
#include "common/json.h"
#include "common/status.h"
#include "data/images/printable.h"
#include "worker/probes/sphere_statistics.h"

namespace shoal {
namespace {

// Features whose spread is less are as good as one point.
constexpr double kCollapsed = 0.05;

std::string Percent(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

// Of JSON: per cent to four digits after the point, as more would be the rounding's.
double PerCent(double share) { return std::round(1e6 * share) / 1e4; }

std::string Row(const std::string& name, double trained, double untrained, double raw) {
  return absl::StrFormat("%-18s %10s %10s %+8.1f %12s\n", name, Percent(trained), Percent(untrained),
                         100 * (trained - untrained), Percent(raw));
}

std::string Warnings(const ImageFigures& figures) {
  std::string text;
  if (figures.trained.spread < kCollapsed) {
    text += absl::StrFormat("the trained features have collapsed: their spread is %.3f, of 1 at best\n",
                            figures.trained.spread);
  }
  for (const auto& [name, of] : {std::pair("trained", &figures.trained), std::pair("untrained", &figures.untrained),
                                 std::pair("raw", &figures.raw)}) {
    if (of->linear.converged) continue;
    text += Cat("the linear probe of the ", name, " features stopped after ", of->linear.iterations,
                " steps, before its minimum; --linear-c with less than ", of->linear.c, " gets there sooner\n");
  }
  return text;
}

std::string NeighbourTable(const ImageFigures& figures) {
  std::string text;
  for (const PictureNeighbours& of : figures.neighbours) {
    text += Cat("\nnearest to ", Printable(of.path), of.class_name.empty() ? "" : Cat(" (", of.class_name, ")"), "\n");
    for (const auto& near : of.nearest) {
      text += absl::StrFormat("  %.3f  %-12s %s\n", near.cosine, near.class_name, Printable(near.path));
    }
  }
  return text;
}

void AppendNeighbours(const ImageFigures& figures, JsonWriter* json) {
  json->Key("neighbours").BeginArray();
  for (const PictureNeighbours& of : figures.neighbours) {
    json->BeginObject().Key("picture").String(of.path).Key("class").String(of.class_name).Key("nearest").BeginArray();
    for (const auto& near : of.nearest) {
      json->BeginObject().Key("picture").String(near.path).Key("class").String(near.class_name);
      json->Key("cosine").Number(double{near.cosine}).EndObject();
    }
    json->EndArray().EndObject();
  }
  json->EndArray();
}

void AppendFigures(std::string_view suffix, const FeatureFigures& of, JsonWriter* json) {
  json->Key(Cat("knn", suffix))
      .Number(PerCent(of.knn[0]))
      .Key(Cat("linear", suffix))
      .Number(PerCent(of.linear.accuracy));
  json->Key(Cat("linear_c", suffix)).Number(of.linear.c);
  json->Key(Cat("linear_converged", suffix)).Bool(of.linear.converged);
  json->Key(Cat("features", suffix)).Number(of.dim).Key(Cat("spread", suffix)).Number(of.spread);
}

}  // namespace

absl::StatusOr<FeatureFigures> MeasureFeatures(const Features& train, const Features& test,
                                               const FeatureMeasures& measures) {
  FeatureFigures figures{.dim = train.dim};
  ASSIGN_OR_RETURN(figures.knn, KnnAccuracy(train, test, measures.neighbours, measures.temperature, measures.threads));
  ASSIGN_OR_RETURN(figures.linear, LinearProbe(train, test, {.c = measures.c, .threads = measures.threads}));
  figures.spread = Spread(test.rows, test.dim);
  return figures;
}

std::string FiguresTable(const ImageFigures& figures) {
  std::string text = Cat(figures.run, ": ", figures.net, ", ", figures.trained.dim, " features of pictures of ",
                         figures.image_size, " x ", figures.image_size, "\n");
  text += Cat(FormatCount(figures.train_pictures), " pictures to learn from, ", FormatCount(figures.test_pictures),
              " to classify, ", FormatCount(figures.classes),
              " classes; always the commonest: ", Percent(figures.chance), "\n\n");
  text += absl::StrFormat("%-18s %10s %10s %8s %12s\n", "", "trained", "untrained", "gain", "raw pixels");
  for (size_t i = 0; i < figures.measures.neighbours.size(); ++i) {
    text += Row(Cat("kNN, k = ", figures.measures.neighbours[i]), figures.trained.knn[i], figures.untrained.knn[i],
                figures.raw.knn[i]);
  }
  text += Row("linear probe", figures.trained.linear.accuracy, figures.untrained.linear.accuracy,
              figures.raw.linear.accuracy);
  text += absl::StrFormat("%-18s %10.2f %10.2f %8s %12.2f\n", "spread (1 at best)", figures.trained.spread,
                          figures.untrained.spread, "", figures.raw.spread);
  return text + Warnings(figures) + NeighbourTable(figures);
}

std::string FiguresJson(const ImageFigures& figures) {
  JsonWriter json;
  json.BeginObject().Key("run").String(figures.run).Key("net").String(figures.net);
  json.Key("image_size").Number(figures.image_size).Key("classes").Number(figures.classes);
  json.Key("train_pictures").Number(figures.train_pictures).Key("test_pictures").Number(figures.test_pictures);
  json.Key("chance").Number(PerCent(figures.chance)).Key("temperature").Number(figures.measures.temperature);
  AppendFigures("", figures.trained, &json);
  AppendFigures("_untrained", figures.untrained, &json);
  AppendFigures("_raw", figures.raw, &json);
  json.Key("knn_by_k").BeginArray();
  for (size_t i = 0; i < figures.measures.neighbours.size(); ++i) {
    json.BeginObject()
        .Key("k")
        .Number(figures.measures.neighbours[i])
        .Key("knn")
        .Number(PerCent(figures.trained.knn[i]));
    json.Key("knn_untrained").Number(PerCent(figures.untrained.knn[i]));
    json.Key("knn_raw").Number(PerCent(figures.raw.knn[i])).EndObject();
  }
  json.EndArray();
  AppendNeighbours(figures, &json);
  return json.EndObject().text() + "\n";
}

}  // namespace shoal
