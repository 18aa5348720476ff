// Invariants: what must be true of a job's output folder between two of its lives and at its end, whatever befell it.
//
// A job that counts its items trains item i by adding 1 to row i. So the rows of a checkpoint tell which units are in
// it, and its ledger must say the same; in the end every row must be the number of epochs.
//
// Thread rule: pure but for the file system they read; safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/file_system.h"
#include "proto/checkpoint.pb.h"
#include "proto/job.pb.h"

namespace shoal {

struct CountedData {
  uint64_t items = 0, items_of_a_unit = 0;
};

// Every checkpoint of `output` but `damaged` can be restored and holds what its ledger says; the newest of them is
// `at_least` or newer, where that is not 0.
absl::Status CheckCheckpoints(FileSystem* files, const std::string& output, const CountedData& data, uint64_t at_least,
                              uint64_t damaged);

// The rows that a job of `epochs` exported, in words.
absl::Status CheckFinalRows(const std::string& rows, const CountedData& data, uint32_t epochs);

// The checkpoints whose writing log.jsonl, or a part of it, tells of.
std::vector<uint64_t> AnnouncedIn(std::string_view log);

}  // namespace shoal
