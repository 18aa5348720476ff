#include "data/images/image_set.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/format.h"
#include "common/status.h"
#include "data/byte_stream.h"
#include "data/images/cifar.h"
#include "data/images/decode.h"
#include "data/images/idx.h"
#include "data/images/image_list.h"
#include "data/images/printable.h"
#include "data/images/record_file.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kField = "data.images.path";
// Kinds of other files that are named.
constexpr size_t kMostKinds = 8;
// Folders that hold nothing but another one are passed through, so many at most.
constexpr int kMostWrappings = 16;
// Of a file's start, to tell what it is.
constexpr size_t kStartBytes = 4096;
// Of a list, unpacked, and of one reading of it.
constexpr size_t kMostListBytes = size_t{1} << 30, kListStepBytes = size_t{1} << 20;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// The first of `folders` that is called one of `names`, which are in the order of preference.
std::optional<std::string> OneOf(const std::vector<std::string>& folders, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    for (const std::string& folder : folders) {
      if (Lower(folder) == name) return folder;
    }
  }
  return std::nullopt;
}

std::string Join(const std::string& folder, const std::string& name) { return (fs::path(folder) / name).string(); }

bool IsFolder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

absl::StatusOr<std::string> StartOf(const std::string& path) {
  ASSIGN_OR_RETURN(const auto stream, ByteStream::Open(path));
  std::string start(kStartBytes, '\0');
  ASSIGN_OR_RETURN(const size_t bytes, stream->Read(start));
  start.resize(bytes);
  return start;
}

// A list's text, unpacked as StartOf does it.
absl::StatusOr<std::string> ReadList(const std::string& path) {
  ASSIGN_OR_RETURN(const auto stream, ByteStream::Open(path));
  std::string text;
  size_t bytes = 0;
  do {
    if (bytes > kMostListBytes) {
      return ResourceExhausted(path, " has more than ", kMostListBytes, " bytes of text, the most that a list may");
    }
    text.resize(bytes + kListStepBytes);
    ASSIGN_OR_RETURN(const size_t read, stream->Read(std::span(text).subspan(bytes)));
    bytes += read;
  } while (bytes == text.size());
  text.resize(bytes);
  return text;
}

absl::StatusOr<job::Images::Layout> LayoutOfFile(const FoundFile& file) {
  if (MayBeCifarFile(file.path, file.bytes)) return job::Images::CIFAR;
  ASSIGN_OR_RETURN(const std::string start, StartOf(file.path));
  if (IsIdxImages(start)) return job::Images::IDX;
  if (IsPicture(start)) return job::Images::FLAT;
  if (!start.empty() && start.find('\0') == start.npos) return job::Images::LIST;
  return InvalidArgument(kField, ": ", file.path,
                         " is neither a picture (JPEG, PNG) nor a CIFAR or IDX file nor a list of pictures");
}

// The folder that is meant by a path, and how it is laid out.
struct Place {
  std::string path;
  job::Images::Layout layout;
  std::vector<std::string> names;  // CIFAR, IDX: of the files.
  std::string train_part;          // Of a divided folder whose held-out part is at `path`; else empty.
};

// Where the folders are that are classes; none are where pictures have no labels.
struct ClassLevel {
  std::string root;
  bool in_folders = false;
};

// The first folder below `root` that `path`, which lies below it, goes through; empty where there is none.
std::string_view ClassOf(std::string_view path, const std::string& root) {
  path.remove_prefix(root.size() + 1);
  const size_t slash = path.find('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

// The folder, `top` or one below it, that all `pictures`, sorted, lie in or below.
std::string FolderOfAll(const std::vector<FoundFile>& pictures, const std::string& top) {
  if (pictures.empty()) return top;
  const std::string& first = pictures.front().path;
  const std::string& last = pictures.back().path;
  const auto differ = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
  return first.substr(0, first.rfind('/', differ - first.begin() - 1));
}

// By the pictures themselves: folders that hold all of them are none of classes.
ClassLevel DetectLevel(const std::vector<FoundFile>& pictures, const std::string& top) {
  ClassLevel level{FolderOfAll(pictures, top)};
  std::set<std::string_view> classes;
  for (const FoundFile& picture : pictures) classes.insert(ClassOf(picture.path, level.root));
  level.in_folders = classes.size() > 1 && !classes.contains("");
  return level;
}

// Whether each of `pictures` lies in a folder of `root`.
bool AllInFoldersOf(const std::vector<FoundFile>& pictures, const std::string& root) {
  return std::all_of(pictures.begin(), pictures.end(), [&](const FoundFile& picture) {
    return picture.path.starts_with(root + "/") && !ClassOf(picture.path, root).empty();
  });
}

// A held-out part with pictures of one class, or of a few that share a folder, has its classes where the part to train
// on has them.
absl::StatusOr<ClassLevel> LevelOf(const std::vector<FoundFile>& pictures, const Place& place) {
  if (place.layout != job::Images::DETECT) return ClassLevel{place.path, place.layout == job::Images::FOLDERS};
  ClassLevel own = DetectLevel(pictures, place.path);
  // The part to train on is the larger, and need not be looked at.
  if (place.train_part.empty() || (own.in_folders && own.root == place.path)) return own;
  ASSIGN_OR_RETURN(const PictureFolder train, FindPictures(place.train_part));
  const ClassLevel trained = DetectLevel(train.pictures, place.train_part);
  const std::string root = place.path + trained.root.substr(place.train_part.size());
  if (trained.in_folders && AllInFoldersOf(pictures, root)) return ClassLevel{root, true};
  return own;
}

class Finder {
 public:
  explicit Finder(const job::Images& images) : images_(images) {}

  absl::StatusOr<ImageSet> Find() {
    if (images_.path().empty()) return InvalidArgument(kField, " is empty; name a folder or file of pictures");
    for (const std::string& path : images_.path()) {
      RETURN_IF_ERROR(AddPath(AbsoluteName(path)));
    }
    if (set_.files.empty()) return NoPictures();
    if (set_.layout == job::Images::FOLDERS) NumberFolders();
    TakeFirstOfClass();
    // Names are told a line each.
    for (std::string& name : set_.classes) name = Printable(name);
    set_.description = absl::StrJoin(parts_, "; ");
    return std::move(set_);
  }

 private:
  absl::Status NoPictures() const {
    return InvalidArgument(kField, ": no pictures in or below ", absl::StrJoin(images_.path(), ", "),
                           set_.other_kinds.empty() ? "" : Cat("; what is there: ", set_.other_kinds),
                           "; .jpg, .jpeg and .png files are read, and CIFAR and IDX files");
  }

  absl::Status AddPath(const std::string& path) {
    absl::StatusOr<FoundFile> file = FindFile(path);
    RETURN_IF_ERROR(file.status()) << kField;
    const bool folder = IsFolder(path);
    Place place{path, images_.layout(), {}, {}};
    if (folder) {
      ASSIGN_OR_RETURN(place, PlaceInFolder(path));
    } else if (images_.split() == job::Images::TEST) {
      return NotDivided(path, "a file");
    } else if (place.layout == job::Images::DETECT) {
      ASSIGN_OR_RETURN(place.layout, LayoutOfFile(*file));
    }
    // What a folder's pictures are laid out as is told by the pictures.
    if (place.layout != job::Images::DETECT) {
      RETURN_IF_ERROR(CheckLayout(path, place.layout));
    }
    switch (place.layout) {
      case job::Images::LIST:
        return folder ? InvalidArgument(kField, ": ", path, " is a folder, and the layout LIST wants a text file")
                      : AddList(*file);
      case job::Images::CIFAR:
      case job::Images::IDX:
        if (folder) return AddRecords(place);
        parts_.push_back(Cat("the ", job::Images::Layout_Name(place.layout), " file ", path));
        return AddRecordFile(*file, place.layout);
      default:
        return folder ? AddPictures(place) : AddPicture(*file);
    }
  }

  absl::Status CheckLayout(const std::string& path, job::Images::Layout layout) {
    if (parts_.empty()) set_.layout = layout;
    if (set_.layout == layout) return absl::OkStatus();
    return InvalidArgument(kField, ": ", images_.path(0), " is found to be ", job::Images::Layout_Name(set_.layout),
                           " and ", path, " to be ", job::Images::Layout_Name(layout),
                           "; paths of one set are of one layout: give data.images.layout, or one path");
  }

  absl::Status NotDivided(const std::string& path, std::string_view what) const {
    return NotFound("data.images.split is TEST, but ", path, " is ", what,
                    ", which is not divided into a part to train on and one held out (train and val or test); give "
                    "the held-out part by its own path, with split TRAIN");
  }

  bool Looks(job::Images::Layout layout) const {
    return images_.layout() == job::Images::DETECT || images_.layout() == layout;
  }

  // Passes through folders that hold one folder only, to where files, a division or classes are.
  absl::StatusOr<Place> PlaceInFolder(const std::string& path) {
    std::string at = path;
    for (int i = 0; i < kMostWrappings; ++i) {
      ASSIGN_OR_RETURN(const FolderNames names, ListNames(at));
      if (std::optional<Place> records = RecordsIn(at, names.files)) return *std::move(records);
      if (std::optional<Place> part = PartOf(at, names.folders)) return *std::move(part);
      const bool wraps =
          names.folders.size() == 1 && std::none_of(names.files.begin(), names.files.end(), HasPictureName);
      if (!wraps || images_.layout() == job::Images::FOLDERS) break;
      at = Join(at, names.folders[0]);
    }
    if (images_.split() == job::Images::TEST) return NotDivided(path, "a folder");
    if (images_.layout() == job::Images::CIFAR || images_.layout() == job::Images::IDX) {
      return NotFound(kField, ": ", path, " has no files of the layout ", job::Images::Layout_Name(images_.layout()));
    }
    return Place{at, images_.layout(), {}, {}};
  }

  std::optional<Place> RecordsIn(const std::string& folder, const std::vector<std::string>& files) const {
    if (Looks(job::Images::CIFAR)) {
      auto names = CifarFileNames(files, images_.split());
      if (!names.empty()) return Place{folder, job::Images::CIFAR, std::move(names), {}};
    }
    if (Looks(job::Images::IDX)) {
      auto names = IdxFileNames(files, images_.split());
      if (!names.empty()) return Place{folder, job::Images::IDX, std::move(names), {}};
    }
    return std::nullopt;
  }

  // Of a divided folder, the part that is asked for.
  std::optional<Place> PartOf(const std::string& folder, const std::vector<std::string>& folders) const {
    const auto train = OneOf(folders, {"train", "training"});
    const auto test = OneOf(folders, {"val", "valid", "validation", "test"});
    if (!train || !test) return std::nullopt;
    if (images_.split() == job::Images::TRAIN) return Place{Join(folder, *train), images_.layout(), {}, {}};
    return Place{Join(folder, *test), images_.layout(), {}, Join(folder, *train)};
  }

  absl::Status AddRecords(const Place& place) {
    parts_.push_back(
        Cat(job::Images::Layout_Name(place.layout), " files ", absl::StrJoin(place.names, ", "), " of ", place.path));
    for (const std::string& name : place.names) {
      absl::StatusOr<FoundFile> file = FindFile(Join(place.path, name));
      RETURN_IF_ERROR(file.status()) << kField;
      RETURN_IF_ERROR(AddRecordFile(*file, place.layout));
    }
    return absl::OkStatus();
  }

  absl::Status AddRecordFile(const FoundFile& file, job::Images::Layout layout) {
    set_.files.push_back(file);
    if (layout == job::Images::CIFAR) return TakeCifarClasses(file);
    const std::string labels = IdxLabelsPath(file.path);
    if (labels.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(FoundFile found, FindFile(labels));
    set_.beside.push_back(std::move(found));
    return absl::OkStatus();
  }

  // The label 5 of CIFAR-10 and that of CIFAR-100 are two classes; so may be those of files that come with other names.
  absl::Status TakeCifarClasses(const FoundFile& file) {
    const FoundFile& first = set_.files.front();
    const int32_t expected = CifarClassCount(first.path, first.bytes), got = CifarClassCount(file.path, file.bytes);
    if (got != expected) {
      return InvalidArgument(kField, ": ", first.path, " is a CIFAR-", expected, " file and ", file.path, " a CIFAR-",
                             got, " file, whose labels stand for other classes; give files of one kind");
    }
    std::vector<std::string> names = CifarClassNames(file.path);
    if (set_.classes.empty()) set_.classes = std::move(names);
    if (names.empty() || names == set_.classes) return absl::OkStatus();
    return InvalidArgument(kField, ": the names of classes beside ", file.path, " are not those beside ", first.path,
                           "; give files of one set");
  }

  absl::Status AddList(const FoundFile& file) {
    if (images_.path_size() > 1) {
      return InvalidArgument(kField, ": a list stands alone, and ", images_.path_size(), " paths are given; make one ",
                             "list of them");
    }
    const absl::StatusOr<std::string> text = ReadList(file.path);
    RETURN_IF_ERROR(text.status()) << kField;
    ASSIGN_OR_RETURN(ImageList list, ParseImageList(*text, file.path, fs::path(file.path).parent_path().string()));
    for (ImageList::Entry& entry : list.entries) {
      absl::StatusOr<FoundFile> found = FindFile(entry.path);
      if (!found.ok()) found = FoundFile{entry.path};  // Told as a broken picture.
      set_.files.push_back(*std::move(found));
      set_.labels.push_back(entry.label);
    }
    set_.classes = std::move(list.classes);
    set_.beside.push_back(file);
    parts_.push_back(Cat("the list ", file.path));
    return absl::OkStatus();
  }

  absl::Status AddPicture(const FoundFile& file) {
    if (images_.layout() == job::Images::FOLDERS) {
      return InvalidArgument(kField, ": ", file.path, " is a file, and the layout FOLDERS wants a folder");
    }
    set_.files.push_back(file);
    set_.labels.push_back(kNoLabel);
    parts_.push_back(Cat("the picture ", file.path));
    return absl::OkStatus();
  }

  absl::Status AddPictures(const Place& place) {
    absl::StatusOr<PictureFolder> folder = FindPictures(place.path);
    RETURN_IF_ERROR(folder.status()) << kField;
    for (const auto& [suffix, count] : folder->others) others_[suffix] += count;
    DescribeOthers();
    absl::StatusOr<ClassLevel> level = LevelOf(folder->pictures, place);
    RETURN_IF_ERROR(level.status()) << kField;
    RETURN_IF_ERROR(CheckLayout(level->root, level->in_folders ? job::Images::FOLDERS : job::Images::FLAT));
    std::set<std::string> classes;
    for (FoundFile& picture : folder->pictures) {
      if (level->in_folders) {
        class_of_file_.emplace_back(ClassOf(picture.path, level->root));
        if (!class_of_file_.back().empty()) classes.insert(class_of_file_.back());
      }
      set_.files.push_back(std::move(picture));
      set_.labels.push_back(kNoLabel);
    }
    parts_.push_back(level->in_folders ? Cat(classes.size(), " class folders of ", level->root)
                                       : Cat("pictures without labels at and below ", level->root));
    return absl::OkStatus();
  }

  // The commonest suffixes first; a folder may have as many as files.
  void DescribeOthers() {
    std::vector<std::pair<uint64_t, std::string>> kinds;
    set_.other_files = 0;
    for (const auto& [suffix, count] : others_) {
      set_.other_files += count;
      kinds.emplace_back(count, suffix.empty() ? "without a suffix" : Printable(suffix));
    }
    const size_t named = std::min(kinds.size(), kMostKinds);
    std::partial_sort(kinds.begin(), kinds.begin() + named, kinds.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    set_.other_kinds.clear();
    for (size_t i = 0; i < named; ++i) {
      set_.other_kinds += Cat(i == 0 ? "" : ", ", kinds[i].first, " ", kinds[i].second);
    }
    if (named < kinds.size()) set_.other_kinds += Cat(" and ", kinds.size() - named, " more kinds");
  }

  // A class is the same below all paths.
  void NumberFolders() {
    std::map<std::string, int32_t> labels;
    for (const std::string& name : class_of_file_) {
      if (!name.empty()) labels.emplace(name, 0);
    }
    for (auto& [name, label] : labels) {
      label = static_cast<int32_t>(set_.classes.size());
      set_.classes.push_back(name);
    }
    for (size_t i = 0; i < set_.files.size(); ++i) {
      if (!class_of_file_[i].empty()) set_.labels[i] = labels[class_of_file_[i]];
    }
  }

  // Records are counted as they are read.
  void TakeFirstOfClass() {
    if (images_.first_of_class() == 0 || set_.has_records()) return;
    std::map<int32_t, uint64_t> taken;
    size_t kept = 0;
    for (size_t i = 0; i < set_.files.size(); ++i) {
      if (++taken[set_.labels[i]] > images_.first_of_class()) continue;
      set_.labels[kept] = set_.labels[i];
      if (kept != i) set_.files[kept] = std::move(set_.files[i]);
      ++kept;
    }
    set_.not_taken = set_.files.size() - kept;
    set_.files.resize(kept);
    set_.labels.resize(kept);
  }

  const job::Images& images_;
  ImageSet set_;
  std::vector<std::string> parts_;          // Of the description, one a path.
  std::map<std::string, uint64_t> others_;  // Files that are no pictures, by suffix.
  std::vector<std::string> class_of_file_;  // FOLDERS: empty of a picture beside the class folders.
};

}  // namespace

absl::StatusOr<ImageSet> FindImageSet(const job::Images& images) { return Finder(images).Find(); }

}  // namespace shoal
