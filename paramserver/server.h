// The parameter server: a single-threaded event loop over the tables it owns, as Redis is; more cores are more servers.
//
// Life: joins the job, makes the tables that Welcome lists or loads them from a checkpoint, answers Ready with their
// shared memory, then answers row requests until the coordinator says Stop. For a checkpoint it copies its tables while
// the workers pause, and a thread writes the copy (checkpoint_writer.h). Row requests are not trusted (row_service.h);
// none ends the server.
//
// Thread rule: one thread, the endpoint's.

#pragma once

#include "absl/status/status.h"
#include "common/platform.h"
#include "common/transport/endpoint.h"

namespace shoal {

// Runs one server to its end. OK: the coordinator stopped the job, which is done. Aborted: it stopped the job for the
// reason given. DeadlineExceeded: the coordinator fell silent. Its own failures it also reports to the coordinator.
absl::Status RunServer(Endpoint* endpoint, const Platform& platform);

}  // namespace shoal
