#include "data/images/picture_sets.h"

#include <filesystem>
#include <map>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/format.h"
#include "common/status.h"
#include "data/images/image_set.h"
#include "data/images/prepare_images.h"

namespace shoal {
namespace {

// Of classes that a message lists.
constexpr size_t kMostNamed = 5;

// Of the image file.
absl::StatusOr<std::string> PrepareSet(const std::vector<std::string>& paths, job::Images::Split split,
                                       uint64_t first_of_class, const PictureSetOptions& options,
                                       const PrepareProgress& progress, const std::atomic<bool>* give_up) {
  job::Images images = options.reading;
  images.mutable_path()->Assign(paths.begin(), paths.end());
  images.set_split(split);
  images.set_first_of_class(first_of_class);
  ASSIGN_OR_RETURN(const PreparedImages prepared, PrepareImages(images, options.cache_directory, progress, give_up));
  return prepared.path;
}

// Whether the path by itself has a part that is held out.
bool IsDivided(const std::string& path, const job::Images& reading) {
  job::Images images = reading;
  images.set_split(job::Images::TEST);
  images.clear_path();
  images.add_path(path);
  return FindImageSet(images).ok();
}

// The pictures to classify that were given by their own paths: what is held out there, or all where nothing is.
absl::StatusOr<std::string> PrepareTest(const PictureSetOptions& options, const PrepareProgress& progress,
                                        const std::atomic<bool>* give_up) {
  const auto prepare = [&](job::Images::Split split) {
    return PrepareSet(options.test, split, options.test_first_of_class, options, progress, give_up);
  };
  absl::StatusOr<std::string> held_out = prepare(job::Images::TEST);
  if (!absl::IsNotFound(held_out.status())) return held_out;
  for (const std::string& path : options.test) {
    if (options.test.size() == 1 || !IsDivided(path, options.reading)) continue;
    return InvalidArgument(path, " has a part that is held out (val or test beside train), and not all of the paths ",
                           "have; name that part itself");
  }
  return prepare(job::Images::TRAIN);
}

// Paths of pictures with the links to their folders resolved: those of one picture are equal.
class RealPaths {
 public:
  std::string Of(std::string_view path) {
    const size_t name = path.rfind('/') + 1;
    const auto [folder, unknown] = folders_.try_emplace(std::string(path.substr(0, name)));
    if (unknown) {
      std::error_code error;
      const auto real = std::filesystem::canonical(folder->first, error);
      folder->second = error ? folder->first : real.string();
    }
    return Cat(folder->second, "/", path.substr(name));
  }

 private:
  std::map<std::string, std::string> folders_;
};

// A picture that was learnt, asked for again, is found: such figures say nothing.
absl::Status CheckApart(const ImageFile& train, const ImageFile& test, std::string_view test_name) {
  RealPaths paths;
  std::unordered_set<std::string> asked;
  for (uint64_t i = 0; i < test.size(); ++i) asked.insert(paths.Of(test.picture_path(i)));
  uint64_t common = 0;
  std::string first;
  for (uint64_t i = 0; i < train.size(); ++i) {
    if (asked.contains(paths.Of(train.picture_path(i))) && ++common == 1) first = train.picture_path(i);
  }
  if (common == 0) return absl::OkStatus();
  return InvalidArgument(test_name, ": ", FormatCount(common), " of the ", FormatCount(test.size()),
                         " pictures to classify are among those to learn from, as ", first,
                         "; give pictures that are held out");
}

std::vector<uint64_t> PicturesOfClasses(const ImageFile& images) {
  std::vector<uint64_t> pictures(images.classes());
  for (const int32_t label : images.labels()) {
    if (label >= 0) ++pictures[label];
  }
  return pictures;
}

absl::Status CheckLabels(std::string_view name, const ImageFile& images) {
  for (const int32_t label : images.labels()) {
    if (label >= 0) return absl::OkStatus();
  }
  return InvalidArgument(name, ": none of the ", FormatCount(images.size()),
                         " pictures has a class; give a folder with a folder of each class, a list with classes, or "
                         "CIFAR or IDX files");
}

}  // namespace

absl::StatusOr<PictureSets> PictureSets::Open(const PictureSetOptions& options, const PrepareProgress& progress,
                                              const std::atomic<bool>* give_up) {
  PictureSets sets;
  const auto train = PrepareSet(options.data, job::Images::TRAIN, options.first_of_class, options, progress, give_up);
  RETURN_IF_ERROR(train.status()) << options.data_name;
  RETURN_IF_ERROR(sets.OpenTrain(*train, options.data_name));
  const bool divided = options.test.empty();
  const auto test =
      divided ? PrepareSet(options.data, job::Images::TEST, options.test_first_of_class, options, progress, give_up)
              : PrepareTest(options, progress, give_up);
  if (divided && absl::IsNotFound(test.status())) {
    return NotFound(options.data_name, ": ", absl::StrJoin(options.data, ", "),
                    " has no part that is held out (val or test beside train); ", options.cure);
  }
  const std::string& test_name = divided ? options.data_name : options.test_name;
  RETURN_IF_ERROR(test.status()) << test_name;
  RETURN_IF_ERROR(sets.OpenTest(*test, options.data_name, test_name));
  RETURN_IF_ERROR(CheckApart(sets.train(), sets.test(), test_name));
  return sets;
}

absl::StatusOr<PictureSets> PictureSets::OfFiles(const std::string& train, const std::string& test) {
  PictureSets sets;
  RETURN_IF_ERROR(sets.OpenTrain(train, train));
  RETURN_IF_ERROR(sets.OpenTest(test, train, test));
  return sets;
}

absl::Status PictureSets::OpenTrain(const std::string& path, std::string_view name) {
  train_path_ = path;
  ASSIGN_OR_RETURN(train_, ImageFile::Open(path));
  return CheckLabels(name, *train_);
}

absl::Status PictureSets::OpenTest(const std::string& path, std::string_view data_name, std::string_view name) {
  test_path_ = path;
  ASSIGN_OR_RETURN(test_, ImageFile::Open(path));
  RETURN_IF_ERROR(CheckLabels(name, *test_));
  return MatchClasses(data_name, name);
}

absl::Status PictureSets::MatchClasses(std::string_view data_name, std::string_view test_name) {
  const std::vector<uint64_t> learned = PicturesOfClasses(*train_), asked = PicturesOfClasses(*test_);
  std::map<std::string_view, int32_t> labels;
  for (uint64_t label = 0; label < learned.size(); ++label) {
    if (learned[label] > 0) labels.emplace(train_->class_name(label), static_cast<int32_t>(label));
  }
  classes_ = labels.size();
  if (labels.size() < 2) {
    return InvalidArgument(data_name, ": all pictures are of one class, ", labels.begin()->first,
                           "; there is nothing to tell apart");
  }
  std::vector<std::string> unknown;
  for (uint64_t label = 0; label < asked.size(); ++label) {
    const auto found = labels.find(test_->class_name(label));
    labels_in_train_.push_back(found == labels.end() ? -1 : found->second);
    if (found == labels.end() && asked[label] > 0) unknown.emplace_back(test_->class_name(label));
  }
  if (unknown.empty()) return absl::OkStatus();
  const size_t count = unknown.size();
  if (count > kMostNamed) unknown.resize(kMostNamed);
  return InvalidArgument(test_name, ": there are pictures of ", count, count == 1 ? " class" : " classes",
                         " that the pictures to learn from have none of: ", absl::StrJoin(unknown, ", "),
                         count > kMostNamed ? " and others" : "", "; are the names of the classes the same?");
}

}  // namespace shoal
