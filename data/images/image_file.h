// ImageFile: a set of pictures with their labels, mapped read-only: what workers read.
//
// A small set's pixels are in the file, decoded once; of a large one the file has an index, and a picture is decoded
// from its own file each time that it is read. Which of the two does not show but in speed, and in that a picture's
// file may be found broken while it is read. Grammar and checksums: docs/formats/images.md.
//
// Pictures are in the order of their paths, those of a class therefore next to each other: who makes batches draws them
// by a permutation of the set, not by runs of neighbours.
//
// Thread rule: immutable after Open; safe from any thread, Read with a buffer of each thread's own. The file must not
// be changed while it is mapped; shoal replaces it by rename only.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/images/image_buffer.h"
#include "data/images/image_counts.h"
#include "data/images/image_view.h"
#include "data/images/pixel_sums.h"
#include "data/source.h"

namespace shoal {

class ImageFile final : public Source {
 public:
  // Verifies magic, version, sizes and the checksums of all but the pixels, which VerifyPixels verifies. DataLoss names
  // the file, the section, and what was expected and found there.
  static absl::StatusOr<std::unique_ptr<ImageFile>> Open(const std::string& path);
  ~ImageFile() override;

  const std::string& path() const;
  // What it was made of: options and content, as text (image_key.h).
  std::string_view key() const;
  // What its preparation met.
  const ImageCounts& image_counts() const;
  // Over the pixels of the whole set; of a set that is not decoded, over image_counts().sampled pictures of it.
  const ChannelStatistics& statistics() const;

  uint64_t size() const;  // Pictures.
  // Whether the pixels are in the file, so that Read costs nothing.
  bool decoded() const;

  uint64_t classes() const;
  std::string_view class_name(uint64_t label) const;
  int32_t label(uint64_t index) const { return labels()[index]; }  // -1: none; else below classes().
  std::span<const int32_t> labels() const;                         // [size]
  int width(uint64_t index) const;
  int height(uint64_t index) const;
  // The median of the pictures' shorter sides, in pixels; of a large set, that of pictures spread evenly over it. 0 of
  // an empty one.
  int UsualSide() const;
  // The picture's file; of a record of a CIFAR or IDX file "file#record".
  std::string_view picture_path(uint64_t index) const;

  // Picture `index`, below size(). Where pixels are in the file the view is of them, and holds as long as this object;
  // else it is in `buffer` (never null), until that is used again. DataLoss: the picture's file is broken or another
  // than it was when the set was prepared; NotFound and others: it cannot be read. The message names the file.
  absl::StatusOr<ImageView> Read(uint64_t index, ImageBuffer* buffer) const;

  // Verifies the checksums of the blocks that hold the pixels of pictures [begin, end). DataLoss names the block.
  absl::Status VerifyPixels(uint64_t begin, uint64_t end) const;

  // Ranges of pictures as even as whole numbers are; the work of a picture is 1.
  std::vector<Unit> Units(uint64_t work_per_unit) const override;
  uint64_t total_work() const override { return size(); }
  uint64_t fingerprint() const override;
  std::string Describe() const override;  // "10,000 pictures of 32 x 32 in 10 classes".

 private:
  struct Layout;
  explicit ImageFile(std::unique_ptr<Layout> layout);
  std::unique_ptr<Layout> layout_;
};

}  // namespace shoal
