// BrokenCount: the pictures of a prepared set that turn out broken when they are read, and whether they are too many.
//
// A picture that every epoch meets anew counts once: what is bounded is a part of the set, not of a training's length.
//
// Thread rule: belongs to one thread at a time.

#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "absl/status/status.h"

namespace shoal {

class BrokenCount {
 public:
  // Of a set of `pictures`, of which the part `max_fraction` may be broken (data.images.max_broken_fraction), and never
  // all.
  BrokenCount(uint64_t pictures, double max_fraction);

  // Picture number `picture` cannot be read, and why. DataLoss where more are broken than may be; it names the first.
  absl::Status Add(uint64_t picture, const absl::Status& why);

  uint64_t count() const { return broken_.size(); }
  // Why the first that was met cannot be read, which names it; empty where none was.
  const std::string& first() const { return first_; }

 private:
  const uint64_t pictures_, most_;
  std::set<uint64_t> broken_;
  std::string first_;
};

}  // namespace shoal
