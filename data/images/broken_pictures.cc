#include "data/images/broken_pictures.h"

#include <algorithm>
#include <filesystem>

#include "common/files.h"
#include "common/format.h"
#include "common/status.h"
#include "data/images/printable.h"

namespace shoal {
namespace {

constexpr size_t kNamedInMessage = 3;

}  // namespace

void BrokenPictures::Add(const std::string& path, const absl::Status& why) {
  lines_.push_back({Printable(path), Printable(ToStd(why.message()))});
}

std::string BrokenPictures::Describe(uint64_t of) const {
  std::string text = Cat(FormatCount(lines_.size()), " of ", FormatCount(of), " pictures cannot be read: ");
  const size_t named = std::min(kNamedInMessage, lines_.size());
  for (size_t i = 0; i < named; ++i) {
    text += Cat(i == 0 ? "" : "; ", lines_[i].path, ": ", lines_[i].why);
  }
  return lines_.size() == named ? text : Cat(text, "; and ", FormatCount(lines_.size() - named), " more");
}

absl::Status BrokenPictures::Write(const std::string& path) const {
  if (lines_.empty()) {
    std::error_code error;
    std::filesystem::remove(path, error);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto file, AtomicFile::Create(path));
  for (const Line& line : lines_) RETURN_IF_ERROR(file->Append(Cat(line.path, "\t", line.why, "\n")));
  return file->Commit(Durability::kUnsynced);
}

}  // namespace shoal
