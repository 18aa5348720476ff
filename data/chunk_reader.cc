#include "data/chunk_reader.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/status.h"
#include "data/text_start.h"

namespace shoal {
namespace {

// Where to cut `text`, which is full: behind the last line, else behind the last white space, else between characters.
size_t CutOf(std::string_view text, bool* ends_line) {
  const size_t line_end = text.rfind('\n');
  *ends_line = line_end != text.npos;
  if (*ends_line) return line_end + 1;
  for (size_t at = text.size(); at > 0; --at) {
    if (static_cast<unsigned char>(text[at - 1]) <= ' ') return at;
  }
  size_t cut = text.size();
  for (int back = 0; back < 4; ++back) {
    if ((text[--cut] & 0xc0) != 0x80) return cut;
  }
  return text.size();
}

}  // namespace

std::vector<std::span<const FoundFile>> GroupFiles(std::span<const FoundFile> files, uint64_t chunk_bytes) {
  std::vector<std::span<const FoundFile>> groups;
  for (size_t begin = 0; begin < files.size();) {
    uint64_t bytes = files[begin].bytes;
    size_t end = begin + 1;
    while (end < files.size() && bytes + files[end].bytes <= chunk_bytes) bytes += files[end++].bytes;
    groups.push_back(files.subspan(begin, end - begin));
    begin = end;
  }
  return groups;
}

uint64_t ChunkReader::file_bytes_read() const {
  return closed_file_bytes_ + (stream_ != nullptr ? stream_->file_bytes_read() : 0);
}

absl::Status ChunkReader::OpenNextFile() {
  const FoundFile& file = files_[next_file_++];
  ASSIGN_OR_RETURN(stream_, ByteStream::Open(file.path));
  char start[kTextStartBytes];
  ASSIGN_OR_RETURN(const size_t n, stream_->Read(start));
  ASSIGN_OR_RETURN(start_, TextFrom(file.path, {start, n}));
  file_text_ = 0;
  ++counts_.files;
  return absl::OkStatus();
}

absl::StatusOr<size_t> ChunkReader::ReadStart(std::span<char> out) {
  const size_t n = std::min(out.size(), start_.size());
  std::memcpy(out.data(), start_.data(), n);
  start_.erase(0, n);
  return n;
}

// Fills `out` from the open file and those after it; fewer bytes at the end of the last one only.
absl::StatusOr<size_t> ChunkReader::ReadMore(std::span<char> out) {
  size_t done = 0;
  while (done < out.size()) {
    if (stream_ == nullptr) {
      if (next_file_ == files_.size()) break;
      RETURN_IF_ERROR(OpenNextFile());
    }
    ASSIGN_OR_RETURN(size_t n, ReadStart(out.subspan(done)));
    if (n == 0) {
      ASSIGN_OR_RETURN(n, stream_->Read(out.subspan(done)));
    }
    file_text_ += n;
    counts_.text_bytes += n;
    done += n;
    if (n > 0) {
      last_byte_ = out[done - 1];
      continue;
    }
    counts_.empty_files += file_text_ == 0;
    closed_file_bytes_ += stream_->file_bytes_read();
    stream_ = nullptr;
    if (last_byte_ != '\n') out[done++] = last_byte_ = '\n';
  }
  return done;
}

absl::StatusOr<bool> ChunkReader::Next(TextChunk* chunk) {
  chunk->text.Reset(chunk_bytes_);
  char* const text = reinterpret_cast<char*>(chunk->text.data());
  std::copy(rest_.begin(), rest_.end(), text);
  ASSIGN_OR_RETURN(const size_t more, ReadMore({text + rest_.size(), chunk_bytes_ - rest_.size()}));
  const size_t bytes = rest_.size() + more;
  if (bytes == 0) return false;
  chunk->starts_line = starts_line_;
  size_t cut = bytes;
  if (bytes == chunk_bytes_) cut = CutOf({text, bytes}, &starts_line_);
  rest_.assign(text + cut, text + bytes);
  chunk->text.Truncate(cut);
  return true;
}

}  // namespace shoal
