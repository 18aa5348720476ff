// Store: something a parameter server holds for its job: a table of rows, as the key encoder, the queue and the memory
// bank of image encoders are too (common/job/tables.h).
//
// The server's event loop owns its stores and is the only thread that calls them, but for Save and layout. A request's
// bytes come from another process and are not trusted: a store checks everything it reads from them.
//
// Implementations: Table (table.h).

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/buffer.h"
#include "common/checkpoint/shard_file.h"

namespace shoal {

struct RowRequest;  // paramserver/messages.h

class Store {
 public:
  virtual ~Store() = default;

  virtual const std::string& name() const = 0;

  // Whether Handle would carry out this push later, whatever comes before it. InvalidArgument, ResourceExhausted: no.
  virtual absl::Status Check(const RowRequest& push) = 0;

  // Carries out `request`, which the server has checked for form and for being new, and returns the answer's payload.
  // InvalidArgument: the request does not fit this store; nothing was changed then.
  virtual absl::StatusOr<Buffer> Handle(const RowRequest& request) = 0;

  // What a store must be to load another's shards, in words that are equal for equals: "table of 100 rows of ...".
  virtual std::string layout() const = 0;

  // Copies what the store holds into memory of its own, for a checkpoint: some milliseconds' worth a call; true when
  // the copy is whole. The first call after that begins a new one. Nothing changes the store between two calls.
  // ResourceExhausted: there is no memory for the copy.
  virtual absl::StatusOr<bool> FreezeSome() = 0;

  // Writes the whole copy. From another thread than the store's own, which goes on meanwhile but for FreezeSome.
  virtual absl::Status Save(ShardWriter* writer) const = 0;

  // Takes in what belongs on this server of a block that Save wrote, on whatever server of however many. DataLoss: it
  // is no such block.
  virtual absl::Status Load(std::string_view block) = 0;

  virtual uint64_t rows() const = 0;
  virtual uint64_t bytes() const = 0;
  // Pushed rows that were dropped because a value of theirs was not finite.
  virtual uint64_t nonfinite_rows() const = 0;
};

}  // namespace shoal
