// ImageFileWriter: makes an image file from pictures that come one after the other. Pixels go to the file as they come;
// what is kept in memory is each picture's size, label and path.
//
//   ASSIGN_OR_RETURN(auto writer, ImageFileWriter::Create(path, key, {.decoded = true}));
//   RETURN_IF_ERROR(writer->Append({.path = path, .label = 3, .size = {32, 32}, .file_bytes = 900}, pixels));
//   RETURN_IF_ERROR(writer->Commit(classes, counts, statistics));
//
// Grammar: docs/formats/images.md. Thread rule: belongs to one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files.h"
#include "data/images/decode.h"
#include "data/images/image_file_format.h"
#include "data/section_file.h"

namespace shoal {

class ImageFileWriter {
 public:
  struct Options {
    bool decoded = true;  // Whether pixels are in the file.
    // How pictures that are not are decoded when they are read.
    uint32_t shrink_to = 0;
    uint64_t max_pixels = 0;
    uint64_t max_file_bytes = 0;
  };
  struct Picture {
    std::string_view path;
    int32_t label = -1;
    PictureSize size;
    uint64_t file_bytes = 0;
  };

  // The file appears at `path` on Commit. `key` says what it is made of.
  static absl::StatusOr<std::unique_ptr<ImageFileWriter>> Create(const std::string& path, std::string_view key,
                                                                 const Options& options);

  // `pixels` [height, width, 3] as picture.size says; ignored where the file is not to have them.
  absl::Status Append(const Picture& picture, const uint8_t* pixels);

  // Labels must be below the number of `classes`. counts.unlabelled is set here.
  absl::Status Commit(const std::vector<std::string>& classes, ImageCounts counts, const ChannelStatistics& statistics);

  uint64_t pictures() const { return labels_.size(); }
  int32_t largest_label() const { return largest_label_; }

 private:
  explicit ImageFileWriter(std::unique_ptr<AtomicFile> file) : file_(std::move(file)), sections_(file_.get()) {}

  absl::Status AppendSection(ImageFileSection section, std::string_view bytes) {
    return sections_.Append(bytes, &header_.at(section));
  }

  const std::unique_ptr<AtomicFile> file_;
  SectionWriter sections_;
  ImageFileHeader header_ = {};
  BlockChecksums blocks_;
  std::vector<StoredSize> sizes_;
  std::vector<int32_t> labels_;
  std::vector<uint64_t> path_ends_;
  std::string path_letters_;
  std::vector<uint64_t> file_bytes_;
  int32_t largest_label_ = -1;
};

}  // namespace shoal
