// CorpusKey: what a token file was made of, so that a later run can tell whether the file still serves.
//
// `identity`, the paths and options, names the file: other options make another file beside it. `content`, the files'
// number, sizes, times and samples of their bytes, is compared: a difference makes the file stale. Both stand in the
// token file's key section as lines "name value" (docs/formats/tokens.md).
//
// Pure functions of the file system; safe from any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/corpus_files.h"
#include "proto/job.pb.h"

namespace shoal {

struct CorpusKey {
  std::string identity;
  std::string content;

  std::string text() const { return identity + content; }
  // "wiki-fa-0123456789abcdef.tokens": the first path's last part, and a hash of the identity.
  std::string file_name() const;

  std::string name;
};

absl::StatusOr<CorpusKey> MakeCorpusKey(const job::Corpus& corpus, const std::vector<CorpusFile>& files);

// Why `stored`, the key of a token file, is not `key`, in words; empty where they are equal.
std::string DifferenceOfKeys(std::string_view stored, const CorpusKey& key);

}  // namespace shoal
