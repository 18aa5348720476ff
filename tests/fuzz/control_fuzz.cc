// Control messages of any bytes: ParseControl gives a message or DataLoss, and what it gives survives a round trip.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/transport/control.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto message = shoal::ParseControl(/*from=*/3, bytes);
  if (!message.ok()) {
    Require(absl::IsDataLoss(message.status()));
    return 0;
  }
  Require(shoal::KindName(*message) != "nothing");
  // Not byte for byte: protobuf takes fields in any order and drops what a later field of a oneof replaces.
  const std::string written = message->SerializeAsString();
  const auto again = shoal::ParseControl(/*from=*/3, written);
  Require(again.ok());
  Require(again->kind_case() == message->kind_case());
  Require(again->SerializeAsString() == written);
  return 0;
}
