#include "data/images/picture_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/status.h"
#include "data/images/decode.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

// Of folders in folders.
constexpr int kMostDepth = 64;
constexpr std::string_view kSuffixes[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png"};

bool IsLeftOut(const std::string& name) { return name.starts_with('.') || name == "__MACOSX"; }

std::string LowerSuffix(const std::string& name) {
  std::string suffix = fs::path(name).extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](unsigned char c) { return std::tolower(c); });
  return suffix;
}

bool StartsAsPicture(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char start[8];
  const ssize_t bytes = ::read(fd, start, sizeof(start));
  ::close(fd);
  return bytes > 0 && IsPicture({start, static_cast<size_t>(bytes)});
}

class Search {
 public:
  absl::StatusOr<PictureFolder> Run(const std::string& folder) {
    struct stat info;
    if (::stat(folder.c_str(), &info) != 0) return ErrnoError(errno, Cat("cannot read ", folder));
    RETURN_IF_ERROR(Enter(folder, info));
    std::sort(result_.pictures.begin(), result_.pictures.end(),
              [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
    return std::move(result_);
  }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  absl::Status Enter(const std::string& folder, const struct stat& info) {
    const Identity identity(info.st_dev, info.st_ino);
    if (std::find(above_.begin(), above_.end(), identity) != above_.end()) return absl::OkStatus();
    if (above_.size() == kMostDepth) {
      return InvalidArgument("data.images.path: ", folder, " lies more than ", kMostDepth, " folders deep");
    }
    above_.push_back(identity);
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
      RETURN_IF_ERROR(Take(entry->path().string(), entry->path().filename().string()));
    }
    if (error) return ErrnoError(error.value(), Cat("cannot list folder ", folder));
    above_.pop_back();
    return absl::OkStatus();
  }

  absl::Status Take(const std::string& path, const std::string& name) {
    if (IsLeftOut(name)) return absl::OkStatus();
    struct stat info = {};
    const bool there = ::stat(path.c_str(), &info) == 0;
    if (there && S_ISDIR(info.st_mode)) return Enter(path, info);
    const std::string suffix = LowerSuffix(name);
    const bool named = HasPictureName(name);
    const bool regular = there && S_ISREG(info.st_mode);
    if (named ? !there || regular : regular && suffix.empty() && StartsAsPicture(path)) {
      result_.pictures.push_back(MakeFoundFile(path, info));
    } else {
      ++result_.others[suffix];
    }
    return absl::OkStatus();
  }

  std::vector<Identity> above_;  // The folder being read and those that it lies in.
  PictureFolder result_;
};

}  // namespace

absl::StatusOr<PictureFolder> FindPictures(const std::string& folder) { return Search().Run(folder); }

bool HasPictureName(const std::string& name) {
  return std::find(std::begin(kSuffixes), std::end(kSuffixes), LowerSuffix(name)) != std::end(kSuffixes);
}

absl::StatusOr<FolderNames> ListNames(const std::string& folder) {
  FolderNames names;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (IsLeftOut(name)) continue;
    std::error_code unknown;
    (entry->is_directory(unknown) ? names.folders : names.files).push_back(name);
  }
  if (error) return ErrnoError(error.value(), Cat("cannot list folder ", folder));
  std::sort(names.files.begin(), names.files.end());
  std::sort(names.folders.begin(), names.folders.end());
  return names;
}

absl::StatusOr<FoundFile> FindFile(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return ErrnoError(errno, Cat("cannot read ", path));
  return MakeFoundFile(path, info);
}

}  // namespace shoal
