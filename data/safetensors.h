// SafeTensors: named arrays of floats and lines of metadata in one file, as Hugging Face's readers, timm and PyTorch's
// users load them.
//
// Grammar: docs/formats/encoders.md. Only float32 tensors are written and read.
//
// Thread rule: functions are safe from any thread; SafeTensors is a value.
// Source: the format's specification in the README of safetensors, github.com/huggingface/safetensors.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoal {

struct NamedTensor {
  std::string name;
  std::vector<uint64_t> shape;  // None: a single number.
  std::vector<float> values;    // In C order.
};

struct SafeTensors {
  std::map<std::string, std::string> metadata;
  std::vector<NamedTensor> tensors;  // Read: in the order of their bytes, which is that in which they were written.

  // Null where there is none of the name.
  const NamedTensor* Find(const std::string& name) const;
};

// The file appears whole or not at all. InvalidArgument: two tensors of one name, or values that are not as many as the
// shape says.
absl::Status WriteSafeTensors(const std::string& path, const SafeTensors& content);

// DataLoss names the file, the tensor, what was expected and found: a file cut short, a header that is none, tensors
// that overlap, leave bytes out or are not float32.
absl::StatusOr<SafeTensors> ReadSafeTensors(const std::string& path);

}  // namespace shoal
