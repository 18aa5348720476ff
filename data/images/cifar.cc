#include "data/images/cifar.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status.h"
#include "data/byte_stream.h"
#include "data/images/picture_bytes.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 32;
constexpr size_t kPlaneBytes = size_t{kSide} * kSide;
constexpr size_t kPixelBytes = 3 * kPlaneBytes;

struct Variant {
  size_t label_bytes;
  int32_t classes;
  const char* class_names;

  size_t record_bytes() const { return label_bytes + kPixelBytes; }
};
// Of the file of classes' names.
constexpr uint64_t kMostNamesBytes = uint64_t{1} << 20;
constexpr Variant kCifar10 = {1, 10, "batches.meta.txt"};
constexpr Variant kCifar100 = {2, 100, "fine_label_names.txt"};

std::string NameOf(const std::string& path) { return fs::path(path).filename().string(); }

bool Holds(uint64_t bytes, const Variant& variant) { return bytes > 0 && bytes % variant.record_bytes() == 0; }

// By the name where it is an official one, by the size else.
const Variant& VariantOf(const std::string& path, uint64_t bytes) {
  const std::string name = NameOf(path);
  if (name == "train.bin" || name == "test.bin") return kCifar100;
  if (name.find("_batch") != name.npos) return kCifar10;
  return !Holds(bytes, kCifar10) && Holds(bytes, kCifar100) ? kCifar100 : kCifar10;
}

class CifarFile final : public RecordFile {
 public:
  CifarFile(std::string path, const Variant& variant, uint64_t records, std::unique_ptr<ByteStream> stream)
      : path_(std::move(path)), variant_(variant), records_(records), stream_(std::move(stream)) {}

  uint64_t records() const override { return records_; }
  PictureSize record_size() const override { return {kSide, kSide}; }

  absl::StatusOr<std::optional<Record>> Next(ImageBuffer* buffer) override {
    if (next_ == records_) return std::nullopt;
    record_.resize(variant_.record_bytes());
    ASSIGN_OR_RETURN(const size_t bytes, stream_->Read(record_));
    if (bytes < record_.size()) return DataLoss(path_, ": record ", next_, " of ", records_, " ends early");
    const int32_t label = static_cast<uint8_t>(record_[variant_.label_bytes - 1]);
    if (label >= variant_.classes) {
      return DataLoss(path_, ": record ", next_, " has the label ", label, ", not below ", variant_.classes,
                      "; it is no CIFAR-", variant_.classes, " file, or damaged");
    }
    ++next_;
    return Record{Interleaved(buffer), label};
  }

 private:
  ImageView Interleaved(ImageBuffer* buffer) const {
    uint8_t* const pixels = buffer->Back(kPixelBytes);
    const char* const planes = record_.data() + variant_.label_bytes;
    for (size_t i = 0; i < kPlaneBytes; ++i) {
      for (size_t channel = 0; channel < 3; ++channel) {
        pixels[3 * i + channel] = static_cast<uint8_t>(planes[channel * kPlaneBytes + i]);
      }
    }
    buffer->Flip();
    return {pixels, kSide, kSide};
  }

  const std::string path_;
  const Variant& variant_;
  const uint64_t records_;
  const std::unique_ptr<ByteStream> stream_;
  std::string record_;
  uint64_t next_ = 0;
};

}  // namespace

std::vector<std::string> CifarFileNames(const std::vector<std::string>& names, job::Images::Split split) {
  const bool train = split == job::Images::TRAIN;
  std::vector<std::string> batches, whole;
  bool ten = false;
  for (const std::string& name : names) {
    if (!name.ends_with(".bin")) continue;
    const bool is_train = name.starts_with("data_batch"), is_test = name == "test_batch.bin";
    ten = ten || is_train || is_test;
    if (train ? is_train : is_test) batches.push_back(name);
    if (name == (train ? "train.bin" : "test.bin")) whole.push_back(name);
  }
  return ten ? batches : whole;
}

bool MayBeCifarFile(const std::string& path, uint64_t bytes) {
  return path.ends_with(".bin") && (Holds(bytes, kCifar10) || Holds(bytes, kCifar100));
}

int32_t CifarClassCount(const std::string& path, uint64_t bytes) { return VariantOf(path, bytes).classes; }

absl::StatusOr<std::unique_ptr<RecordFile>> OpenCifarFile(const std::string& path) {
  std::error_code error;
  const uint64_t bytes = fs::file_size(path, error);
  if (error) return ErrnoError(error.value(), Cat("cannot read ", path));
  const Variant& variant = VariantOf(path, bytes);
  if (!Holds(bytes, variant)) {
    return DataLoss(path, ": ", bytes, " bytes are not a number of CIFAR-", variant.classes, " records of ",
                    variant.record_bytes(), " bytes; fetch it again, the binary version");
  }
  ASSIGN_OR_RETURN(auto stream, ByteStream::Open(path));
  return std::make_unique<CifarFile>(path, variant, bytes / variant.record_bytes(), std::move(stream));
}

std::vector<std::string> CifarClassNames(const std::string& path) {
  std::error_code error;
  const Variant& variant = VariantOf(path, fs::file_size(path, error));
  std::string text;
  const std::string beside = (fs::path(path).parent_path() / variant.class_names).string();
  if (error || !ReadPictureBytes(beside, kMostNamesBytes, &text).ok()) return {};
  std::vector<std::string> names;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripSuffix(line, "\r");
    if (!line.empty()) names.emplace_back(line);
  }
  if (names.size() != static_cast<size_t>(variant.classes)) return {};
  return names;
}

}  // namespace shoal
