// WriteNpy: an array as NumPy's own file, which numpy.load reads.
//
// Thread rule: safe from any thread, for different paths.
// Source: NumPy's description of the NPY format, version 1.0.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "absl/status/status.h"

namespace shoal {

// Of `numbers` [shape], in C order. The file appears whole or not at all.
absl::Status WriteNpy(const std::string& path, std::span<const float> numbers, std::initializer_list<uint64_t> shape);
absl::Status WriteNpy(const std::string& path, std::span<const int32_t> numbers, std::initializer_list<uint64_t> shape);

}  // namespace shoal
