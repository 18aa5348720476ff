// ImageSet: what data.images.path stands for: the pictures of a set, with their classes, in the order of training.
//
// Where the layout is DETECT, it is told by what is there, path by path:
//   - a folder with CIFAR's or MNIST's file names, or a file of these: CIFAR, IDX;
//   - a text file: LIST;
//   - a folder with folders train and val or test (in any spelling of cases; also training, valid, validation): the
//     part that is asked for, as if it were the path, but that the held-out part has its classes at the depth where the
//     part to train on has them;
//   - a folder with one folder in it, and no pictures beside that: that folder;
//   - a folder with pictures in two folders or more, and none beside them: FOLDERS, each a class;
//   - else FLAT: any other folder with pictures at whatever depth, or one picture.
//
// Thread rule: functions are safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/images/picture_folder.h"
#include "proto/job.pb.h"

namespace shoal {

struct ImageSet {
  job::Images::Layout layout = job::Images::FLAT;  // Never DETECT.
  // What was found, for the log: "10 class folders of sets/flowers/train".
  std::string description;
  // Pictures, or of CIFAR and IDX files of many; paths are absolute, and go through links as the job's do.
  std::vector<FoundFile> files;
  std::vector<int32_t> labels;       // Of each file; kNoLabel of those that have none. Empty of CIFAR and IDX.
  std::vector<std::string> classes;  // Printable.
  // Files that tell of the pictures: lists, labels, names of classes.
  std::vector<FoundFile> beside;
  // Pictures left out by first_of_class; files left out as no pictures, "3 .txt, 1 .gif".
  uint64_t not_taken = 0;
  uint64_t other_files = 0;
  std::string other_kinds;

  bool has_records() const { return layout == job::Images::CIFAR || layout == job::Images::IDX; }
};

// NotFound: a path is missing, or the held-out part of a set that is not divided is asked for. InvalidArgument: nothing
// that is read, neither a file nor a folder, paths of different layouts, CIFAR files of different classes, or a list
// that is none. Messages name the path and the cure.
absl::StatusOr<ImageSet> FindImageSet(const job::Images& images);

}  // namespace shoal
