// The key of a token file: what it was made of (prepared_key.h, docs/formats/tokens.md). Content is the files' number,
// sizes, times and samples of their bytes.
//
// Pure functions of the file system; safe from any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/corpus_files.h"
#include "data/prepared_key.h"
#include "proto/job.pb.h"

namespace shoal {

absl::StatusOr<PreparedKey> MakeCorpusKey(const job::Corpus& corpus, const std::vector<FoundFile>& files);

}  // namespace shoal
