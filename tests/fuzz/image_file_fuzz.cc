// Any bytes as an image file: opening refuses what is wrong, and whatever opens can be read in every corner. The bytes
// are changes to a good file ("offset value" pairs); its checksums are made to fit afterwards, for else nothing but the
// checksums would be tested. The first byte chooses a file with pixels, an index, or the bytes as they come.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/crc32c.h"
#include "common/files.h"
#include "common/text.h"
#include "data/images/image_file.h"
#include "data/images/image_file_format.h"
#include "data/images/image_file_writer.h"

namespace shoal {
namespace {

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

std::string MakeGoodFile(bool decoded) {
  const std::string path = Cat(std::filesystem::temp_directory_path().string(), "/image_file_fuzz.", ::getpid());
  const ImageFileWriter::Options options{.decoded = decoded, .max_pixels = 1000, .max_file_bytes = 1000};
  auto writer = ImageFileWriter::Create(path, "key\n", options);
  Check(writer.ok());
  const std::vector<uint8_t> pixels(3 * 5 * 4, 7);
  for (int i = 0; i < 4; ++i) {
    const ImageFileWriter::Picture picture{
        .path = "nowhere/a.png", .label = i % 3 - 1, .size = {1 + i, 4}, .file_bytes = 9};
    Check((*writer)->Append(picture, pixels.data()).ok());
  }
  Check((*writer)->Commit({"cat", "dog"}, {}, {}).ok());
  std::string bytes = ReadFile(path).value();
  std::filesystem::remove(path);
  return bytes;
}

std::string Changed(std::string file, std::string_view changes) {
  for (; changes.size() >= 3; changes.remove_prefix(3)) {
    const size_t offset = static_cast<uint8_t>(changes[0]) | static_cast<uint8_t>(changes[1]) << 8;
    file[offset % file.size()] = changes[2];
  }
  ImageFileHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  for (SectionEntry& entry : header.sections) {
    if (entry.offset > file.size() || entry.bytes > file.size() - entry.offset) continue;
    entry.crc32c = Crc32c({file.data() + entry.offset, entry.bytes});
  }
  SealHeader(kImageFileKind, header.file_bytes, &header);
  std::memcpy(file.data(), &header, sizeof(header));
  return file;
}

void ReadEverything(const ImageFile& file) {
  uint64_t letters = 0, work = 0, sum = 0;
  ImageBuffer buffer;
  for (uint64_t i = 0; i < file.classes(); ++i) letters += file.class_name(i).size();
  for (uint64_t i = 0; i < file.size(); ++i) {
    for (const char c : file.picture_path(i)) letters += static_cast<unsigned char>(c);
    Check(file.label(i) >= -1 && (file.label(i) < 0 || static_cast<uint64_t>(file.label(i)) < file.classes()));
    const auto picture = file.Read(i, &buffer);
    Check(picture.ok() || !file.decoded());
    if (!picture.ok()) continue;
    Check(picture->width == file.width(i) && picture->height == file.height(i));
    for (size_t at = 0; at < picture->bytes(); ++at) sum += picture->pixels[at];
  }
  for (const Unit& unit : file.Units(1 + letters % 5)) work += unit.work;
  Check(work == file.size() && file.total_work() == work && !file.Describe().empty() && sum < UINT64_MAX / 2);
  Check(file.VerifyPixels(0, file.size()).ok() || file.decoded());
}

}  // namespace
}  // namespace shoal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string* const decoded = new std::string(shoal::MakeGoodFile(/*decoded=*/true));
  static const std::string* const index = new std::string(shoal::MakeGoodFile(/*decoded=*/false));
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string bytes =
      data[0] % 3 == 0 ? std::string(rest) : shoal::Changed(data[0] % 3 == 1 ? *decoded : *index, rest);
  const int fd = ::memfd_create("images", 0);
  shoal::Check(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const auto file = shoal::ImageFile::Open(shoal::Cat("/proc/self/fd/", fd));
  if (file.ok()) shoal::ReadEverything(**file);
  ::close(fd);
  return 0;
}
