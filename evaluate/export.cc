#include "evaluate/export.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "absl/strings/str_join.h"
#include "common/files.h"
#include "common/job/nearest_name.h"
#include "common/status.h"
#include "evaluate/npy_file.h"

namespace shoal {
namespace {

using Paths = std::vector<std::string>;

constexpr std::string_view kNpyEnding = ".npy";

void AppendNumber(float number, std::string* text) {
  char digits[32];
  text->append(digits, std::to_chars(digits, std::end(digits), number).ptr);
}

// "x<separator>y<separator>z".
void AppendNumbers(std::span<const float> row, char separator, std::string* text) {
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) *text += separator;
    AppendNumber(row[i], text);
  }
}

absl::StatusOr<Paths> ExportBinary(const WordVectors& vectors, const std::string& path) {
  ASSIGN_OR_RETURN(auto writer, WordVectorsWriter::Create(path, vectors.words(), vectors.dim()));
  for (uint64_t i = 0; i < vectors.words(); ++i) {
    RETURN_IF_ERROR(writer->Append(vectors.word(i), vectors.row(i)));
  }
  RETURN_IF_ERROR(writer->Commit());
  return Paths{path};
}

absl::StatusOr<Paths> ExportText(const WordVectors& vectors, const std::string& path) {
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  RETURN_IF_ERROR(file->Append(Cat(vectors.words(), " ", vectors.dim(), "\n")));
  std::string line;
  for (uint64_t i = 0; i < vectors.words(); ++i) {
    line = Cat(vectors.word(i), " ");
    AppendNumbers(vectors.row(i), ' ', &line);
    line += '\n';
    RETURN_IF_ERROR(file->Append(line));
  }
  RETURN_IF_ERROR(file->Commit());
  return Paths{path};
}

absl::Status WriteWords(const WordVectors& vectors, const std::string& path) {
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  for (uint64_t i = 0; i < vectors.words(); ++i) RETURN_IF_ERROR(file->Append(Cat(vectors.word(i), "\n")));
  return file->Commit();
}

absl::StatusOr<Paths> ExportNpy(const WordVectors& vectors, const std::string& path) {
  const std::string words_path = path.substr(0, path.size() - kNpyEnding.size()) + ".words.txt";
  RETURN_IF_ERROR(WriteWords(vectors, words_path));
  RETURN_IF_ERROR(WriteNpy(path, vectors.rows(), {vectors.words(), vectors.dim()}));
  return Paths{path, words_path};
}

absl::StatusOr<Paths> ExportProjector(const WordVectors& vectors, const std::string& path) {
  RETURN_IF_ERROR(MakeDirectories(path));
  const std::string vectors_path = Cat(path, "/vectors.tsv"), words_path = Cat(path, "/metadata.tsv");
  RETURN_IF_ERROR(WriteWords(vectors, words_path));
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(vectors_path));
  std::string line;
  for (uint64_t i = 0; i < vectors.words(); ++i) {
    line.clear();
    AppendNumbers(vectors.row(i), '\t', &line);
    line += '\n';
    RETURN_IF_ERROR(file->Append(line));
  }
  RETURN_IF_ERROR(file->Commit());
  return Paths{vectors_path, words_path};
}

// That readers can tell where each word ends: at a space in word2vec's forms; elsewhere at a line's end, and a tab
// would begin a second column of the projector's metadata.
absl::Status CheckWords(const WordVectors& vectors, std::string_view form) {
  const bool word2vec = form.starts_with("word2vec");
  for (uint64_t i = 0; i < vectors.words(); ++i) {
    const std::string_view word = vectors.word(i);
    if (!word.empty() && word.find_first_of(word2vec ? " \n" : "\t\n") == word.npos) continue;
    return InvalidArgument("word ", i, ", \"", word.substr(0, 64), "\", is empty or has a ", word2vec ? "space" : "tab",
                           " or line end in it, which --to ", form, " cannot hold; nothing was written");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckExport(std::string_view form, const std::string& path) {
  const std::vector<std::string> forms(std::begin(kExportForms), std::end(kExportForms));
  if (std::find(forms.begin(), forms.end(), form) == forms.end()) {
    return InvalidArgument("--to is ", form, Suggestion(form, forms));
  }
  if (form == "npy" && !path.ends_with(kNpyEnding)) {
    return InvalidArgument("--output is ", path, ", not a name that ends in .npy, which --to npy writes");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ExportVectors(const WordVectors& vectors, std::string_view form,
                                                       const std::string& path) {
  RETURN_IF_ERROR(CheckExport(form, path));
  RETURN_IF_ERROR(CheckWords(vectors, form));
  if (form == "word2vec-binary") return ExportBinary(vectors, path);
  if (form == "word2vec-text") return ExportText(vectors, path);
  if (form == "npy") return ExportNpy(vectors, path);
  return ExportProjector(vectors, path);
}

}  // namespace shoal
