#include <cmath>
#include <cstdio>

#include "common/command_line.h"
#include "common/job/derived.h"
#include "common/status.h"
#include "data/parallel.h"
#include "evaluate/command.h"
#include "evaluate/images/evaluate_run.h"

namespace shoal {
namespace {

constexpr uint64_t kMostNeighbours = 1000000;

constexpr Option kOptions[] = {
    {"data", Option::kMany, "SET...",
     "labelled pictures, as data.images.path takes them; the part to train on is learnt"},
    {"test", Option::kMany, "SET...",
     "the pictures to classify: what SET holds out (val or test), or all of it; by default of --data's"},
    {"first-of-class", Option::kNumber, "N", "of each class only the first pictures to learn from; 0: all", 0, 0,
     ~0ull},
    {"test-first-of-class", Option::kNumber, "N", "the same of those to classify", 0, 0, ~0ull},
    {"knn", Option::kMany, "K...", "neighbours that vote (default 200); the first K counts, the others are told too"},
    {"temperature", Option::kOne, "T", "a neighbour votes with exp(cosine / T) (default 0.1)"},
    {"linear-c", Option::kOne, "C",
     "scikit-learn's C of the linear probe, 1e-10 to 1e10; by default chosen on held-out pictures"},
    {"features", Option::kOne, "DIR", "write the trained features and labels there, as NumPy's files"},
    {"neighbours", Option::kMany, "PATH...",
     "print the nearest pictures of each; any picture's file, or one of the sets"},
    {"count", Option::kNumber, "N", "neighbours of each picture", 10, 1, kMostSheetNeighbours},
    {"sheet", Option::kOne, "FILE.png", "draw those neighbours, a row for each picture"},
    {"cache", Option::kOne, "DIR", "where prepared sets are kept (default .shoal-cache beside RUN)"},
    {"threads", Option::kNumber, "N", "to compute with; 0: one for each core", 0, 0, 1024},
    {"json", Option::kFlag, "", "print JSON instead of tables"},
    {"help", Option::kFlag, "", "this text"},
};

constexpr std::string_view kUsage = "shoal evaluate images RUN --data SET... [--test SET...] [--knn K...] [--json]";

absl::Status ParsePositive(const Arguments& arguments, std::string_view option, double* number) {
  if (!arguments.Has(option)) return absl::OkStatus();
  const std::string text = arguments.One(option);
  if (ParseNumber(text, number) && *number > 0 && std::isfinite(*number)) return absl::OkStatus();
  return InvalidArgument("--", option, ": \"", text, "\" is not a number above 0");
}

absl::Status ParseNeighbours(const Arguments& arguments, std::vector<uint64_t>* neighbours) {
  if (!arguments.Has("knn")) return absl::OkStatus();
  neighbours->clear();
  for (const std::string& text : arguments.Many("knn")) {
    const auto k = NumberIn(text, 1, kMostNeighbours);
    if (!k.ok()) return InvalidArgument("--knn: ", ToStd(k.status().message()));
    neighbours->push_back(*k);
  }
  return absl::OkStatus();
}

absl::StatusOr<ImageEvaluation> EvaluationOf(const Arguments& arguments) {
  const std::string& run = arguments.operands()[0];
  const uint32_t threads = ThreadsToUse(static_cast<uint32_t>(arguments.Number("threads")));
  job::Images reading;
  reading.set_threads(threads);
  ImageEvaluation evaluation{
      .run = run,
      .sets = {.data = arguments.Many("data"),
               .test = arguments.Many("test"),
               .first_of_class = arguments.Number("first-of-class"),
               .test_first_of_class = arguments.Number("test-first-of-class"),
               .cache_directory = arguments.Has("cache") ? arguments.One("cache") : CacheDirectory(job::Job(), run),
               .reading = reading},
      .measures = {.threads = threads},
      .features_folder = arguments.One("features"),
      .neighbours_of = arguments.Many("neighbours"),
      .neighbours = arguments.Number("count"),
      .sheet = arguments.One("sheet")};
  if (evaluation.sets.data.empty()) return InvalidArgument("--data is missing: ", kUsage);
  RETURN_IF_ERROR(ParseNeighbours(arguments, &evaluation.measures.neighbours));
  RETURN_IF_ERROR(ParsePositive(arguments, "temperature", &evaluation.measures.temperature));
  RETURN_IF_ERROR(ParsePositive(arguments, "linear-c", &evaluation.measures.c));
  const double c = evaluation.measures.c;
  if (c != 0 && (c < LinearProbeOptions::kLeastC || c > LinearProbeOptions::kMostC)) {
    return InvalidArgument("--linear-c is ", arguments.One("linear-c"), ", not in 1e-10..1e10");
  }
  if (evaluation.neighbours_of.size() > kMostSheetRows) {
    return InvalidArgument("--neighbours has ", evaluation.neighbours_of.size(), " pictures, more than the limit of ",
                           kMostSheetRows);
  }
  if (arguments.Has("sheet") && evaluation.neighbours_of.empty()) {
    return InvalidArgument("--sheet draws the neighbours of pictures; name some: --neighbours PATH...");
  }
  if (arguments.Has("sheet") && !evaluation.sheet.ends_with(".png")) {
    return InvalidArgument("--sheet is ", evaluation.sheet, ", not a name that ends in .png, which it writes");
  }
  return evaluation;
}

absl::Status Run(const Arguments& arguments) {
  const absl::StatusOr<ImageEvaluation> evaluation = EvaluationOf(arguments);
  if (!evaluation.ok()) return UsedWrongly(evaluation.status());
  ASSIGN_OR_RETURN(const ImageFigures figures, EvaluateRun(*evaluation));
  std::fputs((arguments.Has("json") ? FiguresJson(figures) : FiguresTable(figures)).c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

const Command kImagesCommand = {
    .name = "images",
    .verb = "evaluate images",
    .usage = kUsage,
    .summary = "measure an image encoder",
    .help =
        "RUN is the output folder of a run that trained an image encoder (its backbone.safetensors and job.textproto "
        "are\n"
        "read). Its frozen features of labelled pictures are measured by a vote of the nearest neighbours and by a\n"
        "linear classifier, beside two controls: the same net untrained, and raw pixels (of views of 32 x 32 at "
        "most).\n",
    .options = kOptions,
    .operands = 1,
    .run = Run,
};

}  // namespace shoal
