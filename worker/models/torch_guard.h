// TorchGuard: the seam where Torch's exceptions become absl::Status.
//
//   return TorchGuard("reading the features of 64 pictures", [&]() -> absl::Status { ... });
//
// Every public function of a class without Torch in its header runs its Torch code inside one.
// Thread rule: safe from any thread.

#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string_view>

#include "common/status.h"

namespace shoal {

// What `function` returns, a Status or StatusOr. Where it throws: Internal, "what: Torch's words", without the stack
// that Torch appends; ResourceExhausted where memory is at its end.
template <typename Function>
auto TorchGuard(std::string_view what, const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return ResourceExhausted(what, ": out of memory; a smaller batch or net needs less");
  } catch (const c10::OutOfMemoryError& error) {
    return ResourceExhausted(what,
                             ": out of memory; a smaller batch or net needs less: ", error.what_without_backtrace());
  } catch (const c10::Error& error) {
    return Internal(what, ": ", error.what_without_backtrace());
  } catch (const std::exception& error) {
    return Internal(what, ": ", error.what());
  }
}

}  // namespace shoal
