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
#include "data/folder_walk.h"
#include "data/images/decode.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffixes[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png"};

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

}  // namespace

absl::StatusOr<PictureFolder> FindPictures(const std::string& folder) {
  PictureFolder found;
  RETURN_IF_ERROR(WalkFolder(
      folder, [&](const std::string& path, const std::string& name, const absl::StatusOr<struct stat>& info) {
        const std::string suffix = LowerSuffix(name);
        const bool regular = info.ok() && S_ISREG(info->st_mode);
        const bool is_picture =
            HasPictureName(name) ? !info.ok() || regular : regular && suffix.empty() && StartsAsPicture(path);
        if (is_picture) {
          found.pictures.push_back(info.ok() ? MakeFoundFile(path, *info) : FoundFile{.path = path});
        } else {
          ++found.others[suffix];
        }
        return absl::OkStatus();
      }));
  std::sort(found.pictures.begin(), found.pictures.end(),
            [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
  return found;
}

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
  ASSIGN_OR_RETURN(const struct stat info, StatOf(path));
  if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    return InvalidArgument("cannot read ", path, ": it is neither a file nor a folder");
  }
  return MakeFoundFile(path, info);
}

std::string AbsoluteName(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  if (error) return path;
  fs::path name;
  for (const fs::path& part : absolute) {
    if (part == "..") {
      const fs::path folder = fs::is_symlink(name, error) ? fs::weakly_canonical(name, error) : name;
      name = folder.parent_path();
    } else if (part != "." && !part.empty()) {
      name /= part;
    }
  }
  return name.string();
}

}  // namespace shoal
