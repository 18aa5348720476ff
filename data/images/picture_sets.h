// PictureSets: the two labelled sets that an encoder is measured with, after its training and while it goes on: one to
// compare with and to learn from, one to classify.
//
// Thread rule: immutable after Open; safe from any thread.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/images/image_file.h"
#include "data/prepare_progress.h"
#include "proto/job.pb.h"

namespace shoal {

struct PictureSetOptions {
  std::vector<std::string> data;  // Paths as data.images.path takes them; their parts to train on are the bank.
  // The pictures to classify: what is held out of these, or all where they are not divided. Empty: the held-out part of
  // `data`.
  std::vector<std::string> test;
  uint64_t first_of_class = 0, test_first_of_class = 0;  // 0: all.
  std::string cache_directory;                           // Where image files are kept.
  // How pictures are read; what is said above is said there only.
  job::Images reading;
  // What messages call the two, and how a user names pictures to classify where `data` has no held-out part.
  std::string data_name = "--data", test_name = "--test";
  std::string cure = "name the pictures to classify: --test PATH";
};

class PictureSets {
 public:
  // Prepares both, or takes what an earlier run prepared. NotFound: `data` has no held-out part. InvalidArgument: a set
  // without labels, one class only, classes to classify that there is nothing to learn of, which are named, pictures to
  // classify that are learnt from too, or paths of them of which only some are divided. Else as PrepareImages.
  static absl::StatusOr<PictureSets> Open(const PictureSetOptions& options, const PrepareProgress& progress = {},
                                          const std::atomic<bool>* give_up = nullptr);
  // Of the image files that Open made, in another process.
  static absl::StatusOr<PictureSets> OfFiles(const std::string& train, const std::string& test);

  const ImageFile& train() const { return *train_; }
  const ImageFile& test() const { return *test_; }
  // Of the image files.
  const std::string& train_path() const { return train_path_; }
  const std::string& test_path() const { return test_path_; }
  // The label in `train` of the class that has `label` in `test`: two sets may number the same classes otherwise.
  int32_t LabelInTrain(int32_t label) const { return labels_in_train_[label]; }
  // Classes that `train` has pictures of.
  uint64_t classes() const { return classes_; }

 private:
  // The names are for messages.
  absl::Status OpenTrain(const std::string& path, std::string_view name);
  absl::Status OpenTest(const std::string& path, std::string_view data_name, std::string_view name);
  // Fills the members below.
  absl::Status MatchClasses(std::string_view data_name, std::string_view test_name);

  std::string train_path_, test_path_;
  std::unique_ptr<ImageFile> train_, test_;
  std::vector<int32_t> labels_in_train_;
  uint64_t classes_ = 0;
};

}  // namespace shoal
