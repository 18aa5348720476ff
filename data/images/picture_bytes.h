// The bytes of a picture's file, as it is stored.
//
// Thread rule: functions are safe from any thread.

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace shoal {

// The whole file into `bytes`. ResourceExhausted: it has more than `max_file_bytes`. InvalidArgument: it is no regular
// file, and is not waited for. Messages do not name the path: the caller does.
absl::Status ReadPictureBytes(const std::string& path, uint64_t max_file_bytes, std::string* bytes);

// The first `most` bytes only, or all where there are fewer. `whole` tells which.
absl::Status ReadPictureStart(const std::string& path, uint64_t max_file_bytes, uint64_t most, std::string* bytes,
                              bool* whole);

}  // namespace shoal
