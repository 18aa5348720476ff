#include "data/byte_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr size_t kInputBytes = size_t{1} << 17;
// A format's first bytes are seen together, wherever they lie in the file.
constexpr size_t kLookahead = 6;
constexpr int kMaxWindowLog = 30;
static_assert(kMaxWindowBytes == uint64_t{1} << kMaxWindowLog);

// An open file and what was read of it but not used yet.
class Input {
 public:
  Input(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~Input() { ::close(fd_); }

  const std::string& path() const { return path_; }
  uint64_t bytes_read() const { return bytes_read_; }
  std::string_view unused() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void Use(size_t bytes) { begin_ += bytes; }

  absl::StatusOr<size_t> ReadInto(std::span<char> out) {
    while (true) {
      const ssize_t n = ::read(fd_, out.data(), out.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoError(errno, Cat("cannot read ", path_));
      bytes_read_ += n;
      return n;
    }
  }

  // Reads more behind what is unused; false at the file's end.
  absl::StatusOr<bool> Fill() {
    buffer_.resize(kInputBytes);
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
    ASSIGN_OR_RETURN(const size_t n, ReadInto({buffer_.data() + end_, buffer_.size() - end_}));
    end_ += n;
    return n > 0;
  }

 private:
  const std::string path_;
  const int fd_;
  uint64_t bytes_read_ = 0;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
};

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(std::unique_ptr<Input> input) : input_(std::move(input)) {}

  absl::StatusOr<size_t> Read(std::span<char> out) override {
    const size_t kept = std::min(out.size(), input_->unused().size());
    std::memcpy(out.data(), input_->unused().data(), kept);
    input_->Use(kept);
    size_t done = kept;
    while (done < out.size()) {
      ASSIGN_OR_RETURN(const size_t n, input_->ReadInto(out.subspan(done)));
      if (n == 0) break;
      done += n;
    }
    return done;
  }
  uint64_t file_bytes_read() const override { return input_->bytes_read(); }

 private:
  const std::unique_ptr<Input> input_;
};

// What the three formats share: feed the decoder until `out` is full or the data ends.
class CompressedStream : public ByteStream {
 public:
  CompressedStream(std::unique_ptr<Input> input, std::string_view format) : input_(std::move(input)), format_(format) {}

  absl::StatusOr<size_t> Read(std::span<char> out) override {
    size_t done = 0;
    while (done < out.size() && !finished_) {
      if (input_->unused().size() < kLookahead && !at_end_) {
        ASSIGN_OR_RETURN(const bool more, input_->Fill());
        at_end_ = !more;
      }
      const size_t unused = input_->unused().size();
      // A decoder that neither takes nor gives anything at the end waits for more that will not come.
      ASSIGN_OR_RETURN(const size_t n, Decode(out.subspan(done), at_end_));
      done += n;
      text_bytes_ += n;
      if (n == 0 && at_end_ && input_->unused().size() == unused && !finished_) return EndsEarly();
    }
    return done;
  }
  uint64_t file_bytes_read() const override { return input_->bytes_read(); }

 protected:
  // Decodes some of input()'s unused bytes (kLookahead or more, but at the end) into `out` and uses them up; returns
  // the bytes it made. Calls Finish where the data is complete. `at_end`: no more input will come.
  virtual absl::StatusOr<size_t> Decode(std::span<char> out, bool at_end) = 0;

  Input& input() { return *input_; }
  void Finish() { finished_ = true; }
  absl::Status Damaged(std::string_view why) const {
    return DataLoss(input_->path(), ": damaged ", format_, " data after ", text_bytes_, " bytes of text: ", why);
  }
  absl::Status EndsEarly() const {
    return DataLoss(input_->path(), ": the ", format_, " data ends early, after ", text_bytes_,
                    " bytes of text; is the file a whole copy?");
  }

 private:
  const std::unique_ptr<Input> input_;
  const std::string_view format_;
  uint64_t text_bytes_ = 0;
  bool at_end_ = false;
  bool finished_ = false;
};

constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kXzMagic(
    "\xfd"
    "7zXZ\0",
    6);
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
// Behind a byte of 0x50 to 0x5f: a frame to be skipped, which pzstd writes before each of its others.
constexpr std::string_view kZstdSkippableMagic = "\x2a\x4d\x18";

class GzipStream final : public CompressedStream {
 public:
  explicit GzipStream(std::unique_ptr<Input> input) : CompressedStream(std::move(input), "gzip") {
    inflateInit2(&zlib_, 16 + MAX_WBITS);
  }
  ~GzipStream() override { inflateEnd(&zlib_); }

 protected:
  absl::StatusOr<size_t> Decode(std::span<char> out, bool /*at_end*/) override {
    if (between_members_ && !StartMember()) return 0;
    const std::string_view in = input().unused();
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    zlib_.avail_in = static_cast<uInt>(in.size());
    zlib_.next_out = reinterpret_cast<Bytef*>(out.data());
    zlib_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    input().Use(in.size() - zlib_.avail_in);
    if (result == Z_STREAM_END) between_members_ = true;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      return Damaged(zlib_.msg != nullptr ? zlib_.msg : zError(result));
    }
    return out.size() - zlib_.avail_out;
  }

 private:
  // A gzip file is one member after the other; other bytes behind them are ignored, as gzip does.
  bool StartMember() {
    if (!input().unused().starts_with(kGzipMagic)) {
      const std::string_view rest = input().unused();
      if (rest.find_first_not_of('\0') != rest.npos) {
        LogWarning(input().path(), ": what stands behind the gzip data is ignored");
      }
      Finish();
      return false;
    }
    inflateReset(&zlib_);
    between_members_ = false;
    return true;
  }

  z_stream zlib_ = {};
  bool between_members_ = false;
};

const char* WordsFor(lzma_ret error) {
  switch (error) {
    case LZMA_FORMAT_ERROR:
      return "what follows is not xz";
    case LZMA_OPTIONS_ERROR:
      return "it uses options that liblzma does not know";
    case LZMA_MEM_ERROR:
      return "no memory to decode it";
    default:
      return "its checksums or codes are wrong";
  }
}

class XzStream final : public CompressedStream {
 public:
  explicit XzStream(std::unique_ptr<Input> input) : CompressedStream(std::move(input), "xz") {
    started_ = lzma_stream_decoder(&lzma_, kMaxWindowBytes, LZMA_CONCATENATED);
  }
  ~XzStream() override { lzma_end(&lzma_); }

 protected:
  absl::StatusOr<size_t> Decode(std::span<char> out, bool at_end) override {
    if (started_ != LZMA_OK) return ResourceExhausted(input().path(), ": no memory to decode xz data");
    const std::string_view in = input().unused();
    lzma_.next_in = reinterpret_cast<const uint8_t*>(in.data());
    lzma_.avail_in = in.size();
    lzma_.next_out = reinterpret_cast<uint8_t*>(out.data());
    lzma_.avail_out = out.size();
    const lzma_ret result = lzma_code(&lzma_, at_end ? LZMA_FINISH : LZMA_RUN);
    input().Use(in.size() - lzma_.avail_in);
    if (result == LZMA_STREAM_END) Finish();
    if (result == LZMA_MEMLIMIT_ERROR) return Damaged("it needs more than 1 GiB of memory to decode");
    if (result == LZMA_BUF_ERROR && at_end) return EndsEarly();
    if (result != LZMA_OK && result != LZMA_STREAM_END && result != LZMA_BUF_ERROR) {
      return Damaged(WordsFor(result));
    }
    return out.size() - lzma_.avail_out;
  }

 private:
  lzma_stream lzma_ = LZMA_STREAM_INIT;
  lzma_ret started_;
};

class ZstdStream final : public CompressedStream {
 public:
  explicit ZstdStream(std::unique_ptr<Input> input)
      : CompressedStream(std::move(input), "zstd"), zstd_(ZSTD_createDStream()) {
    ZSTD_DCtx_setParameter(zstd_, ZSTD_d_windowLogMax, kMaxWindowLog);
  }
  ~ZstdStream() override { ZSTD_freeDStream(zstd_); }

 protected:
  absl::StatusOr<size_t> Decode(std::span<char> out, bool at_end) override {
    if (at_end && input().unused().empty() && frame_ends_) {
      Finish();
      return 0;
    }
    ZSTD_inBuffer in = {input().unused().data(), input().unused().size(), 0};
    ZSTD_outBuffer to = {out.data(), out.size(), 0};
    const size_t result = ZSTD_decompressStream(zstd_, &to, &in);
    if (ZSTD_isError(result)) return Damaged(ZSTD_getErrorName(result));
    input().Use(in.pos);
    frame_ends_ = result == 0;
    return to.pos;
  }

 private:
  ZSTD_DStream* const zstd_;
  bool frame_ends_ = false;
};

bool StartsAsZstd(std::string_view start) {
  if (start.starts_with(kZstdMagic)) return true;
  return !start.empty() && (start[0] & 0xf0) == 0x50 && start.substr(1).starts_with(kZstdSkippableMagic);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ByteStream>> ByteStream::Open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, Cat("cannot open ", path));
  auto input = std::make_unique<Input>(path, fd);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  ASSIGN_OR_RETURN(bool more, input->Fill());
  while (more && input->unused().size() < kLookahead) {
    ASSIGN_OR_RETURN(more, input->Fill());
  }
  const std::string_view start = input->unused();
  if (start.starts_with(kGzipMagic)) return std::make_unique<GzipStream>(std::move(input));
  if (start.starts_with(kXzMagic)) return std::make_unique<XzStream>(std::move(input));
  if (StartsAsZstd(start)) return std::make_unique<ZstdStream>(std::move(input));
  return std::make_unique<PlainStream>(std::move(input));
}

}  // namespace shoal
