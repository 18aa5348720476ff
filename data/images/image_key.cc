#include "data/images/image_key.h"

#include "absl/strings/str_format.h"
#include "common/status.h"
#include "data/images/picture_folder.h"

namespace shoal {
namespace {

// Changes what a set turns into: one higher makes all older image files stale.
constexpr int kPreparationVersion = 2;

std::string DescribeIdentity(const job::Images& images) {
  std::string text = Cat("preparation ", kPreparationVersion, "\n");
  for (const std::string& path : images.path()) text += Cat("path ", AbsoluteName(path), "\n");
  text += Cat("layout ", job::Images::Layout_Name(images.layout()), "\n");
  text += Cat("split ", job::Images::Split_Name(images.split()), "\n");
  text += Cat("max_pixels ", images.max_pixels(), "\n", "max_file_bytes ", images.max_file_bytes(), "\n");
  text += Cat("max_broken_fraction ", images.max_broken_fraction(), "\n");
  text += Cat("decode_limit_bytes ", images.decode_limit_bytes(), "\n");
  text += Cat("shrink_to ", images.shrink_to(), "\n", "first_of_class ", images.first_of_class(), "\n");
  return text;
}

class Content {
 public:
  absl::Status Add(const FoundFile& file, int32_t label, bool sample) {
    ++files_;
    bytes_ += file.bytes;
    uint32_t crc = 0;
    if (sample) {
      ASSIGN_OR_RETURN(crc, SampleChecksum(file.path, file.bytes));
    }
    AddText(Cat(file.path, "\n", file.bytes, "\n", file.modified_ns, "\n", label, "\n", crc, "\n"));
    return absl::OkStatus();
  }

  void AddText(std::string_view text) { digest_ = HashText(text, digest_); }

  std::string Text() const { return absl::StrFormat("files %d\nbytes %d\ndigest %016x\n", files_, bytes_, digest_); }

 private:
  uint64_t files_ = 0, bytes_ = 0, digest_ = kGoldenGamma;
};

}  // namespace

absl::StatusOr<PreparedKey> MakeImageKey(const job::Images& images, const ImageSet& set) {
  PreparedKey key;
  key.set = "set of pictures";
  key.suffix = ".images";
  key.name = SafeName(images.path(0), "images");
  key.identity = DescribeIdentity(images);
  Content content;
  for (size_t i = 0; i < set.files.size(); ++i) {
    RETURN_IF_ERROR(content.Add(set.files[i], set.has_records() ? 0 : set.labels[i], set.has_records()));
  }
  for (const FoundFile& file : set.beside) RETURN_IF_ERROR(content.Add(file, 0, /*sample=*/true));
  for (const std::string& name : set.classes) content.AddText(Cat(name, "\n"));
  key.content = content.Text();
  return key;
}

}  // namespace shoal
