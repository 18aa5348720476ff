#include "data/corpus_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/status.h"
#include "data/folder_walk.h"

namespace shoal {
namespace {

constexpr std::string_view kField = "data.corpus.path";

absl::Status AddFolder(const std::string& folder, std::vector<FoundFile>* files) {
  std::vector<FoundFile> found;
  RETURN_IF_ERROR(WalkFolder(folder, [&found](const std::string& path, const std::string&,
                                              const absl::StatusOr<struct stat>& info) {
    if (!info.ok()) return info.status();
    if (S_ISREG(info->st_mode)) found.push_back(MakeFoundFile(path, *info));
    return absl::OkStatus();
  })) << kField;
  if (found.empty()) return InvalidArgument(kField, ": the folder ", folder, " has no files in it or below it");
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  files->insert(files->end(), found.begin(), found.end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<FoundFile>> FindCorpusFiles(const std::vector<std::string>& paths) {
  if (paths.empty()) return InvalidArgument(kField, " is empty; name a file or a folder of text");
  std::vector<FoundFile> files;
  for (const std::string& path : paths) {
    const absl::StatusOr<struct stat> info = StatOf(path);
    RETURN_IF_ERROR(info.status()) << kField;
    if (S_ISDIR(info->st_mode)) {
      RETURN_IF_ERROR(AddFolder(path, &files));
    } else if (S_ISREG(info->st_mode)) {
      files.push_back(MakeFoundFile(path, *info));
    } else {
      return InvalidArgument(kField, ": ", path, " is neither a file nor a folder");
    }
  }
  return files;
}

uint64_t FilesTakenAgain(const std::vector<FoundFile>& files) {
  std::set<std::pair<uint64_t, uint64_t>> identities;
  for (const FoundFile& file : files) identities.emplace(file.device, file.inode);
  return files.size() - identities.size();
}

}  // namespace shoal
