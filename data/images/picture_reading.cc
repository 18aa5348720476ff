#include "data/images/picture_reading.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>

#include "common/status.h"
#include "data/images/image_buffer.h"
#include "data/images/picture_bytes.h"
#include "data/parallel.h"

namespace shoal {
namespace {

// Of a file, which hold the header of most pictures.
constexpr uint64_t kHeaderBytes = uint64_t{1} << 16;
// Pictures that a thread surveys at a time.
constexpr uint64_t kSurveyedAtOnce = 64;

absl::Status CheckGivenUp(const ReadingOptions& options) {
  if (options.give_up == nullptr || !*options.give_up) return absl::OkStatus();
  return Aborted("the reading of the pictures was given up");
}

absl::StatusOr<PictureSize> SizeOf(const FoundFile& file, const ReadingOptions& options, std::string* bytes) {
  bool whole = false;
  RETURN_IF_ERROR(ReadPictureStart(file.path, options.max_file_bytes, kHeaderBytes, bytes, &whole));
  absl::StatusOr<PictureSize> size = ReadPictureSize(*bytes, options.decode);
  if (size.ok() || whole) return size;
  // A long profile or preview stands before the header.
  RETURN_IF_ERROR(ReadPictureBytes(file.path, options.max_file_bytes, bytes));
  return ReadPictureSize(*bytes, options.decode);
}

class Decoding {
 public:
  Decoding(std::span<const FoundFile> files, std::span<const ReadPicture> pictures, const ReadingOptions& options,
           const std::function<absl::Status(const DecodedChunk&)>& take)
      : files_(files), pictures_(pictures), options_(options), take_(take) {}

  absl::Status Run() {
    return RunOnThreads(
        options_.threads, [this] { return Work(); }, [this] { Stop(); });
  }

 private:
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;
    uint64_t number = 0;  // Of the chunk.
  };

  absl::Status Work() {
    DecodedChunk chunk;
    ImageBuffer buffer;
    for (Range range = NextRange(); range.begin < range.end; range = NextRange()) {
      chunk.pictures.clear();
      chunk.pixels.clear();
      chunk.sums = {};
      for (uint64_t i = range.begin; i < range.end; ++i) {
        RETURN_IF_ERROR(CheckGivenUp(options_));
        Decode(pictures_[i], &buffer, &chunk);
      }
      RETURN_IF_ERROR(HandOver(range, chunk));
    }
    return absl::OkStatus();
  }

  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    turn_.notify_all();
  }

  // As many pictures as fill a chunk, one at least; none where all are taken, or a thread failed.
  Range NextRange() {
    const std::lock_guard lock(mutex_);
    Range range{next_, next_, next_number_};
    if (stopped_) return range;
    for (uint64_t bytes = 0; range.end < pictures_.size() && bytes < kChunkBytes; ++range.end) {
      bytes += ImageView{nullptr, pictures_[range.end].size.width, pictures_[range.end].size.height}.bytes();
    }
    next_ = range.end;
    ++next_number_;
    return range;
  }

  void Decode(const ReadPicture& surveyed, ImageBuffer* buffer, DecodedChunk* chunk) const {
    ReadPicture picture = surveyed;
    const absl::StatusOr<ImageView> view = Pixels(surveyed, buffer);
    picture.status = view.status();
    if (view.ok()) {
      chunk->pixels.insert(chunk->pixels.end(), view->pixels, view->pixels + view->bytes());
      chunk->sums.Add(*view);
    }
    chunk->pictures.push_back(std::move(picture));
  }

  absl::StatusOr<ImageView> Pixels(const ReadPicture& surveyed, ImageBuffer* buffer) const {
    RETURN_IF_ERROR(ReadPictureBytes(files_[surveyed.index].path, options_.max_file_bytes, buffer->file()));
    ASSIGN_OR_RETURN(const ImageView view, DecodePicture(*buffer->file(), options_.decode, buffer));
    if (surveyed.size == PictureSize{view.width, view.height}) return view;
    return DataLoss("it is ", view.width, " x ", view.height, ", and its header said ", surveyed.size.width, " x ",
                    surveyed.size.height);
  }

  // Waits for the turn of the chunk: those before it are each in the hands of a thread that comes here too, or ends and
  // stops the rest.
  absl::Status HandOver(const Range& range, const DecodedChunk& chunk) {
    std::unique_lock lock(mutex_);
    while (!stopped_ && turn_of_ != range.number) {
      RETURN_IF_ERROR(CheckGivenUp(options_));
      turn_.wait_for(lock, kGiveUpLook);
    }
    if (stopped_) return absl::OkStatus();
    RETURN_IF_ERROR(take_(chunk));
    ++turn_of_;
    turn_.notify_all();
    if (options_.progress) options_.progress(range.end);
    return absl::OkStatus();
  }

  const std::span<const FoundFile> files_;
  const std::span<const ReadPicture> pictures_;
  const ReadingOptions& options_;
  const std::function<absl::Status(const DecodedChunk&)>& take_;

  std::mutex mutex_;  // Guards all below, and calls of take_.
  std::condition_variable turn_;
  uint64_t next_ = 0;
  uint64_t next_number_ = 0;
  uint64_t turn_of_ = 0;
  bool stopped_ = false;
};

}  // namespace

absl::StatusOr<std::vector<ReadPicture>> SurveyPictures(std::span<const FoundFile> files,
                                                        const ReadingOptions& options) {
  std::vector<ReadPicture> surveyed(files.size());
  std::atomic<uint64_t> next = 0, done = 0;
  RETURN_IF_ERROR(RunOnThreads(options.threads, [&]() -> absl::Status {
    std::string bytes;
    for (uint64_t begin = next.fetch_add(kSurveyedAtOnce); begin < files.size();
         begin = next.fetch_add(kSurveyedAtOnce)) {
      RETURN_IF_ERROR(CheckGivenUp(options));
      const uint64_t end = std::min<uint64_t>(begin + kSurveyedAtOnce, files.size());
      for (uint64_t i = begin; i < end; ++i) {
        absl::StatusOr<PictureSize> size = SizeOf(files[i], options, &bytes);
        surveyed[i] = {i, size.status(), size.value_or(PictureSize{})};
      }
      const uint64_t so_far = done.fetch_add(end - begin) + end - begin;
      if (options.progress) options.progress(so_far);
    }
    return absl::OkStatus();
  }));
  return surveyed;
}

absl::Status DecodeInOrder(std::span<const FoundFile> files, std::span<const ReadPicture> pictures,
                           const ReadingOptions& options,
                           const std::function<absl::Status(const DecodedChunk&)>& take) {
  return Decoding(files, pictures, options, take).Run();
}

}  // namespace shoal
