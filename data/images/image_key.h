// The key of an image file: what it was made of (../prepared_key.h, docs/formats/images.md). Content is each file's
// path, size, time of change and class; of CIFAR, IDX and list files samples of their bytes too. Pictures' bytes are
// not looked at: a million of them would have to be opened to recognise a set.
//
// Pure functions of the file system; safe from any thread.

#pragma once

#include "absl/status/statusor.h"
#include "data/images/image_set.h"
#include "data/prepared_key.h"
#include "proto/job.pb.h"

namespace shoal {

absl::StatusOr<PreparedKey> MakeImageKey(const job::Images& images, const ImageSet& set);

}  // namespace shoal
