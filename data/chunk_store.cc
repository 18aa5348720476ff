#include "data/chunk_store.h"

#include <array>
#include <span>
#include <utility>

#include "common/status.h"
#include "data/section_file.h"

namespace shoal {
namespace {

// Reads `count` values at *offset and moves it behind them.
template <typename T>
absl::Status ReadValues(const SpillFile& file, uint64_t* offset, uint64_t count, std::vector<T>* values) {
  values->resize(count);
  const std::span<char> bytes(reinterpret_cast<char*>(values->data()), count * sizeof(T));
  RETURN_IF_ERROR(file.Read(*offset, bytes));
  *offset += bytes.size();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChunkStore>> ChunkStore::Create(const std::string& folder) {
  ASSIGN_OR_RETURN(auto file, SpillFile::Create(folder));
  return std::unique_ptr<ChunkStore>(new ChunkStore(std::move(file)));
}

absl::StatusOr<ChunkPlace> ChunkStore::Append(const EncodedChunk& chunk) {
  std::vector<uint8_t> lengths;
  lengths.reserve(chunk.types.size());
  for (uint32_t type = 0; type < chunk.types.size(); ++type) lengths.push_back(chunk.types.word(type).size());
  const std::array<std::string_view, 5> parts = {BytesOf(chunk.type_counts), BytesOf(lengths), chunk.types.letters(),
                                                 BytesOf(chunk.tokens), BytesOf(chunk.line_words)};
  ChunkPlace place;
  ASSIGN_OR_RETURN(place.offset, file_->Append(parts));
  place.letters = chunk.types.letters().size();
  place.types = chunk.types.size();
  place.tokens = static_cast<uint32_t>(chunk.tokens.size());
  place.lines = static_cast<uint32_t>(chunk.line_words.size());
  place.starts_line = chunk.starts_line;
  return place;
}

absl::Status ChunkStore::ReadDictionary(const ChunkPlace& place, ChunkDictionary* dictionary) const {
  uint64_t offset = place.offset;
  RETURN_IF_ERROR(ReadValues(*file_, &offset, place.types, &dictionary->counts));
  RETURN_IF_ERROR(ReadValues(*file_, &offset, place.types, &dictionary->lengths));
  RETURN_IF_ERROR(ReadValues(*file_, &offset, place.letters, &dictionary->letters));
  dictionary->letters.resize(place.letters + kWordPadding);
  return absl::OkStatus();
}

absl::Status ChunkStore::ReadText(const ChunkPlace& place, std::vector<uint32_t>* tokens,
                                  std::vector<uint32_t>* line_words) const {
  uint64_t offset = place.offset + place.types * (sizeof(uint32_t) + sizeof(uint8_t)) + place.letters;
  RETURN_IF_ERROR(ReadValues(*file_, &offset, place.tokens, tokens));
  return ReadValues(*file_, &offset, place.lines, line_words);
}

}  // namespace shoal
