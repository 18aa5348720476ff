// Row messages: how workers ask servers for rows and send their changes. Flat and binary, since they carry all the
// traffic; control messages are protobuf. Grammar: docs/formats/rows.md.
//
// Every message is a RowHeader and a body whose size follows from the header exactly; anything else is refused. Rows
// travel padded to whole cache lines, as tables hold them, so that both ends compute on them where they arrived. There
// is no checksum: MPI's transports are reliable, and a pass over the bytes would cost as much as gathering the rows.
//
// Pure functions; safe from any thread.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/buffer.h"

namespace shoal {

enum class RowKind : uint8_t {
  kHello = 1,          // RowsHello; answered by RowsHelloReply
  kPull = 2,           // keys; answered by their rows
  kPushChanges = 3,    // keys and rows that are added to the weights
  kPushGradients = 4,  // keys and rows that the row optimizer takes, once each
  kEndTurn = 5,        // all of a turn was sent; of strict determinism (rounds.h)
};
std::string_view RowKindName(RowKind kind);
constexpr bool IsPush(RowKind kind) { return kind == RowKind::kPushChanges || kind == RowKind::kPushGradients; }

// A pull's answer and a push may hold no more rows than fit Endpoint::kMaxMessageBytes, nor more than these.
inline constexpr uint32_t kMaxRowsPerMessage = 1 << 20;
// Hello's payload and an error's text.
inline constexpr uint32_t kMaxTextBytes = 4096;

// As it lies in a message, little-endian.
struct RowHeader {
  uint32_t magic = 0;
  uint16_t version = 0;
  RowKind kind = RowKind::kHello;
  uint8_t reserved = 0;
  // Chosen at random by the client for each connection; known to the server since its Hello.
  uint64_t session = 0;
  // Of the request within its session and server, from 1, rising. An answer repeats it; so does a retry.
  uint64_t id = 0;
  uint32_t table = 0;
  uint32_t count = 0;       // Rows; of kEndTurn, the turn's pushes to this server.
  uint32_t row_floats = 0;  // Floats of a row in this message, padding included.
  float learning_rate = 0;  // Of kPushGradients.
  uint32_t status = 0;      // Answers: an absl::StatusCode.
  uint32_t text_bytes = 0;  // Of Hello's protobuf, or of an error's text.
  uint64_t round = 0;       // Of strict determinism, from 1 (wire::Turn); 0: the request belongs to no round.
  uint32_t turn = 0;        // From 0, below `turns`.
  uint32_t turns = 0;
};
inline constexpr size_t kRowHeaderBytes = 64;
static_assert(sizeof(RowHeader) == kRowHeaderBytes);

// A request, checked for form: the views lead into the message and live as long as it does.
struct RowRequest {
  RowHeader header;
  std::span<const uint64_t> keys;  // [count]
  const float* rows = nullptr;     // [count, row_floats], 64-byte aligned; pushes only
  std::string_view text;           // Hello only
};

// An answer, checked for form.
struct RowAnswer {
  RowHeader header;
  const float* rows = nullptr;  // [count, row_floats]; a pull's
  std::string_view text;        // Of Hello, or of an error.

  absl::Status status() const;
};

// InvalidArgument says what is wrong with the message. `message` is 64-byte aligned, as buffers are.
absl::StatusOr<RowRequest> ParseRowRequest(const Buffer& message);
absl::StatusOr<RowAnswer> ParseRowAnswer(const Buffer& message);

// The header of a message too broken to parse, as far as it is there: so that a refusal names the request's id.
RowHeader PeekRowHeader(const Buffer& message);

// Whole messages; magic and version are filled in. Of a push's, the rows are left for the caller to write.
Buffer MakeHello(RowHeader header, std::string_view payload);
Buffer MakePull(RowHeader header, std::span<const uint64_t> keys);
Buffer MakePush(RowHeader header, std::span<const uint64_t> keys);
Buffer MakeEndTurn(RowHeader header);
float* PushRows(Buffer* push);

// Answers to a request with `header`. Of a pull's, the rows are left for the caller to write.
Buffer MakePullAnswer(const RowHeader& header);
float* PullAnswerRows(Buffer* answer);
Buffer MakeHelloAnswer(const RowHeader& header, std::string_view payload);
Buffer MakeDoneAnswer(const RowHeader& header);  // Of a push, and of a turn's end.
Buffer MakeErrorAnswer(const RowHeader& header, const absl::Status& error);

}  // namespace shoal
