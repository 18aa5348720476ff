#include "data/images/idx.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <span>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "common/status.h"
#include "data/byte_stream.h"
#include "data/images/decode.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kImagesMagic = 0x803;
constexpr uint32_t kLabelsMagic = 0x801;

uint32_t BigEndian(const char* bytes) {
  uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

// One IDX file's header and the stream behind it.
struct IdxStream {
  std::unique_ptr<ByteStream> stream;
  std::vector<uint32_t> sizes;  // Items, then an item's sides.
};

absl::StatusOr<IdxStream> OpenStream(const std::string& path, uint32_t magic, size_t dimensions) {
  ASSIGN_OR_RETURN(auto stream, ByteStream::Open(path));
  char header[16];
  const size_t bytes = 4 + 4 * dimensions;
  ASSIGN_OR_RETURN(const size_t read, stream->Read(std::span(header, bytes)));
  if (read < bytes) return DataLoss(path, ": ", read, " bytes, fewer than an IDX header's ", bytes);
  if (BigEndian(header) != magic) {
    return DataLoss(path, ": ",
                    absl::StrFormat("it begins with %08x, expected %08x: bytes in %d dimensions", BigEndian(header),
                                    magic, dimensions));
  }
  IdxStream idx{std::move(stream), {}};
  for (size_t i = 0; i < dimensions; ++i) idx.sizes.push_back(BigEndian(header + 4 + 4 * i));
  return idx;
}

class IdxFile final : public RecordFile {
 public:
  IdxFile(std::string path, IdxStream images, std::string labels_path, std::unique_ptr<ByteStream> labels)
      : path_(std::move(path)),
        labels_path_(std::move(labels_path)),
        records_(images.sizes[0]),
        height_(static_cast<int>(images.sizes[1])),
        width_(static_cast<int>(images.sizes[2])),
        images_(std::move(images.stream)),
        labels_(std::move(labels)),
        grey_(size_t{images.sizes[1]} * images.sizes[2], '\0') {}

  uint64_t records() const override { return records_; }
  PictureSize record_size() const override { return {width_, height_}; }

  absl::StatusOr<std::optional<Record>> Next(ImageBuffer* buffer) override {
    if (next_ == records_) {
      RETURN_IF_ERROR(ExpectEnd(path_, images_.get()));
      if (labels_ != nullptr) {
        RETURN_IF_ERROR(ExpectEnd(labels_path_, labels_.get()));
      }
      return std::nullopt;
    }
    RETURN_IF_ERROR(ReadAll(path_, images_.get(), grey_));
    char label = 0;
    if (labels_ != nullptr) {
      RETURN_IF_ERROR(ReadAll(labels_path_, labels_.get(), std::span(&label, 1)));
    }
    ++next_;
    return Record{Spread(buffer), labels_ == nullptr ? kNoLabel : static_cast<uint8_t>(label)};
  }

 private:
  absl::Status ReadAll(const std::string& path, ByteStream* stream, std::span<char> out) const {
    ASSIGN_OR_RETURN(const size_t bytes, stream->Read(out));
    if (bytes == out.size()) return absl::OkStatus();
    return DataLoss(path, ": record ", next_, " of ", records_, " ends early; fetch the file again");
  }

  absl::Status ExpectEnd(const std::string& path, ByteStream* stream) const {
    char more;
    ASSIGN_OR_RETURN(const size_t bytes, stream->Read(std::span(&more, 1)));
    if (bytes == 0) return absl::OkStatus();
    return DataLoss(path, ": it goes on after the ", records_, " records that its header tells");
  }

  ImageView Spread(ImageBuffer* buffer) const {
    uint8_t* const pixels = buffer->Back(3 * grey_.size());
    for (size_t i = 0; i < grey_.size(); ++i) {
      pixels[3 * i] = pixels[3 * i + 1] = pixels[3 * i + 2] = static_cast<uint8_t>(grey_[i]);
    }
    buffer->Flip();
    return {pixels, width_, height_};
  }

  const std::string path_, labels_path_;
  const uint64_t records_;
  const int height_, width_;
  const std::unique_ptr<ByteStream> images_, labels_;
  std::string grey_;
  uint64_t next_ = 0;
};

}  // namespace

std::vector<std::string> IdxFileNames(const std::vector<std::string>& names, job::Images::Split split) {
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (name.find("images") == name.npos || name.find("idx3") == name.npos) continue;
    const bool train = name.find("train") != name.npos;
    if (train != (split == job::Images::TRAIN)) continue;
    const bool plain_too =
        name.ends_with(".gz") && std::find(names.begin(), names.end(), name.substr(0, name.size() - 3)) != names.end();
    if (!plain_too) found.push_back(name);
  }
  return found;
}

bool IsIdxImages(std::string_view start) { return start.size() >= 4 && BigEndian(start.data()) == kImagesMagic; }

std::string IdxLabelsPath(const std::string& images_path) {
  const fs::path path(images_path);
  std::string name = absl::StrReplaceAll(path.filename().string(), {{"images", "labels"}, {"idx3", "idx1"}});
  if (name == path.filename()) return "";
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  std::error_code error;
  for (const std::string& candidate : {name, name + ".gz"}) {
    const fs::path labels = path.parent_path() / candidate;
    if (fs::is_regular_file(labels, error)) return labels.string();
  }
  return "";
}

absl::StatusOr<std::unique_ptr<RecordFile>> OpenIdxFile(const std::string& images_path, const std::string& labels_path,
                                                        uint64_t max_pixels) {
  ASSIGN_OR_RETURN(IdxStream images, OpenStream(images_path, kImagesMagic, 3));
  RETURN_IF_ERROR(CheckPictureSize(images.sizes[2], images.sizes[1], max_pixels)) << images_path;
  std::unique_ptr<ByteStream> labels;
  if (!labels_path.empty()) {
    ASSIGN_OR_RETURN(IdxStream opened, OpenStream(labels_path, kLabelsMagic, 1));
    if (opened.sizes[0] != images.sizes[0]) {
      return DataLoss(labels_path, ": ", opened.sizes[0], " labels for the ", images.sizes[0], " pictures of ",
                      images_path, "; they do not belong together");
    }
    labels = std::move(opened.stream);
  }
  return std::make_unique<IdxFile>(images_path, std::move(images), labels_path, std::move(labels));
}

}  // namespace shoal
