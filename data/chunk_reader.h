// ChunkReader: text in pieces of bounded size that can be tokenised apart from each other, in any order.
//
// A chunk ends at a line's end. Where a line is longer than a chunk, it is cut at white space and goes on in the next
// chunk; a run without white space longer than a chunk is cut between two characters. Where the cuts fall depends on
// the text only.
//
// Each file counts as text of its own: a byte order mark at its start is dropped, and a missing line end is supplied.
//
// Thread rule: belongs to one thread at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/buffer.h"
#include "data/byte_stream.h"
#include "data/corpus_counts.h"
#include "data/corpus_files.h"

namespace shoal {

inline constexpr size_t kChunkBytes = size_t{8} << 20;

struct TextChunk {
  Buffer text;
  // False where it goes on in the middle of a line.
  bool starts_line = true;
};

// Files that are read one after the other as one run of chunks: as many consecutive ones as fit in a chunk, so that a
// million small files are not a million chunks; at least one.
std::vector<std::span<const FoundFile>> GroupFiles(std::span<const FoundFile> files, uint64_t chunk_bytes);

class ChunkReader {
 public:
  // Reads `files`, which outlive it. `chunk_bytes` >= 16.
  ChunkReader(std::span<const FoundFile> files, size_t chunk_bytes) : files_(files), chunk_bytes_(chunk_bytes) {}

  // False: there is no more. InvalidArgument: a file is UTF-16 or of another format (text_start.h).
  // Else as ByteStream.
  absl::StatusOr<bool> Next(TextChunk* chunk);

  // files, text_bytes and empty_files so far.
  const CorpusCounts& counts() const { return counts_; }
  // Of the files as they are stored, so far.
  uint64_t file_bytes_read() const;

 private:
  absl::Status OpenNextFile();
  absl::StatusOr<size_t> ReadStart(std::span<char> out);
  absl::StatusOr<size_t> ReadMore(std::span<char> out);

  const std::span<const FoundFile> files_;
  const size_t chunk_bytes_;
  size_t next_file_ = 0;
  std::unique_ptr<ByteStream> stream_;
  std::string start_;       // The first bytes of the open file, until they are handed out.
  uint64_t file_text_ = 0;  // Bytes that the open file has given.
  char last_byte_ = '\n';
  std::vector<char> rest_;  // Behind the last cut.
  bool starts_line_ = true;
  CorpusCounts counts_;
  uint64_t closed_file_bytes_ = 0;
};

}  // namespace shoal
