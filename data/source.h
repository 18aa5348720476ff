// Source: a data set cut into units of work, the things that a coordinator leases to workers.
//
// A unit is a half-open range of the set's items (sentences, images, nodes). The cut depends on the data and the job
// only, so that every rank that opens the same set sees the same units. What a unit's items are is the subclass's
// business: the objective that trains on it opens the subclass it knows.
//
// Thread rule: immutable after opening; safe from any thread.
// Implementations: TokenFile (token_file.h), ImageFile (images/image_file.h).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shoal {

struct Unit {
  uint64_t begin = 0;  // First item.
  uint64_t end = 0;    // One past the last item.
  uint64_t work = 0;   // What the learning rate and the progress count: words of text, images, walks. Positive.
};

class Source {
 public:
  virtual ~Source() = default;

  // All units of one pass over the data, in the order of the items; they cover it without gap or overlap.
  // `work_per_unit` is what a unit should hold about; an item is never cut.
  virtual std::vector<Unit> Units(uint64_t work_per_unit) const = 0;

  // Work of one pass.
  virtual uint64_t total_work() const = 0;

  // Of all that training sees of it: equal for equal data, wherever that lies. A checkpoint is of one fingerprint.
  virtual uint64_t fingerprint() const = 0;

  // For logs and reports: "69397 words, 17.9 M tokens, 18430 sentences".
  virtual std::string Describe() const = 0;
};

}  // namespace shoal
