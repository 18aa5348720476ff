// FlushTables: until the servers have applied all that a worker committed and pushed, to any of its tables.
//
// Thread rule: the worker's thread.

#pragma once

#include "absl/status/status.h"
#include "common/status.h"
#include "paramserver/client.h"
#include "proto/wire.pb.h"

namespace shoal {

inline absl::Status FlushTables(const wire::Welcome& welcome, ParameterClient* client) {
  for (int i = 0; i < welcome.table_size(); ++i) {
    RETURN_IF_ERROR(client->table(i).Flush()) << "table " << welcome.table(i).name();
  }
  return absl::OkStatus();
}

}  // namespace shoal
