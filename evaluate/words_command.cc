#include <cstdio>
#include <filesystem>

#include "common/status.h"
#include "evaluate/command.h"
#include "evaluate/figures.h"

namespace shoal {
namespace {

constexpr Option kOptions[] = {
    {"similarity", Option::kMany, "FILE...", "\"word TAB word TAB score\" files: Spearman's rank correlation"},
    {"analogies", Option::kMany, "FILE...", "Google's form: accuracy by section, 3CosAdd and 3CosMul"},
    {"analogy-words", Option::kNumber, "N", "analogies among the N commonest words only", 30000, 4, 1ull << 32},
    {"synonyms", Option::kMany, "FILE...", "\"word TAB word\" files: how often nearer than a random word"},
    {"wordnet", Option::kOne, "DIR", "synonyms out of WordNet's files (Debian: /usr/share/wordnet)"},
    {"neighbours", Option::kMany, "WORD...", "print the nearest words of each"},
    {"count", Option::kNumber, "N", "neighbours of each word", 10, 1, 1000},
    {"seed", Option::kNumber, "N", "of the random words that synonyms are set against", 1, 0, ~0ull},
    {"json", Option::kFlag, "", "print JSON instead of tables"},
    {"save", Option::kFlag, "", "keep the figures as DIR/evaluation.json too, for the report"},
    {"help", Option::kFlag, "", "this text"},
};

absl::Status Run(const Arguments& arguments) {
  const std::string& source = arguments.operands()[0];
  std::error_code ignored;
  if (arguments.Has("save") && !std::filesystem::is_directory(source, ignored)) {
    return UsedWrongly(InvalidArgument("--save: ", source, " is not a folder; figures are kept in an output folder"));
  }
  ASSIGN_OR_RETURN(const WordVectors vectors, WordVectors::Load(source));
  const WordMeasures measures{.similarity_files = arguments.Many("similarity"),
                              .analogy_files = arguments.Many("analogies"),
                              .analogy_words = arguments.Number("analogy-words"),
                              .synonym_files = arguments.Many("synonyms"),
                              .wordnet_folder = arguments.One("wordnet"),
                              .neighbours_of = arguments.Many("neighbours"),
                              .neighbours = arguments.Number("count"),
                              .seed = arguments.Number("seed")};
  ASSIGN_OR_RETURN(const WordFigures figures, MeasureWords(vectors, source, measures));
  const std::string json = FiguresJson(figures);
  if (arguments.Has("save")) {
    RETURN_IF_ERROR(WriteFileAtomically(Cat(source, "/", kFiguresFileName), json));
  }
  std::fputs((arguments.Has("json") ? json : FiguresTable(figures)).c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

const Command kWordsCommand = {
    .name = "words",
    .verb = "evaluate words",
    .usage =
        "shoal evaluate words DIR|FILE [--similarity FILE...] [--analogies FILE...] [--synonyms FILE...] "
        "[--neighbours WORD...]",
    .summary = "measure word vectors",
    .help =
        "DIR is an output folder (its vectors.bin is taken); FILE holds vectors in word2vec's binary or text form.\n"
        "Words of the test files match whatever their case.\n",
    .options = kOptions,
    .operands = 1,
    .run = Run,
};

}  // namespace shoal
