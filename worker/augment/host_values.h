// OnDevice: values of the host as a tensor.
//
// Thread rule: pure function; safe from any thread. It throws as Torch does.

#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include <span>

namespace shoal {

// `values` in `shape`, of which one side may be -1, on `device`: a copy that is done when this returns, or with
// `non_blocking` on its way; on the CPU the values themselves. What the tensor still needs must outlive it, and is not
// to be written to through it.
template <typename T>
at::Tensor OnDevice(std::span<const T> values, at::IntArrayRef shape, at::Device device, bool non_blocking = false) {
  const auto count = static_cast<int64_t>(values.size());
  return at::from_blob(const_cast<T*>(values.data()), {count}, c10::CppTypeToScalarType<T>::value)
      .to(device, non_blocking)
      .view(shape);
}

}  // namespace shoal
