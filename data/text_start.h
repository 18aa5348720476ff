// What a text file may begin with that is no text: a byte order mark, which is dropped, and the first bytes of formats
// that are not read, which would be trained as gibberish.
//
// Pure functions; safe from any thread.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace shoal {

// So many bytes are enough to know each of them.
inline constexpr size_t kTextStartBytes = 10;

// `text` without the mark. It begins as the file `path` does, once decompressed: with kTextStartBytes at least where
// the file has as many. InvalidArgument: it is UTF-16 or of another format; the message says which, and the program
// that makes text of it.
absl::StatusOr<std::string_view> TextFrom(const std::string& path, std::string_view text);

}  // namespace shoal
