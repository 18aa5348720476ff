#include "paramserver/row_service.h"

#include <utility>

#include "common/status.h"
#include "common/transport/control.h"
#include "proto/wire.pb.h"

namespace shoal {

RowService::Outcome RowService::Handle(int client, const Buffer& message) {
  const auto request = ParseRowRequest(message);
  const RowHeader header = request.ok() ? request->header : PeekRowHeader(message);
  Outcome outcome{.kind = header.kind, .table = header.table, .rows = header.count};
  auto answer = request.ok() ? Answer(client, *request, &outcome.repeated) : request.status();
  outcome.code = answer.status().code();
  outcome.answer = answer.ok() ? *std::move(answer) : MakeErrorAnswer(header, answer.status());
  return outcome;
}

absl::StatusOr<Buffer> RowService::Answer(int client, const RowRequest& request, bool* repeated) {
  const RowHeader& header = request.header;
  if (header.kind == RowKind::kHello) return Open(client, request);
  const auto session = sessions_.find(client);
  if (session == sessions_.end() || session->second.number != header.session) {
    return FailedPrecondition("rank ", client, " has no open session ", header.session, ": it must say hello first");
  }
  if (header.table >= stores_.size()) {
    return InvalidArgument("there is no table ", header.table, "; this server has ", stores_.size());
  }
  if (header.kind == RowKind::kPull) return stores_[header.table]->Handle(request);
  return AnswerPush(&session->second, request, repeated);
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

absl::StatusOr<Buffer> RowService::AnswerPush(Session* session, const RowRequest& push, bool* repeated) {
  const RowHeader& header = push.header;
  switch (session->pushes.Look(header.id)) {
    case PushWindow::State::kApplied:
      *repeated = true;
      return MakePushAnswer(header);
    case PushWindow::State::kTooOld:
      return FailedPrecondition("push ", header.id, " is more than ", PushWindow::kIds,
                                " requests behind: whether it was applied is not known any more");
    case PushWindow::State::kUnknown:
      break;
  }
  ASSIGN_OR_RETURN(Buffer answer, stores_[header.table]->Handle(push));
  session->pushes.SetApplied(header.id);
  return answer;
}

}  // namespace shoal
