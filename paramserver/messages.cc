#include "paramserver/messages.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/status.h"
#include "common/transport/control.h"
#include "common/transport/endpoint.h"

namespace shoal {
namespace {

static_assert(std::endian::native == std::endian::little, "row messages are written as they lie in memory");

constexpr uint32_t kRowMagic = 0x57524853;  // "SHRW"

constexpr uint64_t KeyBytes(uint64_t count) { return (count * sizeof(uint64_t) + 63) / 64 * 64; }

constexpr uint64_t RowBytes(const RowHeader& header) {
  return uint64_t{header.count} * header.row_floats * sizeof(float);
}

Buffer MakeMessage(RowHeader header, uint64_t body_bytes) {
  header.magic = kRowMagic;
  header.version = kProtocolVersion;
  Buffer message(kRowHeaderBytes + body_bytes);
  std::memcpy(message.data(), &header, kRowHeaderBytes);
  return message;
}

Buffer MakeText(RowHeader header, std::string_view text) {
  text = text.substr(0, kMaxTextBytes);
  header.text_bytes = static_cast<uint32_t>(text.size());
  Buffer message = MakeMessage(header, text.size());
  std::copy(text.begin(), text.end(), reinterpret_cast<char*>(message.data() + kRowHeaderBytes));
  return message;
}

bool IsKnown(RowKind kind) { return kind >= RowKind::kHello && kind <= RowKind::kEndTurn; }

RowHeader AnswerHeader(const RowHeader& request) {
  RowHeader answer;
  answer.kind = IsKnown(request.kind) ? request.kind : RowKind::kHello;
  answer.session = request.session;
  answer.id = request.id;
  answer.table = request.table;
  return answer;
}

// The limits that keep every size below in 64 bits, and every answer within a message.
absl::StatusOr<RowHeader> CheckedHeader(const Buffer& message) {
  if (message.size() < kRowHeaderBytes) {
    return InvalidArgument("row message of ", message.size(), " bytes, shorter than its header of ", kRowHeaderBytes);
  }
  const RowHeader header = PeekRowHeader(message);
  if (header.magic != kRowMagic) return InvalidArgument("not a row message: its magic is ", header.magic);
  if (header.version != kProtocolVersion) {
    return FailedPrecondition("row message of protocol version ", header.version, ", expected ", kProtocolVersion,
                              ": all ranks must run the same build");
  }
  if (!IsKnown(header.kind)) {
    return InvalidArgument("row message of unknown kind ", static_cast<int>(header.kind));
  }
  if (header.count > kMaxRowsPerMessage) {
    return InvalidArgument("row message of ", header.count, " rows, more than ", kMaxRowsPerMessage);
  }
  if (kRowHeaderBytes + KeyBytes(header.count) + RowBytes(header) > Endpoint::kMaxMessageBytes) {
    return InvalidArgument("row message of ", header.count, " rows of ", header.row_floats,
                           " floats, which with its keys is more than a message's ", Endpoint::kMaxMessageBytes,
                           " bytes");
  }
  if (header.text_bytes > kMaxTextBytes) {
    return InvalidArgument("row message with ", header.text_bytes, " bytes of text, more than ", kMaxTextBytes);
  }
  return header;
}

absl::Status CheckSize(const Buffer& message, const RowHeader& header, uint64_t body_bytes) {
  if (message.size() == kRowHeaderBytes + body_bytes) return absl::OkStatus();
  return InvalidArgument("row message of kind ", RowKindName(header.kind), " with ", header.count, " rows of ",
                         header.row_floats, " floats is ", message.size(), " bytes long, expected ",
                         kRowHeaderBytes + body_bytes);
}

const float* Floats(const Buffer& message, uint64_t offset) {
  return reinterpret_cast<const float*>(message.data() + offset);
}

}  // namespace

std::string_view RowKindName(RowKind kind) {
  switch (kind) {
    case RowKind::kHello:
      return "hello";
    case RowKind::kPull:
      return "pull";
    case RowKind::kPushChanges:
      return "push changes";
    case RowKind::kPushGradients:
      return "push gradients";
    case RowKind::kEndTurn:
      return "end of turn";
  }
  return "unknown";
}

absl::Status RowAnswer::status() const {
  if (header.status == 0) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(header.status), absl::string_view(text.data(), text.size()));
}

RowHeader PeekRowHeader(const Buffer& message) {
  RowHeader header;
  if (!message.empty()) std::memcpy(&header, message.data(), std::min(message.size(), kRowHeaderBytes));
  return header;
}

absl::StatusOr<RowRequest> ParseRowRequest(const Buffer& message) {
  ASSIGN_OR_RETURN(const RowHeader header, CheckedHeader(message));
  RowRequest request{.header = header};
  if (header.kind == RowKind::kHello) {
    RETURN_IF_ERROR(CheckSize(message, header, header.text_bytes));
    request.text = message.view().substr(kRowHeaderBytes);
    return request;
  }
  if (header.kind == RowKind::kEndTurn) {
    RETURN_IF_ERROR(CheckSize(message, header, 0));
    return request;
  }
  const uint64_t key_bytes = KeyBytes(header.count);
  RETURN_IF_ERROR(CheckSize(message, header, key_bytes + (IsPush(header.kind) ? RowBytes(header) : 0)));
  request.keys = {reinterpret_cast<const uint64_t*>(message.data() + kRowHeaderBytes), header.count};
  if (IsPush(header.kind)) request.rows = Floats(message, kRowHeaderBytes + key_bytes);
  return request;
}

absl::StatusOr<RowAnswer> ParseRowAnswer(const Buffer& message) {
  ASSIGN_OR_RETURN(const RowHeader header, CheckedHeader(message));
  RowAnswer answer{.header = header};
  if (header.status != 0 || header.kind == RowKind::kHello) {
    RETURN_IF_ERROR(CheckSize(message, header, header.text_bytes));
    answer.text = message.view().substr(kRowHeaderBytes);
    return answer;
  }
  RETURN_IF_ERROR(CheckSize(message, header, header.kind == RowKind::kPull ? RowBytes(header) : 0));
  answer.rows = Floats(message, kRowHeaderBytes);
  return answer;
}

Buffer MakeHello(RowHeader header, std::string_view payload) {
  header.kind = RowKind::kHello;
  return MakeText(header, payload);
}

Buffer MakePull(RowHeader header, std::span<const uint64_t> keys) {
  header.kind = RowKind::kPull;
  header.count = static_cast<uint32_t>(keys.size());
  Buffer message = MakeMessage(header, KeyBytes(keys.size()));
  std::byte* body = message.data() + kRowHeaderBytes;
  std::memset(body + keys.size_bytes(), 0, KeyBytes(keys.size()) - keys.size_bytes());
  std::copy(keys.begin(), keys.end(), reinterpret_cast<uint64_t*>(body));
  return message;
}

Buffer MakePush(RowHeader header, std::span<const uint64_t> keys) {
  header.count = static_cast<uint32_t>(keys.size());
  Buffer message = MakeMessage(header, KeyBytes(keys.size()) + RowBytes(header));
  std::byte* body = message.data() + kRowHeaderBytes;
  std::memset(body + keys.size_bytes(), 0, KeyBytes(keys.size()) - keys.size_bytes());
  std::copy(keys.begin(), keys.end(), reinterpret_cast<uint64_t*>(body));
  return message;
}

Buffer MakeEndTurn(RowHeader header) {
  header.kind = RowKind::kEndTurn;
  return MakeMessage(header, 0);
}

float* PushRows(Buffer* push) {
  const uint64_t key_bytes = KeyBytes(PeekRowHeader(*push).count);
  return reinterpret_cast<float*>(push->data() + kRowHeaderBytes + key_bytes);
}

Buffer MakePullAnswer(const RowHeader& header) {
  RowHeader answer = AnswerHeader(header);
  answer.count = header.count;
  answer.row_floats = header.row_floats;
  return MakeMessage(answer, RowBytes(answer));
}

float* PullAnswerRows(Buffer* answer) { return reinterpret_cast<float*>(answer->data() + kRowHeaderBytes); }

Buffer MakeHelloAnswer(const RowHeader& header, std::string_view payload) {
  return MakeText(AnswerHeader(header), payload);
}

Buffer MakeDoneAnswer(const RowHeader& header) { return MakeMessage(AnswerHeader(header), 0); }

Buffer MakeErrorAnswer(const RowHeader& header, const absl::Status& error) {
  RowHeader answer = AnswerHeader(header);
  answer.status = static_cast<uint32_t>(error.code());
  return MakeText(answer, ToStd(error.message()));
}

}  // namespace shoal
