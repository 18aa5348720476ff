// Control messages that several tests of the transport send, and the text of what comes of them.
//
// Pure functions; safe from any thread.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/text.h"
#include "proto/wire.pb.h"

namespace shoal {

inline std::string Text(const absl::Status& status) { return std::string(ToStd(status.message())); }

inline wire::ControlMessage Heartbeat() {
  wire::ControlMessage message;
  message.mutable_heartbeat();
  return message;
}

inline wire::ControlMessage Stop(const std::string& reason) {
  wire::ControlMessage message;
  message.mutable_stop()->set_reason(reason);
  return message;
}

}  // namespace shoal
