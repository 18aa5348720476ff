// ScanCorpus: reads, normalises, tokenises and counts a corpus, once, on several threads.
//
// A thread takes the next chunk of text from whichever file is free, encodes it by a dictionary of its own and spills
// it. Dictionaries are merged in the order of the corpus by whoever finds the next one ready, while the others go on.
//
// Thread rule: safe from any thread; it starts threads of its own and joins them before it returns.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/chunk_store.h"
#include "data/corpus_counts.h"
#include "data/corpus_files.h"
#include "data/type_counter.h"
#include "proto/job.pb.h"

namespace shoal {

struct ScannedCorpus {
  std::unique_ptr<ChunkStore> store;
  std::vector<ChunkPlace> chunks;      // In the order of the corpus.
  std::unique_ptr<TypeCounter> types;  // Null where the corpus has a vocabulary of its own.
  CorpusCounts counts;
};

struct ScanOptions {
  job::Corpus corpus;
  uint32_t threads = 1;
  std::string spill_folder;
  size_t chunk_bytes = 0;  // 0: kChunkBytes.
  // Of the files' bytes, from one thread at a time.
  std::function<void(double fraction)> progress;
  // Null, or true once the caller wants no more: Aborted.
  const std::atomic<bool>* give_up = nullptr;
};

absl::StatusOr<ScannedCorpus> ScanCorpus(const std::vector<FoundFile>& files, const ScanOptions& options);

}  // namespace shoal
