// EncodeCorpus: a scanned corpus into the tokens of a token file, on several threads.
//
// Each thread turns the next chunk's own ids into the vocabulary's; the chunks are appended in the order of the corpus.
//
// Thread rule: safe from any thread; it starts threads of its own and joins them before it returns.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "data/corpus_scan.h"
#include "data/token_file_writer.h"
#include "data/vocabulary.h"

namespace shoal {

// Words outside `vocabulary` vanish; a sentence of none but such words does too. `progress` gets the fraction that is
// written, from one thread at a time. Aborted: `give_up` (may be null) became true.
absl::Status EncodeCorpus(const ScannedCorpus& corpus, const Vocabulary& vocabulary, uint32_t threads,
                          const std::function<void(double fraction)>& progress, const std::atomic<bool>* give_up,
                          TokenFileWriter* writer);

}  // namespace shoal
