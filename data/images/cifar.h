// CIFAR-10 and CIFAR-100 in their binary version: 3,073 or 3,074 bytes a record: the label (CIFAR-100: the coarse, then
// the fine one, which is taken), 1,024 reds, 1,024 greens, 1,024 blues, row by row.
//
// Source: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images";
// www.cs.toronto.edu/~kriz/cifar.html.
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

// Which of the names in a folder are the set's files: data_batch_*.bin and test_batch.bin, else train.bin and test.bin.
// None where the folder holds no such set.
std::vector<std::string> CifarFileNames(const std::vector<std::string>& names, job::Images::Split split);

// Whether a file of this name and size may be one.
bool MayBeCifarFile(const std::string& path, uint64_t bytes);

// Of the variant that a file of this name and size is of: 10 or 100.
int32_t CifarClassCount(const std::string& path, uint64_t bytes);

absl::StatusOr<std::unique_ptr<RecordFile>> OpenCifarFile(const std::string& path);

// The names in batches.meta.txt or fine_label_names.txt beside the file; none where there is no such file.
std::vector<std::string> CifarClassNames(const std::string& path);

}  // namespace shoal
