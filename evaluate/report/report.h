// report.html: one page that tells how a run went and what its vectors know: loss and speed over time, figures, a map
// of words, neighbours, phases, the job.
//
// The page stands alone: no script, no font, no image from elsewhere; it can be mailed or kept. All text that comes out
// of the run is escaped.
//
// Pure functions but for the file; safe from any thread.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "data/word_vectors.h"
#include "evaluate/report/run_record.h"

namespace shoal {

inline constexpr std::string_view kReportFileName = "report.html";

// `vectors` may be null: a run that did not come to its export.
std::string ReportPage(const RunRecord& record, const WordVectors* vectors);

// Reads the output folder `directory` and writes its report.html. Returns the path. NotFound: no folder, or nothing of
// a run in it.
absl::StatusOr<std::string> WriteReport(const std::string& directory);

}  // namespace shoal
