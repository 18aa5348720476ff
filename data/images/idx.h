// IDX files of the MNIST family: grey pictures of one size and, in a file beside, their labels; plain or gzip'ed.
//
//   images = 0x00000803 pictures:u32 rows:u32 columns:u32 bytes     labels = 0x00000801 labels:u32 bytes   ; big-endian
//
// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
//
// Thread rule: functions are safe from any thread.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/images/record_file.h"
#include "proto/job.pb.h"

namespace shoal {

// Which of the names in a folder are files of pictures: *images*idx3*, of TRAIN where they have "train" in them, else
// of TEST. None where the folder holds no such set. Where a file is there plain and gzip'ed, the plain one.
std::vector<std::string> IdxFileNames(const std::vector<std::string>& names, job::Images::Split split);

// Whether a file that starts so, unpacked, holds IDX pictures.
bool IsIdxImages(std::string_view start);

// The file of labels beside `images_path`, by its name ("images" and "idx3" replaced), plain or gzip'ed; empty where
// there is none.
std::string IdxLabelsPath(const std::string& images_path);

// Pictures come as RGB of equal channels; without labels where `labels_path` is empty. ResourceExhausted: a picture has
// more than `max_pixels`.
absl::StatusOr<std::unique_ptr<RecordFile>> OpenIdxFile(const std::string& images_path, const std::string& labels_path,
                                                        uint64_t max_pixels);

}  // namespace shoal
