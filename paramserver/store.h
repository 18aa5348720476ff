// Store: something a parameter server holds for its job: a table of rows, later a feature queue or a momentum encoder.
//
// The server's event loop owns its stores and is the only thread that calls them. A request's bytes come from another
// process and are not trusted: a store checks everything it reads from them.
//
// Implementations: Table (table.h).

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/buffer.h"

namespace shoal {

struct RowRequest;  // paramserver/messages.h

class Store {
 public:
  virtual ~Store() = default;

  virtual const std::string& name() const = 0;

  // Carries out `request`, which the server has checked for form and for being new, and returns the answer's payload.
  // InvalidArgument: the request does not fit this store; nothing was changed then.
  virtual absl::StatusOr<Buffer> Handle(const RowRequest& request) = 0;

  virtual uint64_t rows() const = 0;
  virtual uint64_t bytes() const = 0;
};

}  // namespace shoal
