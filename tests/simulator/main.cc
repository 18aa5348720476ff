// shoal-simulate: runs whole jobs in virtual time, each through what a seed has in store for it (simulation.h).
//
//   shoal-simulate --seed 7 [--verbose]            one; verbose: every message, file operation and log line
//   shoal-simulate --seeds 1:500 [--processes 2]   500 from 1 on, in so many processes
//
// The last line is "N seeds, N failed"; before it stands what happened in them, and for each failure what is not as it
// must be and the command that replays it. Exit code 1: a seed failed, or nothing happened; 2: used wrongly.

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "common/exit_codes.h"
#include "common/status.h"
#include "tests/simulator/simulation.h"

namespace shoal {
namespace {

// Of processor time for a seed, which takes some hundredths; a busy machine takes no part in it.
constexpr time_t kMostSeconds = 60;
// So many seeds have some of everything in store; of fewer it is no wonder that a thing did not happen.
constexpr uint64_t kSeedsWithEverything = 200;

struct CommandLine {
  std::string program;
  uint64_t first = 1, count = 0;
  uint32_t processes = std::max(1u, std::thread::hardware_concurrency());
  bool verbose = false;
};

struct Tally {
  SimulationCounts counts;
  uint64_t failed = 0;
};

absl::StatusOr<CommandLine> Parse(int argc, char** argv) {
  CommandLine line{.program = argv[0]};
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (flag == "--verbose") {
      line.verbose = true;
      continue;
    }
    ++i;
    const std::vector<std::string> range = absl::StrSplit(value, ':');
    const bool one = flag == "--seed" && absl::SimpleAtoi(value, &line.first);
    const bool many = flag == "--seeds" && range.size() == 2 && absl::SimpleAtoi(range[0], &line.first) &&
                      absl::SimpleAtoi(range[1], &line.count);
    if (one) line.count = 1;
    if (!one && !many && (flag != "--processes" || !absl::SimpleAtoi(value, &line.processes) || line.processes == 0)) {
      return InvalidArgument("cannot take ", flag, " ", value);
    }
  }
  if (line.count == 0) return InvalidArgument("no seed is given");
  line.processes = static_cast<uint32_t>(std::min<uint64_t>(line.processes, line.count));
  return line;
}

// Memory, where there is some: a simulation writes many small files that nobody reads again.
std::string ScratchFolder() {
  const std::string place = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : P_tmpdir;
  return Cat(place, "/shoal-simulate.", ::getpid());
}

void ShowFailure(const CommandLine& line, uint64_t seed, const std::string& what) {
  printf("seed %lu: %s\nreplay: %s --seed %lu --verbose\n", seed, what.c_str(), line.program.c_str(), seed);
  fflush(stdout);
}

// Every `processes`-th seed from the `part`-th on; `at` is the one at hand. One that computes too long, as a loop does
// that never looks at the clock, ends the process.
Tally RunPart(const CommandLine& line, uint32_t part, uint64_t* at) {
  Tally tally;
  for (uint64_t seed = line.first + part; seed < line.first + line.count; seed += line.processes) {
    *at = seed;
    const itimerval most = {.it_interval = {}, .it_value = {.tv_sec = kMostSeconds, .tv_usec = 0}};
    ::setitimer(ITIMER_PROF, &most, nullptr);
    const SimulationResult result = Simulate(seed, {.verbose = line.verbose, .scratch = ScratchFolder()});
    tally.counts.Add(result.counts);
    if (line.count == 1) printf("trace %016lx\n", result.trace);
    if (result.status.ok()) continue;
    ++tally.failed;
    ShowFailure(line, seed, std::string(ToStd(result.status.message())));
  }
  return tally;
}

// Roles log what befalls them, which only who looks at one seed wants to read.
void DropLog() {
  const int nowhere = ::open("/dev/null", O_WRONLY);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
}

// The threads of a simulation take turns: on one core a turn is handed over without waking another. Part `part` stays
// on one of those that this process may use.
void StayOnOneCore(uint32_t part) {
  cpu_set_t all;
  if (::sched_getaffinity(0, sizeof(all), &all) != 0) return;
  uint32_t before = part % CPU_COUNT(&all);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &all) || before-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    ::sched_setaffinity(0, sizeof(one), &one);
    return;
  }
}

// A process that ended without a tally counts as a failure.
Tally RunParts(const CommandLine& line) {
  // Shared, so that the seed that ended a process is known.
  auto* at = static_cast<uint64_t*>(
      ::mmap(nullptr, line.processes * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (at == MAP_FAILED) return {.counts = {}, .failed = 1};
  std::vector<std::pair<pid_t, int>> parts;
  for (uint32_t part = 0; part < line.processes; ++part) {
    int ends[2];
    if (::pipe(ends) != 0) break;
    const pid_t child = ::fork();
    if (child == 0) {
      DropLog();
      StayOnOneCore(part);
      const Tally tally = RunPart(line, part, &at[part]);
      _exit(::write(ends[1], &tally, sizeof(tally)) == sizeof(tally) ? kDone : kFailed);
    }
    ::close(ends[1]);
    parts.emplace_back(child, ends[0]);
  }
  Tally all;
  uint32_t part = 0;
  for (const auto& [child, end] : parts) {
    Tally tally;
    if (child < 0 || ::read(end, &tally, sizeof(tally)) != sizeof(tally)) tally = {.counts = {}, .failed = 1};
    all.counts.Add(tally.counts);
    all.failed += tally.failed;
    ::close(end);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) ShowFailure(line, at[part], Cat("ended by signal ", WTERMSIG(status)));
    ++part;
  }
  return all;
}

// False: something that should happen in some seed never did, so that nothing is shown of it.
bool ShowCounts(const SimulationCounts& counts) {
  std::vector<std::pair<std::string, uint64_t>> lines = {{"lives", counts.lives},
                                                         {"restores", counts.restores},
                                                         {"checkpoints", counts.checkpoints},
                                                         {"messages", counts.messages},
                                                         {"late", counts.late},
                                                         {"lost", counts.lost},
                                                         {"strays", counts.strays},
                                                         {"disk changes", counts.disk_changes},
                                                         {"disk errors", counts.disk_errors}};
  for (int i = 0; i < kEvents; ++i) {
    const auto event = static_cast<Event>(i);
    if (!IsOfDisk(event)) lines.emplace_back(NameOf(event), counts.events[i]);
  }
  bool everything = true;
  for (const auto& [name, count] : lines) {
    printf("%12lu %s\n", count, name.c_str());
    everything = everything && count > 0;
  }
  return everything;
}

int Main(int argc, char** argv) {
  const auto line = Parse(argc, argv);
  if (!line.ok()) {
    fprintf(stderr,
            "shoal-simulate: %s\nusage: shoal-simulate --seed N [--verbose] | --seeds FIRST:COUNT [--processes N]\n",
            std::string(line.status().message()).c_str());
    return kUsedWrongly;
  }
  const absl::Time start = Clock::Real().Now();
  if (!line->verbose && line->count == 1) DropLog();
  uint64_t at = 0;
  const Tally tally = line->count == 1 ? RunPart(*line, 0, &at) : RunParts(*line);
  const bool everything = ShowCounts(tally.counts) || tally.counts.seeds < kSeedsWithEverything;
  if (!everything) printf("something of the above never happened: of that nothing is shown\n");
  const double seconds = absl::ToDoubleSeconds(Clock::Real().Now() - start);
  printf("%.1f s, of %.0f simulated\n%lu seeds, %lu failed\n", seconds, tally.counts.virtual_seconds,
         tally.counts.seeds, tally.failed);
  return tally.failed == 0 && tally.counts.seeds == line->count && everything ? kDone : kFailed;
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) { return shoal::Main(argc, argv); }
