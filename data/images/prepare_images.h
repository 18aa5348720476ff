// PrepareImages: a set of pictures into an image file, once; later runs with the same content and options take the file
// as it is.
//
// Memory does not grow with the pixels: a thread holds one chunk of them. The result is a function of the pictures and
// the options: neither the number of threads nor their timing changes a byte of it.
//
// Thread rule: safe from any thread; it starts threads of its own and joins them before it returns. Two processes that
// prepare the same set at once both succeed; the later file replaces the equal earlier one.

#pragma once

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "data/images/image_counts.h"
#include "data/prepare_progress.h"
#include "proto/job.pb.h"

namespace shoal {

struct PreparedImages {
  std::string path;  // Of the image file.
  bool reused = false;
  // Why a file of an earlier run was not taken, in one line; empty where there was none, or it was.
  std::string why_rebuilt;
  // What was found at the paths, in words: "10 class folders of sets/flowers/train".
  std::string layout;
  // Lines "path TAB why" of the pictures that were left out as broken; empty where there are none.
  std::string broken_list;
  ImageCounts counts;
  double seconds = 0;
};

// The image file is kept in `images.cache_directory` or, where that is empty, in `cache_directory`; the folder is made.
// NotFound, InvalidArgument: a path is missing, there are no pictures, ...: the message names the path and the cure.
// DataLoss: more pictures are broken than max_broken_fraction allows, the first of which are named, and all of them in
// the list beside the image file; or a CIFAR, IDX or list file is damaged. ResourceExhausted: the pixels are more than
// the disk has room for. Aborted: a file changed while the set was read, or `give_up` (may be null) became true, which
// is looked at between pictures; no image file is left then.
absl::StatusOr<PreparedImages> PrepareImages(const job::Images& images, const std::string& cache_directory,
                                             const PrepareProgress& progress,
                                             const std::atomic<bool>* give_up = nullptr);

}  // namespace shoal
