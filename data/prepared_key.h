// PreparedKey: what a prepared file (of tokens, of pictures) was made of, so that a later run can tell whether the file
// still serves.
//
// `identity`, the paths and options, names the file: other options make another file beside it. `content`, what the
// files at the paths were, is compared: a difference makes the file stale. Both stand in the file's key section as
// lines "name value".
//
// Pure functions of the file system; safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/random.h"

namespace shoal {

struct PreparedKey {
  std::string identity;
  std::string content;
  std::string name;    // Of the set, in letters that no shell or file system stumbles over.
  std::string suffix;  // Of the file: ".tokens".
  std::string set;     // What it is of, for messages: "corpus".

  std::string text() const { return identity + content; }
  // "wiki-fa-0123456789abcdef.tokens": the name, and a hash of the identity.
  std::string file_name() const;
};

// Why `stored`, the key of a prepared file, is not `key`, in words; empty where they are equal.
std::string DifferenceOfKeys(std::string_view stored, const PreparedKey& key);

// Not cryptographic: against accidents, not forgers.
uint64_t HashText(std::string_view text, uint64_t hash = kGoldenGamma);

// Without links, dots and double slashes; `path` itself where it cannot be found out.
std::string AbsolutePath(const std::string& path);

// The last part of the path, fit to be a part of a file's name; `otherwise` where there is none.
std::string SafeName(const std::string& path, const std::string& otherwise);

// Of samples of a file of `bytes` bytes: its start, middle and end.
absl::StatusOr<uint32_t> SampleChecksum(const std::string& path, uint64_t bytes);

// The value of line "name value" in a key; empty where there is none.
std::string_view KeyValue(std::string_view key, std::string_view name);

}  // namespace shoal
