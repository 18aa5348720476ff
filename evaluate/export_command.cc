#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "common/job/nearest_name.h"
#include "common/status.h"
#include "evaluate/command.h"
#include "evaluate/export.h"
#include "evaluate/images/encoder_export.h"
#include "worker/models/backbone_description.h"

namespace shoal {
namespace {

constexpr Option kOptions[] = {
    {"to", Option::kOne, "FORM",
     "word2vec-binary, word2vec-text, npy, projector; of an image encoder torchvision, timm"},
    {"output", Option::kOne, "PATH", "the file to write; for projector and timm, the folder"},
    {"help", Option::kFlag, "", "this text"},
};

constexpr std::string_view kUsage = "shoal export DIR|FILE --to FORM --output PATH";

absl::Status CheckForm(const std::string& form, const std::string& output) {
  if (IsEncoderForm(form)) return CheckEncoderExport(form, output);
  std::vector<std::string> forms(std::begin(kExportForms), std::end(kExportForms));
  if (std::find(forms.begin(), forms.end(), form) != forms.end()) return CheckExport(form, output);
  forms.insert(forms.end(), std::begin(kEncoderForms), std::end(kEncoderForms));
  return InvalidArgument("--to is ", form, Suggestion(form, forms));
}

absl::StatusOr<std::vector<std::string>> ExportWords(const std::string& source, std::string_view form,
                                                     const std::string& output) {
  std::error_code ignored;
  if (std::filesystem::exists(Cat(source, "/", kBackboneFileName), ignored)) {
    return FailedPrecondition(
        source, ": the run trained an image encoder, which is exported --to torchvision or timm, not ", form,
        "; features of pictures: shoal evaluate images ", source, " --data SET --features DIR");
  }
  ASSIGN_OR_RETURN(const WordVectors vectors, WordVectors::Load(source));
  return ExportVectors(vectors, form, output);
}

absl::Status Run(const Arguments& arguments) {
  for (const char* needed : {"to", "output"}) {
    if (!arguments.Has(needed)) return UsedWrongly(InvalidArgument("--", needed, " is missing: ", kUsage));
  }
  const std::string source = arguments.operands()[0], form = arguments.One("to"), output = arguments.One("output");
  const absl::Status check = CheckForm(form, output);
  if (!check.ok()) return UsedWrongly(check);
  const auto exported = IsEncoderForm(form) ? ExportEncoder : ExportWords;
  ASSIGN_OR_RETURN(const auto paths, exported(source, form, output));
  for (const std::string& path : paths) std::printf("%s\n", path.c_str());
  return absl::OkStatus();
}

}  // namespace

const Command kExportCommand = {
    .name = "export",
    .verb = "export",
    .usage = kUsage,
    .summary = "write word vectors, or an image encoder, in the form of another tool",
    .help =
        "word2vec-binary and word2vec-text are what gensim's load_word2vec_format reads. npy writes PATH, which ends\n"
        "in .npy, and the words beside it in .words.txt. projector writes vectors.tsv and metadata.tsv for\n"
        "TensorBoard's embedding projector.\n"
        "Of the output folder of a run that trained an image encoder, torchvision writes PATH, which ends in\n"
        ".safetensors: the state dict of torchvision.models' net without fc. timm writes the folder PATH for\n"
        "timm.create_model(\"local-dir:PATH\", pretrained=True).\n"
        "Numbers keep every bit. Prints the paths written.\n",
    .options = kOptions,
    .operands = 1,
    .run = Run,
};

}  // namespace shoal
