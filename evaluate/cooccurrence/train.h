// Trains word vectors by counting: corpus -> context counts -> PPMI -> truncated SVD -> an output folder like that of
// any training (docs/formats/log.md): job.textproto, vectors.bin, vocabulary.txt, log.jsonl,
// result.json.
//
// Thread rule: one call an output folder at a time; it starts threads of its own and joins them.
// Source: Levy, Goldberg and Dagan 2015; the parts name theirs.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/clock.h"
#include "proto/job.pb.h"

namespace shoal {

// `job` is valid by ValidateJob and has an objective.cooccurrence and a data.corpus; data.corpus.threads is the number
// of threads. Errors name the field or the file; result.json tells them too, once the folder is there. Deterministic:
// the same job gives the same vectors, whatever the number of threads.
absl::Status TrainCooccurrence(const job::Job& job, const std::string& output_directory, Clock* clock);

}  // namespace shoal
