// WordVectors: words and their vectors in word2vec's file forms, which gensim, fastText and faiss' users read.
//
//   ASSIGN_OR_RETURN(auto writer, WordVectorsWriter::Create("out/vectors.bin", words, dim));
//   for (...) RETURN_IF_ERROR(writer->Append(word, row));
//   RETURN_IF_ERROR(writer->Commit());
//
// Grammar: docs/formats/vectors.md. Words are in order of falling frequency where shoal wrote them.
//
// Thread rule: a writer belongs to one thread. WordVectors is immutable after Load; safe from any thread.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files.h"

namespace shoal {

inline constexpr uint32_t kMaxVectorDim = 65536;
inline constexpr uint64_t kMaxVectorWords = uint64_t{1} << 32;
// Of one word, in bytes.
inline constexpr size_t kMaxVectorWordBytes = 65536;
// What an output folder's vectors are called.
inline constexpr std::string_view kVectorsFileName = "vectors.bin";

// Writes word2vec's binary form, row by row; memory does not grow with the number of rows. The file appears whole on
// Commit or not at all.
class WordVectorsWriter {
 public:
  // InvalidArgument: dim or words is 0 or over its limit. Else as AtomicFile::Create.
  static absl::StatusOr<std::unique_ptr<WordVectorsWriter>> Create(const std::string& path, uint64_t words,
                                                                   uint32_t dim);

  // `vector` [dim]. InvalidArgument: a word that is empty, too long, or has a space or line end in it (no reader could
  // tell where it ends), or a vector of another width; nothing is written then.
  absl::Status Append(std::string_view word, std::span<const float> vector);

  // FailedPrecondition: not exactly `words` rows were appended; the file does not appear.
  absl::Status Commit();

 private:
  WordVectorsWriter(std::unique_ptr<AtomicFile> file, std::string path, uint64_t words, uint32_t dim)
      : file_(std::move(file)), path_(std::move(path)), words_(words), dim_(dim) {}

  const std::unique_ptr<AtomicFile> file_;
  const std::string path_;
  const uint64_t words_;
  const uint32_t dim_;
  uint64_t appended_ = 0;
};

class WordVectors {
 public:
  // Reads word2vec's binary or text form, told apart by the bytes; a folder stands for its vectors.bin. DataLoss names
  // the file, the row, and what was expected and found there: an empty or cut file, a count that does not match, a
  // number that is none. Of a word that stands twice the first row is kept, as gensim keeps it, and a warning counts
  // the others. Memory: about the size of the binary file, and 64 bytes a word; twice that where a word is repeated.
  static absl::StatusOr<WordVectors> Load(const std::string& path);

  // InvalidArgument: the sizes do not fit together. Of a word that stands twice the first row is kept. For vectors that
  // are made in place (tests, untrained controls).
  static absl::StatusOr<WordVectors> FromRows(std::span<const std::string> words, std::vector<float> rows,
                                              uint32_t dim);

  WordVectors(WordVectors&&) = default;
  WordVectors& operator=(WordVectors&&) = default;

  uint64_t words() const { return ends_.size(); }
  uint32_t dim() const { return dim_; }
  std::string_view word(uint64_t i) const {
    const uint64_t begin = i == 0 ? 0 : ends_[i - 1];
    return {letters_.data() + begin, ends_[i] - begin};
  }
  // [dim], as stored: not normalised.
  std::span<const float> row(uint64_t i) const { return {rows_.data() + i * dim_, dim_}; }
  // [words, dim], row after row.
  std::span<const float> rows() const { return rows_; }
  std::optional<uint64_t> Find(std::string_view word) const;
  // Rows with a NaN or an infinity in them: a training that diverged.
  uint64_t rows_not_finite() const { return rows_not_finite_; }
  // Rows that were left out, as their word stood before.
  uint64_t repeated_words() const { return repeated_words_; }

 private:
  friend class WordVectorsReader;
  WordVectors() = default;
  WordVectors(const WordVectors&) = delete;
  void AddWord(std::string_view word);
  // Once all words and rows are there.
  void Finish();
  void Index();
  void DropRepeated();

  uint32_t dim_ = 0;
  std::vector<char> letters_;  // Of all words, end to end.
  std::vector<uint64_t> ends_;
  std::vector<float> rows_;
  std::unordered_map<std::string_view, uint64_t> index_;  // Keys point into letters_.
  uint64_t rows_not_finite_ = 0;
  uint64_t repeated_words_ = 0;
};

}  // namespace shoal
