// Backbone: a trained encoder read from its file, for its features: kNN, probes and other evaluations. Torch stays
// behind it.
//
// Thread rule: one owner at a time; Torch's threads are its own, `threads` of them, for the whole process.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/models/backbone_description.h"

namespace shoal {

class Backbone {
 public:
  // As ReadSafeTensors; DataLoss names the tensor or the entry of the metadata that does not fit.
  static absl::StatusOr<std::unique_ptr<Backbone>> Load(const std::string& path, int threads);
  virtual ~Backbone() = default;

  virtual const BackboneDescription& description() const = 0;
  virtual int64_t features() const = 0;

  // Features [n, features()] of `pictures` [n, size, size, 3], normalised as the description says. The pictures are
  // taken in batches, so n has no limit.
  virtual absl::Status Features(std::span<const float> pictures, std::span<float> features) = 0;
};

}  // namespace shoal
