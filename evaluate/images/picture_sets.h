// PictureSets: the two labelled sets that an encoder is measured with: one to compare with and to learn from, one to
// classify.
//
// Thread rule: immutable after Open; safe from any thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/images/image_file.h"

namespace shoal {

struct PictureSetOptions {
  std::vector<std::string> data;  // Paths as data.images.path takes them; their parts to train on are the bank.
  // The pictures to classify; empty: the held-out part of `data`.
  std::vector<std::string> test;
  uint64_t first_of_class = 0, test_first_of_class = 0;  // 0: all.
  std::string cache_directory;                           // Where image files are kept.
  uint32_t threads = 1;
};

class PictureSets {
 public:
  // Prepares both, or takes what an earlier run prepared. NotFound: `data` has no held-out part. InvalidArgument: a set
  // without labels, one class only, or classes to classify that there is nothing to learn of, which are named. Else as
  // PrepareImages. Messages begin with the flag that named the set, "--data" or "--test".
  static absl::StatusOr<PictureSets> Open(const PictureSetOptions& options);

  const ImageFile& train() const { return *train_; }
  const ImageFile& test() const { return *test_; }
  // The label in `train` of the class that has `label` in `test`: two sets may number the same classes otherwise.
  int32_t LabelInTrain(int32_t label) const { return labels_in_train_[label]; }
  // Classes that `train` has pictures of.
  uint64_t classes() const { return classes_; }

 private:
  // Fills the members below; `test_flag` named the pictures to classify.
  absl::Status MatchClasses(std::string_view test_flag);

  std::unique_ptr<ImageFile> train_, test_;
  std::vector<int32_t> labels_in_train_;
  uint64_t classes_ = 0;
};

}  // namespace shoal
