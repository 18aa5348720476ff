// Scenarios of MpiEndpoint between real processes: mpirun -np N endpoint_scenarios NAME. Exit code 0: all held.
//
// A rank that finds something wrong says what, and ends the whole job with exit code 1, so that no other rank waits
// for it. endpoint_test.py runs these and watches from outside.

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "common/random.h"
#include "common/status.h"
#include "common/transport/mpi_endpoint.h"

namespace shoal {
namespace {

// Below and above each size where Open MPI changes its protocol: 4 KiB in shared memory, 64 KiB by TCP.
constexpr size_t kSizes[] = {0, 1, 100, 4096, 4097, 65536, 65537, size_t{2} << 20, size_t{16} << 20};
constexpr Channel kChannelsInTurn[] = {Channel::kRowRequests, Channel::kControl, Channel::kRowResponses};

absl::Time After(absl::Duration duration) { return Clock::Real().Now() + duration; }
absl::Time Soon() { return After(absl::Seconds(60)); }

void Expect(MpiEndpoint& endpoint, bool holds, std::string_view what) {
  if (holds) return;
  LogError("does not hold: ", what);
  endpoint.Abort(1);
}

void ExpectOk(MpiEndpoint& endpoint, const absl::Status& status) {
  Expect(endpoint, status.ok(), ToStd(status.message()));
}

void ExpectDeadline(MpiEndpoint& endpoint, const absl::Status& status, const std::string& message) {
  Expect(endpoint, absl::IsDeadlineExceeded(status) && ToStd(status.message()) == message,
         Cat("\"", message, "\", but got \"", ToStd(status.message()), "\""));
}

void SendText(MpiEndpoint& endpoint, int to, std::string_view text) {
  ExpectOk(endpoint, endpoint.Send(to, Channel::kControl, Buffer::CopyOf(text), Soon()));
}

void AwaitText(MpiEndpoint& endpoint, std::string_view text) {
  const auto message = endpoint.Receive(Channel::kControl, Soon());
  ExpectOk(endpoint, message.status());
  Expect(endpoint, message->payload.view() == text, Cat(text, " was awaited"));
}

// Bytes that depend on the sender, the channel and the message's number.
Buffer Pattern(int from, Channel channel, size_t number) {
  Buffer buffer(kSizes[number]);
  CounterRandom random(StreamKey(StreamKey(from, static_cast<uint64_t>(channel)), number));
  for (size_t i = 0; i < buffer.size(); i += sizeof(uint64_t)) {
    const uint64_t bits = random.Next();
    std::memcpy(buffer.data() + i, &bits, std::min(sizeof(bits), buffer.size() - i));
  }
  return buffer;
}

// Every rank sends a message of every size on every channel to every rank, itself too, before it receives any; then
// each channel of each sender gives them unchanged and in order.
void Exchange(MpiEndpoint& endpoint) {
  for (size_t number = 0; number < std::size(kSizes); ++number) {
    for (const Channel channel : kChannelsInTurn) {
      for (int to = 0; to < endpoint.size(); ++to) {
        ExpectOk(endpoint, endpoint.Send(to, channel, Pattern(endpoint.rank(), channel, number), Soon()));
      }
    }
  }
  std::map<std::pair<int, Channel>, size_t> next;
  for (size_t left = std::size(kSizes) * std::size(kChannelsInTurn) * endpoint.size(); left > 0; --left) {
    const auto message = endpoint.ReceiveAny(Soon());
    ExpectOk(endpoint, message.status());
    const size_t number = next[{message->from, message->channel}]++;
    Expect(endpoint, message->payload.view() == Pattern(message->from, message->channel, number).view(),
           Cat("message ", number, " of rank ", message->from, " came unchanged and in its turn"));
  }
  ExpectOk(endpoint, endpoint.Flush(Soon()));
  Expect(endpoint, endpoint.queued_bytes() == 0, "nothing is queued after Flush");
}

// Rank 1 sends nothing and takes nothing until it is told to; rank 0's waits end in time and name it.
void Silent(MpiEndpoint& endpoint) {
  constexpr size_t kLarge = size_t{4} << 20;  // Too large to leave before the receiver asks for it.
  if (endpoint.rank() == 1) {
    AwaitText(endpoint, "take it");
    const auto rows = endpoint.Receive(Channel::kRowRequests, Soon());
    ExpectOk(endpoint, rows.status());
    Expect(endpoint, rows->payload.size() == kLarge, "the large message came whole");
    return;
  }
  const absl::Time start = Clock::Real().Now();
  ExpectDeadline(endpoint, endpoint.ReceiveAny(start + absl::Milliseconds(300)).status(),
                 "rank 0 received no message in time");
  const absl::Duration waited = Clock::Real().Now() - start;
  Expect(endpoint, waited >= absl::Milliseconds(300) && waited < absl::Seconds(5), "the deadline was kept");
  ExpectOk(endpoint, endpoint.Send(1, Channel::kRowRequests, Buffer(kLarge), Soon()));
  Expect(endpoint, endpoint.queued_bytes() == kLarge, "what was not taken is queued");
  ExpectDeadline(endpoint, endpoint.Flush(After(absl::Milliseconds(300))),
                 "rank 1 did not take 1 messages (4194304 bytes) of rank 0 in time");
  SendText(endpoint, 1, "take it");
  ExpectOk(endpoint, endpoint.Flush(Soon()));
}

void Refusals(MpiEndpoint& endpoint) {
  const auto send = [&](int to, size_t bytes) { return endpoint.Send(to, Channel::kControl, Buffer(bytes), Soon()); };
  Expect(endpoint, absl::IsInvalidArgument(send(endpoint.size(), 1)), "a rank past the last is refused");
  Expect(endpoint, absl::IsInvalidArgument(send(-1, 1)), "rank -1 is refused");
  Expect(endpoint, absl::IsInvalidArgument(send(0, Endpoint::kMaxMessageBytes + 1)), "a huge message is refused");
  Expect(endpoint, absl::IsFailedPrecondition(MpiEndpoint::Create(nullptr, nullptr).status()),
         "a second endpoint in one process is refused");
}

// The last rank dies; the others wait for it longer than the test's limit.
void Killed(MpiEndpoint& endpoint) {
  if (endpoint.rank() == endpoint.size() - 1) ::raise(SIGKILL);
  (void)endpoint.Receive(Channel::kControl, After(absl::Minutes(5)));
}

void Aborted(MpiEndpoint& endpoint) {
  if (endpoint.rank() == 0) endpoint.Abort(3);
  (void)endpoint.Receive(Channel::kControl, After(absl::Minutes(5)));
}

// Rank 0 leaves with a message that nobody will take.
void Abandoned(MpiEndpoint& endpoint) {
  if (endpoint.rank() == 0) {
    ExpectOk(endpoint, endpoint.Send(1, Channel::kRowRequests, Buffer(size_t{4} << 20), Soon()));
  }
}

// Rank 0 is never without a request while it answers, yet lets go of the answers that were taken.
void Busy(MpiEndpoint& endpoint) {
  constexpr int kRequests = 64, kUnderWay = 4;
  constexpr size_t kAnswer = size_t{1} << 20;
  if (endpoint.rank() == 1) {
    for (int i = 0; i < kRequests; ++i) SendText(endpoint, 0, "request");
    ExpectOk(endpoint, endpoint.Send(0, Channel::kRowRequests, Buffer(), Soon()));
    for (int i = 0; i < kRequests; ++i) ExpectOk(endpoint, endpoint.Receive(Channel::kRowResponses, Soon()).status());
    return;
  }
  ExpectOk(endpoint, endpoint.Receive(Channel::kRowRequests, Soon()).status());
  for (int i = 0; i < kRequests; ++i) {
    AwaitText(endpoint, "request");
    Expect(endpoint, endpoint.queued_bytes() <= kUnderWay * kAnswer, "answers that were taken are let go of");
    ExpectOk(endpoint, endpoint.Send(1, Channel::kRowResponses, Buffer(kAnswer), Soon()));
    // Until this one is taken or nearly so: what stays queued is what was not looked at.
    absl::SleepFor(absl::Milliseconds(20));
  }
  ExpectOk(endpoint, endpoint.Flush(Soon()));
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// Rank 0 and the others exchange heartbeats as in a job that has nothing else to do. Each must cost under 2 % of a
// core.
void Idle(MpiEndpoint& endpoint) {
  constexpr int kHeartbeats = 24;
  constexpr absl::Duration kInterval = absl::Milliseconds(250);
  const double before = CpuSeconds();
  for (int beat = 0; beat < kHeartbeats; ++beat) {
    for (int to = 0; to < endpoint.size(); ++to) {
      if ((endpoint.rank() == 0) != (to == 0)) SendText(endpoint, to, "heartbeat");
    }
    const absl::Time next = After(kInterval);
    while (Clock::Real().Now() < next) (void)endpoint.ReceiveAny(next);
  }
  const double share = (CpuSeconds() - before) / (kHeartbeats * absl::ToDoubleSeconds(kInterval));
  LogInfo("used ", 100 * share, " % of a core while idle");
  Expect(endpoint, share < 0.02, "an idle role costs under 2 % of a core");
}

int Run(int argc, char** argv) {
  const std::map<std::string_view, std::function<void(MpiEndpoint&)>> scenarios = {
      {"exchange", Exchange}, {"silent", Silent},       {"refusals", Refusals}, {"killed", Killed},
      {"aborted", Aborted},   {"abandoned", Abandoned}, {"busy", Busy},         {"idle", Idle},
  };
  const auto scenario = scenarios.find(argc == 2 ? argv[1] : "");
  if (scenario == scenarios.end()) {
    LogError("usage: endpoint_scenarios exchange|silent|refusals|killed|aborted|abandoned|busy|idle");
    return 2;
  }
  auto endpoint = MpiEndpoint::Create(&argc, &argv);
  if (!endpoint.ok()) {
    LogError(endpoint.status().message());
    return 1;
  }
  SetLogName(Cat("rank ", (*endpoint)->rank()));
  scenario->second(**endpoint);
  return 0;
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) { return shoal::Run(argc, argv); }
