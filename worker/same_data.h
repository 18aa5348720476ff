// CheckSameData: that a worker's prepared file holds what the coordinator prepared.
//
// Pure; safe from any thread.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/status.h"
#include "data/source.h"
#include "proto/wire.pb.h"

namespace shoal {

// FailedPrecondition: another job has put another file in its place since, or it lies on this host only.
inline absl::Status CheckSameData(const wire::Welcome& welcome, const Source& data) {
  if (!welcome.has_data_fingerprint() || welcome.data_fingerprint() == data.fingerprint()) return absl::OkStatus();
  return FailedPrecondition(welcome.data_file(), " holds ", data.Describe(),
                            ", which is not what the coordinator prepared: another job has prepared other data to this "
                            "place since, or this host has a file of its own there. Start the job again, with a cache "
                            "folder (cache_directory of its data) that all hosts share");
}

}  // namespace shoal
