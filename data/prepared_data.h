// PrepareData: a job's data made ready for its workers, whatever it is: a file that they open, and the units of an
// epoch.
//
// A corpus becomes a token file (prepare.h), cut into units by WordsPerUnit of common/job/derived.h, and exports its
// vocabulary. Pictures become an image file (images/prepare_images.h), and an epoch's units are its steps: ranges of as
// many places as a step has pictures, in the order that the workers give the epoch (worker/images/epoch_order.h).
//
// Thread rule: as those of PrepareCorpus and PrepareImages.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/source.h"
#include "proto/job.pb.h"

namespace shoal {

// Writes what users take away of the data itself into a folder, and returns the paths.
using ExportedFiles = absl::StatusOr<std::vector<std::string>>;
using DataExport = std::function<ExportedFiles(const std::string& directory)>;

struct PreparedData {
  std::string file;  // Absolute path.
  bool reused = false;
  std::string why_rebuilt;    // Where a file of an earlier run was there and was not used.
  std::string description;    // Source::Describe.
  uint64_t items = 0;         // That tables may have a row for: words of the vocabulary, pictures.
  uint32_t picture_side = 0;  // Pictures' usual shorter side, in pixels.
  uint64_t fingerprint = 0;   // Of what is trained on; equal for equal data, wherever it lies.
  // Of encoder.evaluate_every: image files of the set to measure on (images/picture_sets.h), absolute paths.
  std::string watch_bank_file, watch_test_file;
  std::vector<Unit> units;
  // Run when all is trained, in a thread.
  DataExport export_data = [](const std::string&) { return std::vector<std::string>(); };
};

// `fraction` of `phase` is done. False: give up.
using PreparationProgress = std::function<bool(double fraction, std::string_view phase)>;

// Aborted: `progress` said to give up. Else the errors of PrepareCorpus and PrepareImages; InvalidArgument: there are
// too few words or pictures for the job.
absl::StatusOr<PreparedData> PrepareData(const job::Job& job, const std::string& cache_directory,
                                         const PreparationProgress& progress);

}  // namespace shoal
