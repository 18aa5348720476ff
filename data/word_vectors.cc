#include "data/word_vectors.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <utility>

#include "common/byte_order_mark.h"
#include "common/log.h"
#include "common/status.h"

namespace shoal {

static_assert(std::endian::native == std::endian::little, "word2vec's binary form is little-endian");

absl::StatusOr<std::unique_ptr<WordVectorsWriter>> WordVectorsWriter::Create(const std::string& path, uint64_t words,
                                                                             uint32_t dim) {
  if (dim == 0 || dim > kMaxVectorDim) {
    return InvalidArgument(path, ": vectors of ", dim, " numbers; 1 to ", kMaxVectorDim, " can be written");
  }
  if (words == 0 || words > kMaxVectorWords) {
    return InvalidArgument(path, ": ", words, " vectors; 1 to ", kMaxVectorWords, " can be written");
  }
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  RETURN_IF_ERROR(file->Append(Cat(words, " ", dim, "\n")));
  return std::unique_ptr<WordVectorsWriter>(new WordVectorsWriter(std::move(file), path, words, dim));
}

absl::Status WordVectorsWriter::Append(std::string_view word, std::span<const float> vector) {
  if (word.empty() || word.size() > kMaxVectorWordBytes || word.find_first_of(" \n") != word.npos) {
    return InvalidArgument(path_, ": row ", appended_, ": word \"", word.substr(0, 64), "\" is empty, longer than ",
                           kMaxVectorWordBytes, " bytes, or has a space or line end in it");
  }
  if (vector.size() != dim_) {
    return InvalidArgument(path_, ": row ", appended_, ": vector of ", vector.size(), " numbers, expected ", dim_);
  }
  if (appended_ == words_)
    return FailedPrecondition(path_, ": row ", appended_, " of ", words_, " that were announced");
  RETURN_IF_ERROR(file_->Append(word));
  RETURN_IF_ERROR(file_->Append(" "));
  RETURN_IF_ERROR(file_->Append({reinterpret_cast<const char*>(vector.data()), vector.size_bytes()}));
  RETURN_IF_ERROR(file_->Append("\n"));
  ++appended_;
  return absl::OkStatus();
}

absl::Status WordVectorsWriter::Commit() {
  if (appended_ != words_) {
    return FailedPrecondition(path_, ": ", appended_, " rows were written of ", words_, " that were announced");
  }
  return file_->Commit();
}

std::optional<uint64_t> WordVectors::Find(std::string_view word) const {
  const auto found = index_.find(word);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

void WordVectors::AddWord(std::string_view word) {
  letters_.insert(letters_.end(), word.begin(), word.end());
  ends_.push_back(letters_.size());
}

void WordVectors::Index() {
  index_.clear();
  index_.reserve(words());
  for (uint64_t i = 0; i < words(); ++i) index_.emplace(word(i), i);
}

void WordVectors::DropRepeated() {
  std::vector<uint64_t> kept;
  for (uint64_t i = 0; i < words(); ++i) {
    if (index_.find(word(i))->second == i) kept.push_back(i);
  }
  WordVectors first;
  first.dim_ = dim_;
  for (const uint64_t i : kept) {
    first.AddWord(word(i));
    first.rows_.insert(first.rows_.end(), row(i).begin(), row(i).end());
  }
  first.repeated_words_ = words() - kept.size();
  *this = std::move(first);
}

void WordVectors::Finish() {
  letters_.shrink_to_fit();
  Index();
  if (index_.size() < words()) {
    DropRepeated();
    Index();
  }
  for (uint64_t i = 0; i < words(); ++i) {
    bool finite = true;
    for (const float x : row(i)) finite &= std::isfinite(x);
    rows_not_finite_ += !finite;
  }
}

absl::StatusOr<WordVectors> WordVectors::FromRows(std::span<const std::string> words, std::vector<float> rows,
                                                  uint32_t dim) {
  if (dim == 0 || dim > kMaxVectorDim || rows.size() != words.size() * dim) {
    return InvalidArgument(rows.size(), " numbers are not ", words.size(), " vectors of ", dim);
  }
  WordVectors vectors;
  vectors.dim_ = dim;
  vectors.rows_ = std::move(rows);
  for (const std::string& word : words) vectors.AddWord(word);
  vectors.Finish();
  return vectors;
}

// Walks over the bytes of one file, from the header to the last row.
class WordVectorsReader {
 public:
  WordVectorsReader(std::string path, std::string_view bytes) : path_(std::move(path)), left_(bytes), bytes_(bytes) {}

  absl::StatusOr<WordVectors> Read() {
    RETURN_IF_ERROR(ReadHeader());
    const bool text = NextRowIsText();
    RETURN_IF_ERROR(CheckSize(text));
    vectors_.ends_.reserve(words_);
    vectors_.rows_.resize(words_ * vectors_.dim_);
    for (row_ = 0; row_ < words_; ++row_) {
      RETURN_IF_ERROR(text ? ReadTextRow() : ReadBinaryRow());
    }
    SkipLineEnds();
    if (!left_.empty()) {
      return Damaged("the header says ", words_, " words, but ", left_.size(), " bytes follow the last");
    }
    vectors_.Finish();
    return std::move(vectors_);
  }

 private:
  template <typename... Args>
  absl::Status Damaged(Args&&... args) const {
    return DataLoss(path_, ": ", std::forward<Args>(args)..., " (byte ", bytes_.size() - left_.size(), " of ",
                    bytes_.size(), ")");
  }

  // "words dim\n".
  absl::Status ReadHeader() {
    if (bytes_.empty()) return DataLoss(path_, ": the file is empty, expected a line \"words dim\" and word vectors");
    left_ = WithoutByteOrderMark(left_);  // Of a text that an editor has saved.
    const std::string_view line = left_.substr(0, std::min(left_.find('\n'), size_t{64}));
    const char* const end = line.data() + line.size();
    const auto words = std::from_chars(line.data(), end, words_);
    const char* const second = words.ptr + (words.ptr != end && *words.ptr == ' ');
    const auto dim = std::from_chars(second, end, vectors_.dim_);
    const std::string_view rest(dim.ptr, end - dim.ptr);
    if (words.ec != std::errc() || dim.ec != std::errc() || second == words.ptr ||
        rest.find_first_not_of(" \r") != rest.npos) {
      return Damaged("expected a first line \"words dim\" as word2vec writes it, got \"", line, "\"");
    }
    if (words_ == 0) return Damaged("the header says 0 words, expected at least one");
    if (words_ > kMaxVectorWords || vectors_.dim_ == 0 || vectors_.dim_ > kMaxVectorDim) {
      return Damaged("the header says ", words_, " words of ", vectors_.dim_, " numbers, expected up to ",
                     kMaxVectorWords, " of 1 to ", kMaxVectorDim);
    }
    left_.remove_prefix(std::min(line.size() + 1, left_.size()));
    return absl::OkStatus();
  }

  // Before the header's numbers become memory.
  absl::Status CheckSize(bool text) const {
    // A letter, a space, and for each number four bytes, or a digit and its space.
    const unsigned __int128 least = static_cast<unsigned __int128>(words_) * (2 + vectors_.dim_ * (text ? 2ull : 4ull));
    // The last line's space or end may be missing.
    if (least <= left_.size() + 2) return absl::OkStatus();
    return Damaged("cut short: the header says ", words_, " words of ", vectors_.dim_, " numbers, which take at least ",
                   static_cast<uint64_t>(least), " bytes, but ", left_.size(), " follow");
  }

  // A line of a word and `dim` numbers is what binary rows cannot look like by chance.
  bool NextRowIsText() const {
    std::string_view line = left_.substr(0, left_.find('\n'));
    if (TakeWord(&line).empty()) return false;
    float number;
    for (uint32_t i = 0; i < vectors_.dim_; ++i) {
      if (!TakeNumber(&line, &number)) return false;
    }
    return line.find_first_not_of(" \r") == line.npos;
  }

  // Up to the next space; empty where there is none within reach.
  static std::string_view TakeWord(std::string_view* text) {
    const size_t space = text->substr(0, kMaxVectorWordBytes + 1).find(' ');
    if (space == text->npos) return {};
    const std::string_view word = text->substr(0, space);
    text->remove_prefix(space + 1);
    return word;
  }

  static bool TakeNumber(std::string_view* text, float* number) {
    text->remove_prefix(std::min(text->find_first_not_of(' '), text->size()));
    const size_t sign = !text->empty() && text->front() == '+';
    const char* const begin = text->data() + sign;
    const auto [end, error] = std::from_chars(begin, text->data() + text->size(), *number);
    if (error == std::errc::invalid_argument) return false;
    if (error == std::errc::result_out_of_range) {
      double wide;
      if (std::from_chars(begin, end, wide).ec != std::errc()) return false;
      *number = static_cast<float>(wide);
    }
    text->remove_prefix(end - text->data());
    return text->empty() || text->front() == ' ' || text->front() == '\r';
  }

  void SkipLineEnds() {
    while (!left_.empty() && (left_.front() == '\n' || left_.front() == '\r')) left_.remove_prefix(1);
  }

  absl::Status ReadBinaryRow() {
    // word2vec.c ends a row with a line end, gensim does not.
    SkipLineEnds();
    const std::string_view word = TakeWord(&left_);
    const size_t size = vectors_.dim_ * sizeof(float);
    if (word.empty()) return Damaged("row ", row_, " of ", words_, ": expected a word and a space, found none");
    if (left_.size() < size) {
      return Damaged("cut short: row ", row_, " of ", words_, " (\"", word.substr(0, 64), "\"): expected ", size,
                     " bytes, got ", left_.size());
    }
    std::memcpy(&vectors_.rows_[row_ * vectors_.dim_], left_.data(), size);
    left_.remove_prefix(size);
    vectors_.AddWord(word);
    return absl::OkStatus();
  }

  absl::Status ReadTextRow() {
    if (left_.empty()) return Damaged("cut short: the header says ", words_, " words, found ", row_);
    std::string_view line = left_.substr(0, left_.find('\n'));
    const size_t line_size = std::min(line.size() + 1, left_.size());
    const std::string_view word = TakeWord(&line);
    if (word.empty()) return Damaged("row ", row_, ": expected a word and a space, found none");
    for (uint32_t i = 0; i < vectors_.dim_; ++i) {
      if (!TakeNumber(&line, &vectors_.rows_[row_ * vectors_.dim_ + i])) {
        return Damaged("row ", row_, " (\"", word.substr(0, 64), "\"): expected ", vectors_.dim_, " numbers, got ", i,
                       " and then \"", line.substr(0, 20), "\"");
      }
    }
    if (line.find_first_not_of(" \r") != line.npos) {
      return Damaged("row ", row_, " (\"", word.substr(0, 64), "\"): more than ", vectors_.dim_, " numbers");
    }
    vectors_.AddWord(word);
    left_.remove_prefix(line_size);
    return absl::OkStatus();
  }

  const std::string path_;
  std::string_view left_;  // What has not been read yet, of
  const std::string_view bytes_;
  uint64_t words_ = 0;
  uint64_t row_ = 0;
  WordVectors vectors_;
};

absl::StatusOr<WordVectors> WordVectors::Load(const std::string& path) {
  std::error_code ignored;  // What is no folder is opened as a file, and that error says what is wrong with it.
  const bool folder = std::filesystem::is_directory(path, ignored);
  const std::string file = folder ? Cat(path, "/", kVectorsFileName) : path;
  ASSIGN_OR_RETURN(const MappedFile mapped, MappedFile::Open(file));
  ASSIGN_OR_RETURN(WordVectors vectors, WordVectorsReader(file, mapped.bytes()).Read());
  if (vectors.repeated_words() > 0) {
    LogWarning(file, ": ", vectors.repeated_words(), " rows are of words that stand before; the first of each is kept");
  }
  return vectors;
}

}  // namespace shoal
