#include <nccl.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "common/text.h"
#include "tests/fakes/fake_host.h"

namespace shoal {
namespace {

enum class Kind { kSum, kGather, kBroadcast };

// A call of all workers, as one of them makes it.
struct Call {
  Kind kind = Kind::kSum;
  const float* send = nullptr;
  float* receive = nullptr;
  size_t count = 0;
  int root = 0;
};

// Where the workers of a call bring their values.
struct Meeting {
  std::map<int, std::vector<float>> brought;  // By rank.
  int left = 0;
};

// The workers that were given one id.
struct Team {
  explicit Team(int size) : size(size) {}
  const int size;
  std::set<int> joined, finalized;
  std::map<int, Meeting> meetings;  // By the call's number.
  std::map<int, ncclComm*> members;
};

}  // namespace
}  // namespace shoal

// What NCCL's handle points at. All of it is read and changed with the host's lock.
struct ncclComm {
  int rank = 0;
  std::shared_ptr<shoal::Team> team;
  shoal::FakeNcclWorker worker;
  int calls = 0;
  int looks = 0;                   // That find it in progress.
  std::function<void()> enqueues;  // A call that is not yet on its stream.
  ncclResult_t state = ncclSuccess;
  std::string last_error;
  bool gone = false, finalizes = false;
};

namespace shoal {
namespace {

using Lock = std::unique_lock<std::mutex>;

// Those that NCCL has not been given back. Work on streams keeps its own.
std::map<ncclComm_t, std::shared_ptr<ncclComm>>& Communicators() {
  static auto& communicators = *new std::map<ncclComm_t, std::shared_ptr<ncclComm>>;
  return communicators;
}

std::map<std::string, std::shared_ptr<Team>>& Teams() {
  static auto& teams = *new std::map<std::string, std::shared_ptr<Team>>;
  return teams;
}

ncclResult_t Fail(ncclComm* communicator, ncclResult_t state, std::string why) {
  communicator->state = state;
  communicator->last_error = std::move(why);
  FakeHost::Get().changed.notify_all();
  return state;
}

void Note(const ncclComm& communicator, std::string call) {
  FakeHost::Get().calls[communicator.rank].push_back(std::move(call));
}

ncclResult_t StateOfJoining(ncclComm* communicator) {
  const FakeNcclWorker& worker = communicator->worker;
  if (communicator->looks-- > 0 || worker.never_joins) return ncclInProgress;
  if (!worker.join_failure.empty()) return Fail(communicator, ncclSystemError, worker.join_failure);
  Team& team = *communicator->team;
  team.joined.insert(communicator->rank);
  return team.joined.size() < team.size ? ncclInProgress : ncclSuccess;
}

ncclResult_t StateOf(ncclComm* communicator) {
  if (communicator->state != ncclSuccess) return communicator->state;
  const Team& team = *communicator->team;
  if (team.joined.size() < team.size) return StateOfJoining(communicator);
  if (communicator->finalizes) return team.finalized.size() < team.size ? ncclInProgress : ncclSuccess;
  if (communicator->enqueues == nullptr) return ncclSuccess;
  if (communicator->looks-- > 0) return ncclInProgress;
  std::exchange(communicator->enqueues, nullptr)();
  return ncclSuccess;
}

// What worker `rank` leaves a meeting with.
std::vector<float> Combined(const Meeting& meeting, const Call& call) {
  if (call.kind == Kind::kBroadcast) return meeting.brought.at(call.root);
  std::vector<float> all = meeting.brought.at(0);
  for (auto other = std::next(meeting.brought.begin()); other != meeting.brought.end(); ++other) {
    if (call.kind == Kind::kGather) {
      all.insert(all.end(), other->second.begin(), other->second.end());
    } else {
      std::ranges::transform(all, other->second, all.begin(), std::plus<>());
    }
  }
  return all;
}

// On the stream's thread: brings this worker's values, waits for the others', leaves with the result. Where that cannot
// be, keeps the stream busy until the communicator is gone, as a kernel does.
void Meet(const std::shared_ptr<ncclComm>& communicator, int number, const Call& call) {
  FakeHost& host = FakeHost::Get();
  Lock lock(host.mutex);
  const auto gone = [&] { return communicator->gone || host.let_go; };
  const FakeNcclWorker& worker = communicator->worker;
  Team& team = *communicator->team;
  if (number == worker.failing_call) Fail(communicator.get(), ncclSystemError, worker.failure);
  if (number == worker.failing_call || number == worker.hanging_call) {
    host.changed.wait(lock, gone);
    return;
  }
  Meeting& meeting = team.meetings[number];
  if (gone()) return;
  meeting.brought[communicator->rank].assign(call.send, call.send + call.count);
  host.changed.notify_all();
  host.changed.wait(lock, [&] { return meeting.brought.size() == team.size || gone(); });
  if (gone()) return;
  std::ranges::copy(Combined(meeting, call), call.receive);
  if (++meeting.left == team.size) team.meetings.erase(number);
}

ncclResult_t Enqueue(ncclComm_t handle, std::string name, const Call& call, cudaStream_t stream) {
  FakeHost& host = FakeHost::Get();
  const Lock lock(host.mutex);
  Note(*handle, Cat(name, " ", call.count));
  if (handle->state != ncclSuccess) return handle->state;
  // NCCL takes no call while one is not yet on its stream.
  if (handle->enqueues != nullptr) return Fail(handle, ncclInvalidUsage, "a call in progress");
  const int number = handle->calls++;
  auto enqueues = [communicator = Communicators().at(handle), number, call, stream = &FakeStream::Of(stream)] {
    stream->Put([communicator, number, call] { Meet(communicator, number, call); });
  };
  handle->looks = number == 0 ? handle->worker.looks_until_enqueued : 0;
  if (handle->looks == 0) {
    enqueues();
    return ncclSuccess;
  }
  handle->enqueues = std::move(enqueues);
  return ncclInProgress;
}

ncclResult_t GiveBack(ncclComm_t handle) {
  FakeHost& host = FakeHost::Get();
  handle->gone = true;
  handle->team->members.erase(handle->rank);
  host.held.erase(handle);
  --host.communicators;
  host.changed.notify_all();
  Communicators().erase(handle);
  return ncclSuccess;
}

}  // namespace
}  // namespace shoal

using shoal::Call;
using shoal::Cat;
using shoal::FakeHost;
using shoal::Kind;

const char* ncclGetErrorString(ncclResult_t result) {
  switch (result) {
    case ncclSystemError:
      return "unhandled system error (run with NCCL_DEBUG=INFO for details)";
    case ncclRemoteError:
      return "remote process exited or there was a network error";
    case ncclInvalidUsage:
      return "invalid usage (run with NCCL_DEBUG=WARN for details)";
    default:
      return "unknown result code";
  }
}

const char* ncclGetLastError(ncclComm_t communicator) {
  return communicator == nullptr ? "" : communicator->last_error.c_str();
}

// Of all kinds of bytes, so that an id that is not handed on exactly is another id.
ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  FakeHost& host = FakeHost::Get();
  const shoal::Lock lock(host.mutex);
  for (size_t i = 0; i < sizeof id->internal; ++i) id->internal[i] = static_cast<char>(2 * i);
  std::memcpy(id->internal, &host.ids, sizeof host.ids);
  ++host.ids;
  return ncclSuccess;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* communicator, int ranks, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  FakeHost& host = FakeHost::Get();
  const shoal::Lock lock(host.mutex);
  if (config->blocking != 0) return ncclInvalidUsage;
  auto made = std::make_shared<ncclComm>();
  std::shared_ptr<shoal::Team>& team = shoal::Teams()[std::string(id.internal, sizeof id.internal)];
  if (team == nullptr) team = std::make_shared<shoal::Team>(ranks);
  made->rank = rank;
  made->team = team;
  made->worker = host.settings.workers[rank];
  made->looks = made->worker.looks_until_joined;
  team->members[rank] = made.get();
  *communicator = made.get();
  shoal::Note(*made, "ncclCommInitRankConfig");
  host.held.insert(made.get());
  ++host.communicators;
  shoal::Communicators()[*communicator] = std::move(made);
  return ncclInProgress;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* error) {
  const shoal::Lock lock(FakeHost::Get().mutex);
  *error = shoal::StateOf(communicator);
  return ncclSuccess;
}

ncclResult_t ncclCommFinalize(ncclComm_t communicator) {
  const shoal::Lock lock(FakeHost::Get().mutex);
  shoal::Note(*communicator, "ncclCommFinalize");
  communicator->finalizes = true;
  communicator->team->finalized.insert(communicator->rank);
  return ncclInProgress;
}

ncclResult_t ncclCommDestroy(ncclComm_t communicator) {
  const shoal::Lock lock(FakeHost::Get().mutex);
  shoal::Note(*communicator, "ncclCommDestroy");
  return shoal::GiveBack(communicator);
}

ncclResult_t ncclCommAbort(ncclComm_t communicator) {
  FakeHost& host = FakeHost::Get();
  shoal::Lock lock(host.mutex);
  shoal::Note(*communicator, "ncclCommAbort");
  if (communicator->worker.abort_hangs) host.changed.wait(lock, [&] { return host.let_go; });
  // Who never joined has no connection to close.
  const bool joined = communicator->team->joined.contains(communicator->rank);
  for (const auto& [rank, member] : communicator->team->members) {
    if (joined && rank != communicator->rank && member->state == ncclSuccess) {
      shoal::Fail(member, ncclRemoteError, Cat("connection closed by rank ", communicator->rank));
    }
  }
  return shoal::GiveBack(communicator);
}

ncclResult_t ncclAllReduce(const void* send, void* receive, size_t count, ncclDataType_t /*type*/, ncclRedOp_t /*sum*/,
                           ncclComm_t communicator, cudaStream_t stream) {
  const Call call{Kind::kSum, static_cast<const float*>(send), static_cast<float*>(receive), count};
  return shoal::Enqueue(communicator, "ncclAllReduce", call, stream);
}

ncclResult_t ncclAllGather(const void* send, void* receive, size_t count, ncclDataType_t /*type*/,
                           ncclComm_t communicator, cudaStream_t stream) {
  const Call call{Kind::kGather, static_cast<const float*>(send), static_cast<float*>(receive), count};
  return shoal::Enqueue(communicator, "ncclAllGather", call, stream);
}

ncclResult_t ncclBroadcast(const void* send, void* receive, size_t count, ncclDataType_t /*type*/, int root,
                           ncclComm_t communicator, cudaStream_t stream) {
  const Call call{Kind::kBroadcast, static_cast<const float*>(send), static_cast<float*>(receive), count, root};
  return shoal::Enqueue(communicator, "ncclBroadcast", call, stream);
}
