// PrepareCorpus: text into a token file, once; later runs with the same content and options take the file as it is.
//
// Memory does not grow with the corpus: text is read in chunks, token ids go to disk, and the table of distinct words
// is bounded by max_types_in_memory. The result is a function of the corpus and its options: neither the number of
// threads nor their timing changes a byte of it.
//
// Thread rule: safe from any thread; it starts threads of its own and joins them before it returns. Two processes that
// prepare the same corpus at once both succeed; the later file replaces the equal earlier one.

#pragma once

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "data/corpus_counts.h"
#include "data/prepare_progress.h"
#include "proto/job.pb.h"

namespace shoal {

struct PreparedCorpus {
  std::string path;  // Of the token file.
  bool reused = false;
  // Why a file of an earlier run was not taken, in one line; empty where there was none, or it was.
  std::string why_rebuilt;
  CorpusCounts counts;
  double seconds = 0;
};

// The token file is kept in `corpus.cache_directory` or, where that is empty, in `cache_directory`; the folder is made.
// NotFound, InvalidArgument: a path is missing, a folder has no files, no word is frequent enough, ...: the message
// names the path and the cure. DataLoss: a compressed file is damaged. Aborted: a file changed while it was read, or
// `give_up` (may be null) became true, which is looked at between chunks of text and of tokens; no token file is made
// then.
absl::StatusOr<PreparedCorpus> PrepareCorpus(const job::Corpus& corpus, const std::string& cache_directory,
                                             const PrepareProgress& progress,
                                             const std::atomic<bool>* give_up = nullptr);

}  // namespace shoal
