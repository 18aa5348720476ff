#include "data/images/prepare_images.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/files.h"
#include "common/format.h"
#include "common/log.h"
#include "common/status.h"
#include "data/images/broken_pictures.h"
#include "data/images/cifar.h"
#include "data/images/idx.h"
#include "data/images/image_file.h"
#include "data/images/image_file_writer.h"
#include "data/images/image_key.h"
#include "data/images/image_set.h"
#include "data/images/picture_reading.h"
#include "data/images/shrink.h"
#include "data/parallel.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

// Of the whole time, what reading the pictures' headers takes.
constexpr double kSurveyShare = 0.1;
// A file to be reused is verified whole up to so many bytes of pixels.
constexpr uint64_t kMostVerifiedBytes = uint64_t{1} << 32;
// Pictures of a set that is not decoded ahead which its mean and deviation come from.
constexpr uint64_t kSampledPictures = 2048;
// Of CIFAR and IDX files, whose labels are bytes.
constexpr uint64_t kMostRecordClasses = 256;

class Preparation {
 public:
  Preparation(const job::Images& images, const PrepareProgress& progress, const std::atomic<bool>* give_up)
      : images_(images), reports_(progress), give_up_(give_up), start_(Clock::Real().Now()) {
    reading_.decode.max_pixels = images.max_pixels();
    reading_.decode.shrink_to = images.shrink_to();
    reading_.max_file_bytes = images.max_file_bytes();
    reading_.threads = ThreadsToUse(images.threads());
    reading_.give_up = give_up;
  }

  absl::StatusOr<PreparedImages> Run(const std::string& folder) {
    reports_.Report(0, "looking");
    ASSIGN_OR_RETURN(set_, FindImageSet(images_));
    ASSIGN_OR_RETURN(key_, MakeImageKey(images_, set_));
    RETURN_IF_ERROR(MakeDirectories(folder)) << "the cache folder (data.images.cache_directory can name another)";
    result_.path = (fs::path(folder) / key_.file_name()).string();
    result_.broken_list = result_.path + ".broken.txt";
    result_.layout = set_.description;
    result_.reused = Reuse();
    if (!result_.reused) {
      RETURN_IF_ERROR(Build());
    }
    if (result_.counts.broken == 0) result_.broken_list.clear();
    reports_.Report(1, "prepared", /*always=*/true);
    result_.seconds = absl::ToDoubleSeconds(Clock::Real().Now() - start_);
    return std::move(result_);
  }

 private:
  // Whether an earlier run's file serves; where there is one that doesn't, says why.
  bool Reuse() {
    std::error_code error;
    if (!fs::exists(result_.path, error)) return false;
    const absl::StatusOr<std::unique_ptr<ImageFile>> file = ImageFile::Open(result_.path);
    absl::Status status = file.status();
    if (status.ok()) {
      result_.why_rebuilt = DifferenceOfKeys((*file)->key(), key_);
      if (!result_.why_rebuilt.empty()) result_.why_rebuilt = Cat("stale: ", result_.why_rebuilt);
    }
    if (status.ok() && result_.why_rebuilt.empty()) status = (*file)->VerifyPixels(0, VerifiedPictures(**file));
    if (!status.ok()) result_.why_rebuilt = Cat("damaged: ", ToStd(status.message()));
    if (!result_.why_rebuilt.empty()) {
      LogInfo("preparing ", result_.path, " again; the file there is ", result_.why_rebuilt);
      return false;
    }
    result_.counts = (*file)->image_counts();
    if (result_.counts.broken > 0) {
      LogWarning(set_.description, ": ", FormatCount(result_.counts.broken), " of ", FormatCount(result_.counts.files),
                 " pictures cannot be read and are left out; they are listed in ", result_.broken_list);
    }
    return true;
  }

  static uint64_t VerifiedPictures(const ImageFile& file) {
    uint64_t bytes = 0, pictures = 0;
    while (pictures < file.size() && bytes < kMostVerifiedBytes) {
      bytes += ImageView{nullptr, file.width(pictures), file.height(pictures)}.bytes();
      ++pictures;
    }
    return pictures;
  }

  absl::Status Build() {
    LogInfo("preparing pictures: ", set_.description);
    result_.counts.files = set_.files.size();
    for (const FoundFile& file : set_.files) result_.counts.file_bytes += file.bytes;
    result_.counts.not_taken = set_.not_taken;
    result_.counts.other_files = set_.other_files;
    if (set_.other_files > 0) LogInfo("left out what is no JPEG or PNG by its name: ", set_.other_kinds);
    classes_ = set_.classes;
    RETURN_IF_ERROR(set_.has_records() ? AddRecordFiles() : AddPictures());
    if (writer_->pictures() == 0)
      return InvalidArgument("data.images.path: ", set_.description, ": no picture is left");
    RETURN_IF_ERROR(CheckUnchanged());
    return writer_->Commit(classes_, result_.counts, sums_.Statistics());
  }

  // Before anything is written: a packed file of a few kilobytes may hold more pixels than any disk.
  absl::Status CheckRoom(const std::string& path, uint64_t bytes) const {
    const std::string folder = fs::path(result_.path).parent_path().string();
    std::error_code error;
    const fs::space_info space = fs::space(folder, error);
    // Some network file systems do not tell: all their numbers are 0.
    if (error || space.capacity == 0 || bytes <= space.available) return absl::OkStatus();
    return ResourceExhausted(path, ": its pictures take ", FormatBytes(bytes), ", and ", FormatBytes(space.available),
                             " are free in ", folder, ", where the image file is kept; name a folder with more room ",
                             "(data.images.cache_directory), or take fewer pictures or smaller ones ",
                             "(data.images.first_of_class, data.images.shrink_to)");
  }

  // Bytes of the pixels that are taken of the file, at most; 64 bits hold them, as a header counts in 32 bits.
  uint64_t PixelBytes(const RecordFile& file) const {
    const uint64_t first = images_.first_of_class(), all = file.records();
    const uint64_t records = first > 0 && first < all / kMostRecordClasses ? first * kMostRecordClasses : all;
    const PictureSize size = ShrunkSize(file.record_size(), images_.shrink_to());
    return records * ImageView{nullptr, size.width, size.height}.bytes();
  }

  absl::Status CreateWriter(bool decoded) {
    const ImageFileWriter::Options options{.decoded = decoded,
                                           .shrink_to = images_.shrink_to(),
                                           .max_pixels = images_.max_pixels(),
                                           .max_file_bytes = images_.max_file_bytes()};
    ASSIGN_OR_RETURN(writer_, ImageFileWriter::Create(result_.path, key_.text(), options));
    return absl::OkStatus();
  }

  // CIFAR and IDX: one thread, which little more than copies.
  absl::Status AddRecordFiles() {
    RETURN_IF_ERROR(CreateWriter(/*decoded=*/true));
    for (size_t i = 0; i < set_.files.size(); ++i) {
      RETURN_IF_ERROR(AddRecordFile(set_.files[i].path, i));
    }
    for (int32_t label = static_cast<int32_t>(classes_.size()); label <= writer_->largest_label(); ++label) {
      classes_.push_back(Cat(label));
    }
    result_.counts.sampled = sums_.pictures();
    return absl::OkStatus();
  }

  absl::Status AddRecordFile(const std::string& path, size_t number) {
    ASSIGN_OR_RETURN(const auto file, set_.layout == job::Images::CIFAR
                                          ? OpenCifarFile(path)
                                          : OpenIdxFile(path, IdxLabelsPath(path), images_.max_pixels()));
    RETURN_IF_ERROR(CheckRoom(path, PixelBytes(*file)));
    ImageBuffer buffer;
    for (uint64_t i = 0;; ++i) {
      if (give_up_ != nullptr && *give_up_) return Aborted("the reading of the pictures was given up");
      ASSIGN_OR_RETURN(const auto record, file->Next(&buffer));
      if (!record) return absl::OkStatus();
      RETURN_IF_ERROR(AddRecord(*record, Cat(path, "#", i), &buffer));
      const double done = static_cast<double>(i + 1) / static_cast<double>(file->records());
      reports_.Report((static_cast<double>(number) + done) / static_cast<double>(set_.files.size()), "reading");
    }
  }

  absl::Status AddRecord(const RecordFile::Record& record, const std::string& name, ImageBuffer* buffer) {
    if (images_.first_of_class() > 0 && ++taken_[record.label] > images_.first_of_class()) {
      ++result_.counts.not_taken;
      return absl::OkStatus();
    }
    const PictureSize size = ShrunkSize({record.picture.width, record.picture.height}, images_.shrink_to());
    const ImageView picture = Shrink(record.picture, size, buffer);
    sums_.Add(picture);
    return writer_->Append({.path = name, .label = record.label, .size = size}, picture.pixels);
  }

  absl::Status AddPictures() {
    const double count = static_cast<double>(set_.files.size());
    reading_.progress = [&](uint64_t done) {
      reports_.Report(kSurveyShare * static_cast<double>(done) / count, "looking");
    };
    ASSIGN_OR_RETURN(std::vector<ReadPicture> pictures, SurveyPictures(set_.files, reading_));
    for (const ReadPicture& picture : pictures) NoteBroken(picture);
    RETURN_IF_ERROR(CheckBroken());
    std::erase_if(pictures, [](const ReadPicture& picture) { return !picture.status.ok(); });
    uint64_t bytes = 0;
    for (const ReadPicture& picture : pictures) {
      bytes += ImageView{nullptr, picture.size.width, picture.size.height}.bytes();
    }
    const bool decoded = bytes <= images_.decode_limit_bytes();
    if (decoded) {
      RETURN_IF_ERROR(CheckRoom(set_.description, bytes));
    }
    RETURN_IF_ERROR(CreateWriter(decoded));
    reading_.progress = [&](uint64_t done) {
      const double part = static_cast<double>(done) / static_cast<double>(pictures.size());
      reports_.Report(kSurveyShare + (1 - kSurveyShare) * part, "decoding");
    };
    if (decoded) {
      RETURN_IF_ERROR(AddDecoded(pictures));
    } else {
      RETURN_IF_ERROR(AddIndex(pictures, bytes));
    }
    RETURN_IF_ERROR(CheckBroken());
    RETURN_IF_ERROR(broken_.Write(result_.broken_list));
    result_.counts.broken = broken_.size();
    result_.counts.sampled = sums_.pictures();
    if (broken_.size() > 0)
      LogWarning(broken_.Describe(set_.files.size()), "; all are listed in ", result_.broken_list);
    return absl::OkStatus();
  }

  absl::Status AddDecoded(std::span<const ReadPicture> pictures) {
    return DecodeInOrder(set_.files, pictures, reading_, [this](const DecodedChunk& chunk) -> absl::Status {
      const uint8_t* pixels = chunk.pixels.data();
      for (const ReadPicture& picture : chunk.pictures) {
        NoteBroken(picture);
        if (!picture.status.ok()) continue;
        RETURN_IF_ERROR(Append(picture, pixels));
        pixels += ImageView{nullptr, picture.size.width, picture.size.height}.bytes();
      }
      sums_.Add(chunk.sums);
      return absl::OkStatus();
    });
  }

  absl::Status AddIndex(std::vector<ReadPicture> pictures, uint64_t bytes) {
    LogInfo(set_.description, ": ", FormatBytes(bytes), " of pixels, more than data.images.decode_limit_bytes, ",
            FormatBytes(images_.decode_limit_bytes()), "; pictures are decoded each time that they are read");
    const uint64_t step = (pictures.size() + kSampledPictures - 1) / kSampledPictures;
    std::vector<ReadPicture> sample;
    for (uint64_t i = 0; i < pictures.size(); i += step) sample.push_back(pictures[i]);
    std::vector<uint64_t> broken;
    RETURN_IF_ERROR(DecodeInOrder(set_.files, sample, reading_, [&](const DecodedChunk& chunk) -> absl::Status {
      for (const ReadPicture& picture : chunk.pictures) {
        NoteBroken(picture);
        if (!picture.status.ok()) broken.push_back(picture.index);
      }
      sums_.Add(chunk.sums);
      return absl::OkStatus();
    }));
    for (const ReadPicture& picture : pictures) {
      if (std::binary_search(broken.begin(), broken.end(), picture.index)) continue;
      RETURN_IF_ERROR(Append(picture, nullptr));
    }
    return absl::OkStatus();
  }

  absl::Status Append(const ReadPicture& picture, const uint8_t* pixels) {
    const FoundFile& file = set_.files[picture.index];
    return writer_->Append(
        {.path = file.path, .label = set_.labels[picture.index], .size = picture.size, .file_bytes = file.bytes},
        pixels);
  }

  void NoteBroken(const ReadPicture& picture) {
    if (!picture.status.ok()) broken_.Add(set_.files[picture.index].path, picture.status);
  }

  absl::Status CheckBroken() const {
    const double allowed = images_.max_broken_fraction() * static_cast<double>(set_.files.size());
    if (static_cast<double>(broken_.size()) <= allowed) return absl::OkStatus();
    RETURN_IF_ERROR(broken_.Write(result_.broken_list));
    return DataLoss("data.images.path: ", broken_.Describe(set_.files.size()), "; that is more than the fraction ",
                    images_.max_broken_fraction(), " of data.images.max_broken_fraction. All are listed in ",
                    result_.broken_list, "; mend or remove them, or raise the fraction");
  }

  // A set that changed under the reading would be stored under a key that is not its own.
  absl::Status CheckUnchanged() const {
    ASSIGN_OR_RETURN(const ImageSet again, FindImageSet(images_));
    const bool same_files = again.files == set_.files && again.beside == set_.beside;
    if (same_files && again.labels == set_.labels && again.classes == set_.classes) return absl::OkStatus();
    return Aborted("data.images.path: ", set_.description,
                   " changed while it was read; start again when it is complete");
  }

  const job::Images& images_;
  ProgressReports reports_;
  const std::atomic<bool>* const give_up_;
  const absl::Time start_;
  ReadingOptions reading_;
  ImageSet set_;
  PreparedKey key_;
  std::vector<std::string> classes_;  // The set's, and of CIFAR and IDX the labels that have no name there.
  std::unique_ptr<ImageFileWriter> writer_;
  PixelSums sums_;
  BrokenPictures broken_;
  std::map<int32_t, uint64_t> taken_;  // Records of each class.
  PreparedImages result_;
};

}  // namespace

absl::StatusOr<PreparedImages> PrepareImages(const job::Images& images, const std::string& cache_directory,
                                             const PrepareProgress& progress, const std::atomic<bool>* give_up) {
  const std::string& folder = images.cache_directory().empty() ? cache_directory : images.cache_directory();
  return Preparation(images, progress, give_up).Run(folder.empty() ? "." : folder);
}

}  // namespace shoal
