// Text helpers that bridge std::string_view and Abseil, whose string_view is a type of its own in Debian's build.
// Pure functions; safe from any thread.

#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace shoal {

template <typename T>
decltype(auto) ForAbsl(T&& value) {
  if constexpr (std::is_same_v<std::decay_t<T>, std::string_view>) {
    return absl::string_view(value.data(), value.size());
  } else {
    return std::forward<T>(value);
  }
}

inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

// absl::StrCat that takes std::string_view too.
template <typename... Args>
std::string Cat(Args&&... args) {
  return absl::StrCat(ForAbsl(std::forward<Args>(args))...);
}

}  // namespace shoal
