// ChunkStore: encoded chunks on disk between the counting of a corpus and the writing of its ids.
//
// Thread rule: safe from any thread; a chunk may be read once its Append returned.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/encoded_chunk.h"
#include "data/spill_file.h"

namespace shoal {

// Where a chunk lies; kept in memory, about 48 bytes for each 8 MiB of text.
struct ChunkPlace {
  uint64_t offset = 0;
  uint64_t letters = 0;
  uint32_t types = 0;
  uint32_t tokens = 0;
  uint32_t lines = 0;
  bool starts_line = true;
};

// A chunk's words in the order of its ids.
struct ChunkDictionary {
  // Calls visit(type, letters, length) for each word in turn, with its slot in `table` on the way.
  template <typename Visit>
  void ForEach(const WordTable& table, Visit visit) const {
    constexpr size_t kAhead = 16;
    const char* ahead = letters.data();
    const char* word = letters.data();
    for (size_t i = 0; i < lengths.size() + kAhead; ++i) {
      if (i < lengths.size()) {
        table.Prefetch(WordTable::KeyOf(ahead, lengths[i]));
        ahead += lengths[i];
      }
      if (i >= kAhead) {
        visit(i - kAhead, word, lengths[i - kAhead]);
        word += lengths[i - kAhead];
      }
    }
  }

  std::vector<uint32_t> counts;  // [types]
  std::vector<uint8_t> lengths;  // [types], in bytes.
  std::vector<char> letters;     // Followed by kWordPadding bytes.
};

class ChunkStore {
 public:
  static absl::StatusOr<std::unique_ptr<ChunkStore>> Create(const std::string& folder);

  absl::StatusOr<ChunkPlace> Append(const EncodedChunk& chunk);
  absl::Status ReadDictionary(const ChunkPlace& place, ChunkDictionary* dictionary) const;
  // tokens and line_words of EncodedChunk.
  absl::Status ReadText(const ChunkPlace& place, std::vector<uint32_t>* tokens,
                        std::vector<uint32_t>* line_words) const;

 private:
  explicit ChunkStore(std::unique_ptr<SpillFile> file) : file_(std::move(file)) {}

  const std::unique_ptr<SpillFile> file_;
};

}  // namespace shoal
