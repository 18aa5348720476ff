#include "data/images/image_file_writer.h"

#include <algorithm>
#include <utility>

#include "common/status.h"

namespace shoal {
absl::StatusOr<std::unique_ptr<ImageFileWriter>> ImageFileWriter::Create(const std::string& path, std::string_view key,
                                                                         const Options& options) {
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  std::unique_ptr<ImageFileWriter> writer(new ImageFileWriter(std::move(file)));
  ImageFileHeader& header = writer->header_;
  header.decoded = options.decoded ? 1 : 0;
  header.shrink_to = options.shrink_to;
  header.max_pixels = options.max_pixels;
  header.max_file_bytes = options.max_file_bytes;
  RETURN_IF_ERROR(writer->sections_.LeaveRoomForHeader());
  RETURN_IF_ERROR(writer->AppendSection(ImageFileSection::kKey, key));
  RETURN_IF_ERROR(writer->sections_.Begin(&header.at(ImageFileSection::kPixels), kPageAlignment));
  return writer;
}

absl::Status ImageFileWriter::Append(const Picture& picture, const uint8_t* pixels) {
  sizes_.push_back({static_cast<uint32_t>(picture.size.width), static_cast<uint32_t>(picture.size.height)});
  labels_.push_back(picture.label);
  largest_label_ = std::max(largest_label_, picture.label);
  path_letters_ += picture.path;
  path_ends_.push_back(path_letters_.size());
  if (header_.decoded == 0) {
    file_bytes_.push_back(picture.file_bytes);
    return absl::OkStatus();
  }
  const ImageView view{pixels, picture.size.width, picture.size.height};
  const std::string_view bytes(reinterpret_cast<const char*>(pixels), view.bytes());
  blocks_.Add(bytes);
  header_.at(ImageFileSection::kPixels).bytes += bytes.size();
  return file_->Append(bytes);
}

absl::Status ImageFileWriter::Commit(const std::vector<std::string>& classes, ImageCounts counts,
                                     const ChannelStatistics& statistics) {
  std::vector<uint64_t> class_ends;
  std::string class_letters;
  for (const std::string& name : classes) {
    class_letters += name;
    class_ends.push_back(class_letters.size());
  }
  RETURN_IF_ERROR(AppendSection(ImageFileSection::kBlocks, BytesOf(blocks_.Finish())));
  RETURN_IF_ERROR(AppendSection(ImageFileSection::kSizes, BytesOf(sizes_)));
  RETURN_IF_ERROR(AppendSection(ImageFileSection::kLabels, BytesOf(labels_)));
  RETURN_IF_ERROR(AppendSection(ImageFileSection::kPathEnds, BytesOf(path_ends_)));
  RETURN_IF_ERROR(AppendSection(ImageFileSection::kPathLetters, path_letters_));
  RETURN_IF_ERROR(AppendSection(ImageFileSection::kFileBytes, BytesOf(file_bytes_)));
  RETURN_IF_ERROR(AppendSection(ImageFileSection::kClassEnds, BytesOf(class_ends)));
  RETURN_IF_ERROR(AppendSection(ImageFileSection::kClassLetters, class_letters));
  counts.unlabelled =
      static_cast<uint64_t>(std::count_if(labels_.begin(), labels_.end(), [](int32_t l) { return l < 0; }));
  header_.pictures = sizes_.size();
  header_.classes = classes.size();
  header_.counts = counts;
  header_.statistics = statistics;
  SealHeader(kImageFileKind, file_->size(), &header_);
  RETURN_IF_ERROR(file_->Rewrite(0, {reinterpret_cast<const char*>(&header_), sizeof(header_)}));
  return file_->Commit();
}

}  // namespace shoal
