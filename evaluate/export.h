// Word vectors in the forms that other tools read. Grammars: docs/formats/vectors.md.
//
// Numbers keep every bit: text forms use the fewest digits that read back as the same float. Each file appears whole or
// not at all.
//
// Thread rule: safe from any thread, for different paths.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/word_vectors.h"

namespace shoal {

// What --to takes.
inline constexpr std::string_view kExportForms[] = {"word2vec-binary", "word2vec-text", "npy", "projector"};

// InvalidArgument: no such form, or `path` is no name for a file of it.
absl::Status CheckExport(std::string_view form, const std::string& path);

// Writes `vectors` as `form` and returns the paths written:
//   word2vec-binary, word2vec-text  `path`
//   npy                             `path`, a [words, dim] array, and the words, one a line, in `path` with .words.txt
//                                   for .npy
//   projector                       `path`/vectors.tsv and `path`/metadata.tsv, for TensorBoard's embedding projector
// InvalidArgument: as CheckExport, or a word that the form cannot hold.
absl::StatusOr<std::vector<std::string>> ExportVectors(const WordVectors& vectors, std::string_view form,
                                                       const std::string& path);

}  // namespace shoal
