#include "paramserver/row_service.h"

#include <utility>

#include "common/status.h"
#include "common/transport/control.h"
#include "proto/wire.pb.h"

namespace shoal {

RowService::Outcome RowService::Handle(int client, Buffer message) {
  const auto request = ParseRowRequest(message);
  const RowHeader header = request.ok() ? request->header : PeekRowHeader(message);
  Outcome outcome{.kind = header.kind, .table = header.table, .rows = header.count};
  auto answer = request.ok() ? Answer(client, *request, &message, &outcome) : request.status();
  outcome.code = answer.status().code();
  outcome.answer = answer.ok() ? *std::move(answer) : MakeErrorAnswer(header, answer.status());
  return outcome;
}

absl::StatusOr<Buffer> RowService::Answer(int client, const RowRequest& request, Buffer* message, Outcome* outcome) {
  const RowHeader& header = request.header;
  if (header.kind == RowKind::kHello) return Open(client, request);
  const auto session = sessions_.find(client);
  if (session == sessions_.end() || session->second.number != header.session) {
    return FailedPrecondition("rank ", client, " has no open session ", header.session, ": it must say hello first");
  }
  if (header.table >= stores_.size()) {
    return InvalidArgument("there is no table ", header.table, "; this server has ", stores_.size());
  }
  if (header.kind == RowKind::kPull) return AnswerPull(client, request, message, outcome);
  return AnswerOnce(client, &session->second, request, message, outcome);
}

absl::StatusOr<Buffer> RowService::Open(int client, const RowRequest& hello) {
  wire::RowsHello told;
  if (!told.ParseFromArray(hello.text.data(), static_cast<int>(hello.text.size()))) {
    return InvalidArgument("rank ", client, " sent a hello that is no RowsHello");
  }
  if (told.protocol_version() != kProtocolVersion) {
    return FailedPrecondition("rank ", client, " speaks protocol version ", told.protocol_version(), ", this server ",
                              kProtocolVersion, ": all ranks must run the same build");
  }
  if (told.job_token() != place_.job_token) {
    return absl::PermissionDeniedError(Cat("rank ", client, " does not carry this job's token"));
  }
  Session& session = sessions_[client];
  if (session.number != hello.header.session) session = {hello.header.session, {}};
  wire::RowsHelloReply reply;
  reply.set_protocol_version(kProtocolVersion);
  reply.set_server(place_.server);
  reply.set_servers(place_.servers);
  reply.set_tables(static_cast<uint32_t>(stores_.size()));
  return MakeHelloAnswer(hello.header, reply.SerializeAsString());
}

absl::StatusOr<Buffer> RowService::AnswerPull(int client, const RowRequest& pull, Buffer* message, Outcome* outcome) {
  if (pull.header.round > 0) {
    ASSIGN_OR_RETURN(const bool due, rounds_.IsPullDue(pull.header));
    if (!due) return Defer(client, message, outcome);
  }
  return stores_[pull.header.table]->Handle(pull);
}

absl::StatusOr<Buffer> RowService::Defer(int client, Buffer* message, Outcome* outcome) {
  RETURN_IF_ERROR(rounds_.Wait(client, std::move(*message)));
  outcome->waits = true;
  return Buffer();
}

absl::StatusOr<Buffer> RowService::AnswerOnce(int client, Session* session, const RowRequest& request, Buffer* message,
                                              Outcome* outcome) {
  const RowHeader header = request.header;
  switch (session->pushes.Look(header.id)) {
    case PushWindow::State::kApplied:
      outcome->repeated = true;
      return MakeDoneAnswer(header);
    case PushWindow::State::kTooOld:
      return FailedPrecondition("push ", header.id, " is more than ", PushWindow::kIds,
                                " requests behind: whether it was applied is not known any more");
    case PushWindow::State::kUnknown:
      break;
  }
  // Its worker had all rows of the turn from servers that are at that round already.
  if (header.kind == RowKind::kEndTurn && rounds_.IsAhead(header)) return Defer(client, message, outcome);
  ASSIGN_OR_RETURN(Buffer answer, header.kind == RowKind::kEndTurn ? EndTurn(header)
                                  : header.round > 0               ? Keep(request, message)
                                                                   : stores_[header.table]->Handle(request));
  session->pushes.SetApplied(header.id);
  return answer;
}

absl::StatusOr<Buffer> RowService::Keep(const RowRequest& push, Buffer* message) {
  const RowHeader header = push.header;
  RETURN_IF_ERROR(stores_[header.table]->Check(push));
  RETURN_IF_ERROR(rounds_.Keep(header, std::move(*message)));
  RETURN_IF_ERROR(ApplyWhole());
  return MakeDoneAnswer(header);
}

absl::StatusOr<Buffer> RowService::EndTurn(const RowHeader& header) {
  RETURN_IF_ERROR(rounds_.End(header));
  RETURN_IF_ERROR(ApplyWhole());
  return MakeDoneAnswer(header);
}

absl::Status RowService::ApplyWhole() {
  for (const Buffer& message : rounds_.TakeWhole()) {
    ASSIGN_OR_RETURN(const RowRequest push, ParseRowRequest(message));
    RETURN_IF_ERROR(stores_[push.header.table]->Handle(push).status());
  }
  return absl::OkStatus();
}

}  // namespace shoal
