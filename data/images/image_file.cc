#include "data/images/image_file.h"

#include <algorithm>
#include <utility>

#include "common/crc32c.h"
#include "common/files.h"
#include "common/format.h"
#include "common/random.h"
#include "common/status.h"
#include "data/images/decode.h"
#include "data/images/image_file_format.h"
#include "data/images/picture_bytes.h"

namespace shoal {
namespace {

using Section = ImageFileSection;

std::string_view NameOf(Section section) { return kImageFileSectionNames[static_cast<size_t>(section)]; }

absl::Status CheckCounts(const SectionFileBytes& file, const ImageFileHeader& header) {
  const uint64_t most = file.bytes.size();
  if (header.pictures <= most && header.classes <= most && header.decoded <= 1) return absl::OkStatus();
  return file.Unusable("header: ", header.pictures, " pictures, ", header.classes, " classes, decoded ", header.decoded,
                       " cannot be");
}

// Bytes that a section must have, given the header's counts; the text sections have any number.
uint64_t ExpectedBytes(const ImageFileHeader& header, Section section) {
  switch (section) {
    case Section::kBlocks:
      return ChecksumBlocks(header.at(Section::kPixels).bytes) * sizeof(uint32_t);
    case Section::kSizes:
      return header.pictures * sizeof(StoredSize);
    case Section::kLabels:
      return header.pictures * sizeof(int32_t);
    case Section::kPathEnds:
      return header.pictures * sizeof(uint64_t);
    case Section::kFileBytes:
      return header.decoded == 1 ? 0 : header.pictures * sizeof(uint64_t);
    case Section::kClassEnds:
      return header.classes * sizeof(uint64_t);
    case Section::kKey:
    case Section::kPixels:
    case Section::kPathLetters:
    case Section::kClassLetters:
      break;
  }
  return header.at(section).bytes;
}

absl::Status CheckSections(const SectionFileBytes& file, const ImageFileHeader& header) {
  for (size_t i = 0; i < kImageFileSections; ++i) {
    const auto section = static_cast<Section>(i);
    // Pixels are verified when they are to be read.
    const auto check = section == Section::kPixels ? &SectionFileBytes::CheckPlace : &SectionFileBytes::CheckSection;
    RETURN_IF_ERROR((file.*check)(header.at(section), NameOf(section), ExpectedBytes(header, section)));
  }
  return absl::OkStatus();
}

// Texts end to end and where each ends.
struct Texts {
  std::span<const uint64_t> ends;
  std::span<const char> letters;

  std::string_view operator[](uint64_t i) const {
    const uint64_t begin = i == 0 ? 0 : ends[i - 1];
    return {letters.data() + begin, ends[i] - begin};
  }

  absl::Status Check(const SectionFileBytes& file, std::string_view section) const {
    uint64_t previous = 0;
    for (uint64_t i = 0; i < ends.size(); previous = ends[i++]) {
      if (ends[i] < previous || ends[i] > letters.size()) {
        return file.Unusable("section ", section, ": number ", i, " ends at ", ends[i], " after ", previous, " of ",
                             letters.size());
      }
    }
    return absl::OkStatus();
  }
};

uint64_t PixelBytes(StoredSize size) { return uint64_t{3} * size.width * size.height; }

}  // namespace

struct ImageFile::Layout {
  Layout(std::string path, MappedFile mapped) : path(std::move(path)), file(std::move(mapped)) {}

  const std::string path;
  const MappedFile file;
  ImageFileHeader header;
  std::string_view key;
  std::span<const uint8_t> pixels;
  std::span<const uint32_t> blocks;
  std::span<const StoredSize> sizes;
  std::span<const int32_t> labels;
  std::span<const uint64_t> file_bytes;
  Texts paths, classes;
  // Where each picture's pixels begin, and where the last one's end; empty where pixels are not in the file.
  std::vector<uint64_t> offsets;

  SectionFileBytes Bytes() const { return {kImageFileKind, path, file.bytes()}; }

  template <typename T>
  std::span<const T> Take(Section section) const {
    return SectionOf<T>(file.bytes(), header.at(section));
  }

  void TakeSections() {
    const auto text = Take<char>(Section::kKey);
    key = {text.data(), text.size()};
    pixels = Take<uint8_t>(Section::kPixels);
    blocks = Take<uint32_t>(Section::kBlocks);
    sizes = Take<StoredSize>(Section::kSizes);
    labels = Take<int32_t>(Section::kLabels);
    file_bytes = Take<uint64_t>(Section::kFileBytes);
    paths = {Take<uint64_t>(Section::kPathEnds), Take<char>(Section::kPathLetters)};
    classes = {Take<uint64_t>(Section::kClassEnds), Take<char>(Section::kClassLetters)};
  }

  // What the accessors rely on without looking: right checksums do not make a hostile file harmless.
  absl::Status CheckContents() {
    RETURN_IF_ERROR(paths.Check(Bytes(), "path ends"));
    RETURN_IF_ERROR(classes.Check(Bytes(), "class ends"));
    uint64_t end = 0;
    for (uint64_t i = 0; i < sizes.size(); ++i) {
      const StoredSize size = sizes[i];
      if (size.width == 0 || size.height == 0 || size.width > kMostSide || size.height > kMostSide) {
        return Bytes().Unusable("section sizes: picture ", i, " is ", size.width, " x ", size.height);
      }
      if (labels[i] < -1 || (labels[i] >= 0 && static_cast<uint64_t>(labels[i]) >= classes.ends.size())) {
        return Bytes().Unusable("section labels: picture ", i, " has the label ", labels[i], " of ",
                                classes.ends.size(), " classes");
      }
      if (header.decoded == 0) continue;
      offsets.push_back(end);
      if (PixelBytes(size) > pixels.size() - end) return WrongPixels();
      end += PixelBytes(size);
    }
    if (end != pixels.size()) return WrongPixels();
    offsets.push_back(end);
    return absl::OkStatus();
  }

  absl::Status WrongPixels() const {
    return Bytes().Unusable("section pixels: its ", pixels.size(),
                            " bytes are not what the sizes of the pictures add up ", "to");
  }

  absl::Status CheckBlock(uint64_t block) const {
    const auto part = pixels.subspan(block * kChecksumBlockBytes);
    const size_t bytes = std::min<size_t>(kChecksumBlockBytes, part.size());
    const uint32_t crc = Crc32c({reinterpret_cast<const char*>(part.data()), bytes});
    if (crc == blocks[block]) return absl::OkStatus();
    return Bytes().Unusable("section pixels: block ", block, " of ", blocks.size(), ": checksum ", crc, ", expected ",
                            blocks[block]);
  }

  absl::StatusOr<ImageView> Decode(uint64_t index, ImageBuffer* buffer) const {
    const std::string name(paths[index]);
    RETURN_IF_ERROR(ReadPictureBytes(name, header.max_file_bytes, buffer->file())) << name;
    if (buffer->file()->size() != file_bytes[index]) {
      return DataLoss(name, ": ", buffer->file()->size(), " bytes, ", file_bytes[index],
                      " when the set was prepared; start the job again to prepare it anew");
    }
    const DecodeOptions options{.max_pixels = header.max_pixels, .shrink_to = header.shrink_to};
    absl::StatusOr<ImageView> picture = DecodePicture(*buffer->file(), options, buffer);
    RETURN_IF_ERROR(picture.status()) << name;
    const StoredSize size = sizes[index];
    if (picture->width != static_cast<int>(size.width) || picture->height != static_cast<int>(size.height)) {
      return DataLoss(name, ": ", picture->width, " x ", picture->height, " pixels, ", size.width, " x ", size.height,
                      " when the set was prepared; start the job again to prepare it anew");
    }
    return picture;
  }
};

absl::StatusOr<std::unique_ptr<ImageFile>> ImageFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::Open(path));
  auto layout = std::make_unique<Layout>(path, std::move(mapped));
  const SectionFileBytes file = layout->Bytes();
  RETURN_IF_ERROR(ReadHeader(file, &layout->header));
  RETURN_IF_ERROR(CheckCounts(file, layout->header));
  RETURN_IF_ERROR(CheckSections(file, layout->header));
  layout->TakeSections();
  RETURN_IF_ERROR(layout->CheckContents());
  return std::unique_ptr<ImageFile>(new ImageFile(std::move(layout)));
}

ImageFile::ImageFile(std::unique_ptr<Layout> layout) : layout_(std::move(layout)) {}
ImageFile::~ImageFile() = default;

const std::string& ImageFile::path() const { return layout_->path; }
std::string_view ImageFile::key() const { return layout_->key; }
const ImageCounts& ImageFile::image_counts() const { return layout_->header.counts; }
const ChannelStatistics& ImageFile::statistics() const { return layout_->header.statistics; }

uint64_t ImageFile::size() const { return layout_->sizes.size(); }
bool ImageFile::decoded() const { return layout_->header.decoded == 1; }
uint64_t ImageFile::classes() const { return layout_->classes.ends.size(); }
std::string_view ImageFile::class_name(uint64_t label) const { return layout_->classes[label]; }
std::span<const int32_t> ImageFile::labels() const { return layout_->labels; }
int ImageFile::width(uint64_t index) const { return static_cast<int>(layout_->sizes[index].width); }
int ImageFile::height(uint64_t index) const { return static_cast<int>(layout_->sizes[index].height); }
int ImageFile::UsualSide() const {
  constexpr uint64_t kMostLookedAt = 10000;
  const uint64_t count = std::min(size(), kMostLookedAt);
  std::vector<int> sides;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t index = i * size() / count;
    sides.push_back(std::min(width(index), height(index)));
  }
  if (sides.empty()) return 0;
  const auto middle = sides.begin() + static_cast<ptrdiff_t>(count / 2);
  std::nth_element(sides.begin(), middle, sides.end());
  return *middle;
}

std::string_view ImageFile::picture_path(uint64_t index) const { return layout_->paths[index]; }

absl::StatusOr<ImageView> ImageFile::Read(uint64_t index, ImageBuffer* buffer) const {
  if (!decoded()) return layout_->Decode(index, buffer);
  return ImageView{layout_->pixels.data() + layout_->offsets[index], width(index), height(index)};
}

absl::Status ImageFile::VerifyPixels(uint64_t begin, uint64_t end) const {
  if (!decoded() || begin >= end) return absl::OkStatus();
  const uint64_t last = (layout_->offsets[end] - 1) / kChecksumBlockBytes;
  for (uint64_t block = layout_->offsets[begin] / kChecksumBlockBytes; block <= last; ++block) {
    RETURN_IF_ERROR(layout_->CheckBlock(block));
  }
  return absl::OkStatus();
}

std::vector<Unit> ImageFile::Units(uint64_t work_per_unit) const {
  const uint64_t units = std::max<uint64_t>(1, size() / std::max<uint64_t>(1, work_per_unit));
  const auto start = [&](uint64_t unit) {
    return static_cast<uint64_t>(static_cast<unsigned __int128>(size()) * unit / units);
  };
  std::vector<Unit> ranges;
  for (uint64_t unit = 0; unit < units && size() > 0; ++unit) {
    ranges.push_back({start(unit), start(unit + 1), start(unit + 1) - start(unit)});
  }
  return ranges;
}

// Of the checksums of what training sees; not of paths and times.
uint64_t ImageFile::fingerprint() const {
  uint64_t mixed = layout_->header.shrink_to;
  for (const Section section :
       {Section::kBlocks, Section::kSizes, Section::kLabels, Section::kFileBytes, Section::kClassLetters}) {
    mixed = MixBits(mixed ^ layout_->header.at(section).crc32c);
  }
  return mixed;
}

std::string ImageFile::Describe() const {
  StoredSize least{kMostSide, kMostSide}, most{0, 0};
  for (const StoredSize size : layout_->sizes) {
    least = {std::min(least.width, size.width), std::min(least.height, size.height)};
    most = {std::max(most.width, size.width), std::max(most.height, size.height)};
  }
  std::string text = Cat(FormatCount(size()), " pictures of ", least.width, " x ", least.height);
  if (least.width != most.width || least.height != most.height) text += Cat(" to ", most.width, " x ", most.height);
  return text + (classes() > 0 ? Cat(" in ", FormatCount(classes()), " classes") : ", unlabelled");
}

}  // namespace shoal
