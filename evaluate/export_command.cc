#include <cstdio>

#include "common/status.h"
#include "evaluate/command.h"
#include "evaluate/export.h"

namespace shoal {
namespace {

constexpr Option kOptions[] = {
    {"to", Option::kOne, "FORM", "word2vec-binary, word2vec-text, npy or projector"},
    {"output", Option::kOne, "PATH", "the file to write; for projector, the folder"},
    {"help", Option::kFlag, "", "this text"},
};

constexpr std::string_view kUsage = "shoal export DIR|FILE --to FORM --output PATH";

absl::Status Run(const Arguments& arguments) {
  for (const char* needed : {"to", "output"}) {
    if (!arguments.Has(needed)) return UsedWrongly(InvalidArgument("--", needed, " is missing: ", kUsage));
  }
  const absl::Status check = CheckExport(arguments.One("to"), arguments.One("output"));
  if (!check.ok()) return UsedWrongly(check);
  ASSIGN_OR_RETURN(const WordVectors vectors, WordVectors::Load(arguments.operands()[0]));
  ASSIGN_OR_RETURN(const auto paths, ExportVectors(vectors, arguments.One("to"), arguments.One("output")));
  for (const std::string& path : paths) std::printf("%s\n", path.c_str());
  return absl::OkStatus();
}

}  // namespace

const Command kExportCommand = {
    .name = "export",
    .verb = "export",
    .usage = kUsage,
    .summary = "write word vectors in the form of another tool",
    .help =
        "word2vec-binary and word2vec-text are what gensim's load_word2vec_format reads. npy writes PATH, which ends\n"
        "in .npy, and the words beside it in .words.txt. projector writes vectors.tsv and metadata.tsv for\n"
        "TensorBoard's embedding projector. Numbers keep every bit. Prints the paths written.\n",
    .options = kOptions,
    .operands = 1,
    .run = Run,
};

}  // namespace shoal
