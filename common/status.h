// Errors as values: absl::Status with context added on the way up, and short makers for the usual codes.
//
//   RETURN_IF_ERROR(queue->Append(keys)) << "keys of worker " << rank;
//   ASSIGN_OR_RETURN(auto file, MappedFile::Open(path));
//   return InvalidArgument("objective.skip_gram.dim is ", dim, ", not in 1..65536");
//
// A message names what, which, expected, got and the cure, once, at the place that knows. Shoal never throws; libraries
// that do are caught at named seams. Everything here is safe from any thread.

#pragma once

#include <exception>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/text.h"

namespace shoal {

template <typename... Args>
absl::Status InvalidArgument(Args&&... args) {
  return absl::InvalidArgumentError(Cat(std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status NotFound(Args&&... args) {
  return absl::NotFoundError(Cat(std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status FailedPrecondition(Args&&... args) {
  return absl::FailedPreconditionError(Cat(std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status ResourceExhausted(Args&&... args) {
  return absl::ResourceExhaustedError(Cat(std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status DeadlineExceeded(Args&&... args) {
  return absl::DeadlineExceededError(Cat(std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status Unavailable(Args&&... args) {
  return absl::UnavailableError(Cat(std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status Aborted(Args&&... args) {
  return absl::AbortedError(Cat(std::forward<Args>(args)...));
}
// Stored or received bytes that are not what they should be.
template <typename... Args>
absl::Status DataLoss(Args&&... args) {
  return absl::DataLossError(Cat(std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status Internal(Args&&... args) {
  return absl::InternalError(Cat(std::forward<Args>(args)...));
}

// What `function` returns, a Status or StatusOr; Internal with an exception's words where it throws, as libraries do.
template <typename Function>
auto Caught(const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& error) {
    return Internal(error.what());
  }
}

// "what: strerror(error)", with the code that fits `error` (an errno value).
absl::Status ErrnoError(int error, std::string what);

// A status on its way up; what is streamed in stands before the message, "context: message". An OK status, the common
// case, costs a test: the stream is made by the first part of a context.
class StatusContext {
 public:
  explicit StatusContext(absl::Status status) : status_(std::move(status)) {}

  bool ok() const { return status_.ok(); }

  template <typename T>
  StatusContext& operator<<(const T& part) {
    if (context_ == nullptr) context_ = std::make_unique<std::ostringstream>();
    *context_ << part;
    return *this;
  }

  operator absl::Status() const { return Build(); }  // NOLINT: so that `return status << ...` reads naturally.
  template <typename T>
  operator absl::StatusOr<T>() const {  // NOLINT
    return Build();
  }

 private:
  absl::Status Build() const;

  absl::Status status_;
  std::unique_ptr<std::ostringstream> context_;
};

}  // namespace shoal

#define RETURN_IF_ERROR(expression)                                                         \
  if (::shoal::StatusContext shoal_status_context(expression); shoal_status_context.ok()) { \
  } else /* NOLINT */                                                                       \
    return shoal_status_context

#define SHOAL_CONCAT_INNER(a, b) a##b
#define SHOAL_CONCAT(a, b) SHOAL_CONCAT_INNER(a, b)
#define ASSIGN_OR_RETURN(left, expression) \
  ASSIGN_OR_RETURN_IMPL(SHOAL_CONCAT(shoal_status_or_, __LINE__), left, expression)
#define ASSIGN_OR_RETURN_IMPL(name, left, expression) \
  auto name = (expression);                           \
  if (!name.ok()) return std::move(name).status();    \
  left = std::move(name).value()
