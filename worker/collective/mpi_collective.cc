#include "worker/collective/mpi_collective.h"

#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <limits>

#include "common/clock.h"
#include "common/status.h"
#include "common/transport/backoff.h"

namespace shoal {
namespace {

// MPI counts in int: longer spans go in parts.
constexpr size_t kMostFloats = size_t{1} << 28;
// Tag of the call that makes the communicator; the endpoint's tags are below.
constexpr int kTag = 4711;

absl::Status FromMpi(int code, std::string_view what) {
  if (code == MPI_SUCCESS) return absl::OkStatus();
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  return Internal(what, ": ", std::string_view(text, length));
}

class MpiCollective final : public Collective {
 public:
  MpiCollective(MPI_Comm communicator, absl::Duration timeout) : communicator_(communicator), timeout_(timeout) {
    MPI_Comm_rank(communicator_, &rank_);
    MPI_Comm_size(communicator_, &size_);
    MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN);
  }

  // The communicator is left to MPI_Finalize: to free it is a collective call, and the others may be gone.
  ~MpiCollective() override = default;

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  absl::Status AllReduce(std::span<float> values) override {
    RETURN_IF_ERROR(StartAllReduce(values));
    return Wait();
  }

  absl::Status StartAllReduce(std::span<float> values) override {
    for (size_t at = 0; at < values.size(); at += kMostFloats) {
      const std::span<float> part = values.subspan(at, std::min(kMostFloats, values.size() - at));
      RETURN_IF_ERROR(FromMpi(MPI_Iallreduce(MPI_IN_PLACE, part.data(), static_cast<int>(part.size()), MPI_FLOAT,
                                             MPI_SUM, communicator_, NewRequest()),
                              "MPI_Iallreduce"));
    }
    return Look("all-reduce").status();
  }

  absl::Status Wait() override { return WaitFor("all-reduce"); }

  absl::Status AllGather(std::span<const float> mine, std::span<float> all) override {
    if (all.size() != mine.size() * size_ || mine.size() > kMostFloats) {
      return Internal("all-gather of ", mine.size(), " floats of ", size_, " workers into ", all.size());
    }
    const int count = static_cast<int>(mine.size());
    RETURN_IF_ERROR(FromMpi(
        MPI_Iallgather(mine.data(), count, MPI_FLOAT, all.data(), count, MPI_FLOAT, communicator_, NewRequest()),
        "MPI_Iallgather"));
    return WaitFor("all-gather");
  }

  absl::Status Broadcast(std::span<float> values, int root) override {
    for (size_t at = 0; at < values.size(); at += kMostFloats) {
      const std::span<float> part = values.subspan(at, std::min(kMostFloats, values.size() - at));
      RETURN_IF_ERROR(
          FromMpi(MPI_Ibcast(part.data(), static_cast<int>(part.size()), MPI_FLOAT, root, communicator_, NewRequest()),
                  "MPI_Ibcast"));
    }
    return WaitFor("broadcast");
  }

  absl::Status Barrier() override {
    RETURN_IF_ERROR(FromMpi(MPI_Ibarrier(communicator_, NewRequest()), "MPI_Ibarrier"));
    return WaitFor("barrier");
  }

  void Abort() override { aborted_ = true; }

 private:
  MPI_Request* NewRequest() {
    requests_.push_back(MPI_REQUEST_NULL);
    return &requests_.back();
  }

  // Whether all that was started is done.
  absl::StatusOr<bool> Look(std::string_view what) {
    if (aborted_) return Aborted("the worker was told to stop in the middle of an ", what);
    int done = 0;
    RETURN_IF_ERROR(
        FromMpi(MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE), what));
    if (done) requests_.clear();
    return done != 0;
  }

  absl::Status WaitFor(std::string_view what) {
    const absl::Time start = clock_.Now();
    Backoff backoff;
    for (absl::Time last = start;;) {
      ASSIGN_OR_RETURN(const bool done, Look(what));
      if (done) return absl::OkStatus();
      const absl::Time now = clock_.Now();
      if (now - start > timeout_) {
        return DeadlineExceeded("worker ", rank_, " waited ", absl::FormatDuration(timeout_), " in an ", what,
                                " for the other ", size_ - 1, " workers");
      }
      backoff.Waited(now - last);
      last = now;
      Backoff::Pause(backoff.NextPause(timeout_, Backoff::Watching::kReceive));
    }
  }

  const MPI_Comm communicator_;
  const absl::Duration timeout_;
  Clock& clock_ = Clock::Real();
  int rank_ = 0, size_ = 1;
  std::vector<MPI_Request> requests_;
  std::atomic<bool> aborted_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Collective>> MakeMpiCollective(const std::vector<int>& ranks, absl::Duration timeout) {
  if (ranks.size() == 1) return MakeCollectiveOfOne();
  int provided = MPI_THREAD_SINGLE;
  RETURN_IF_ERROR(FromMpi(MPI_Query_thread(&provided), "MPI_Query_thread"));
  if (provided != MPI_THREAD_MULTIPLE) {
    return FailedPrecondition("this MPI was started without MPI_THREAD_MULTIPLE, which several image workers need");
  }
  MPI_Group world, workers;
  RETURN_IF_ERROR(FromMpi(MPI_Comm_group(MPI_COMM_WORLD, &world), "MPI_Comm_group"));
  RETURN_IF_ERROR(
      FromMpi(MPI_Group_incl(world, static_cast<int>(ranks.size()), ranks.data(), &workers), "MPI_Group_incl"));
  MPI_Comm communicator = MPI_COMM_NULL;
  RETURN_IF_ERROR(
      FromMpi(MPI_Comm_create_group(MPI_COMM_WORLD, workers, kTag, &communicator), "MPI_Comm_create_group"));
  MPI_Group_free(&workers);
  MPI_Group_free(&world);
  return std::make_unique<MpiCollective>(communicator, timeout);
}

}  // namespace shoal
