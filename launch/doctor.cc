#include "launch/doctor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/format.h"
#include "common/machine.h"
#include "common/status.h"
#include "launch/mpirun_command.h"
#include "launch/program.h"

namespace shoal {
namespace {

constexpr int kMadvCollapse = 25;  // Linux 6.1; Debian 12's headers do not name it yet.

Finding Good(std::string subject, std::string what) {
  return {std::move(subject), Finding::kGood, std::move(what), ""};
}
Finding Slower(std::string subject, std::string what, std::string cure) {
  return {std::move(subject), Finding::kSlower, std::move(what), std::move(cure)};
}
Finding Missing(std::string subject, std::string what, std::string cure) {
  return {std::move(subject), Finding::kMissing, std::move(what), std::move(cure)};
}

Finding ExamineProcessor() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    return Good("processor", "AVX-512 kernels");
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Good("processor", "AVX2 kernels");
  return Slower("processor", "neither AVX2 nor AVX-512; the portable kernels are several times slower",
                "run on a processor with AVX2 (any x86 server since 2013); in a virtual machine, pass the host's on");
}

Finding ExamineCores(const Machine& machine) {
  if (machine.cores >= 2) return Good("cores", Cat(machine.cores, "; --workers ", machine.cores, " uses them all"));
  return Slower("cores", "one, which all roles share",
                "allow this process more cores (taskset, the container's limit)");
}

Finding ExamineMemory(const Machine& machine) {
  constexpr uint64_t kSmallJobBytes = uint64_t{300} << 20;
  const std::string what = Cat(FormatBytes(machine.memory_bytes), " (", machine.memory_limited_by, ")");
  if (machine.memory_bytes >= kSmallJobBytes) return Good("memory", what);
  return Missing("memory", Cat(what, "; a small job takes ", FormatBytes(kSmallJobBytes)),
                 "end other programs, or raise the container's limit");
}

// Rows that server and workers share are in a memfd that workers open by /proc.
Finding ExamineSharedRows() {
  const std::string cure =
      "mount /proc in the container, and allow memfd_create; "
      "or set parameter_server.access=REMOTE, which is slower";
  const int fd = ::memfd_create("shoal-doctor", MFD_CLOEXEC);
  if (fd < 0) return Slower("shared rows", Cat("memfd_create: ", strerror(errno)), cure);
  const std::string path = Cat("/proc/", ::getpid(), "/fd/", fd);
  const int again = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const int error = errno;
  ::close(fd);
  if (again < 0) return Slower("shared rows", Cat("cannot open ", path, ": ", strerror(error)), cure);
  ::close(again);
  return Good("shared rows", "memfd, opened through /proc");
}

// Whether the kernel makes a huge page of touched shared memory.
bool CanCollapse() {
  const int fd = ::memfd_create("shoal-doctor", MFD_CLOEXEC);
  if (fd < 0 || ::ftruncate(fd, 2 * kHugePageBytes) != 0) return false;
  // Address space for one aligned page, wherever it begins; the file is mapped over it.
  void* space = ::mmap(nullptr, 2 * kHugePageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  bool collapsed = false;
  if (space != MAP_FAILED) {
    const auto aligned = (reinterpret_cast<uintptr_t>(space) + kHugePageBytes - 1) & ~(kHugePageBytes - 1);
    void* page =
        ::mmap(reinterpret_cast<void*>(aligned), kHugePageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
    if (page != MAP_FAILED) {
      memset(page, 1, kHugePageBytes);
      collapsed = ::madvise(page, kHugePageBytes, kMadvCollapse) == 0;
    }
    ::munmap(space, 2 * kHugePageBytes);
  }
  ::close(fd);
  return collapsed;
}

Finding ExamineHugePages() {
  if (CanCollapse()) return Good("huge pages", "2 MiB pages for tables (MADV_COLLAPSE)");
  return Slower("huge pages", "the kernel does not make 2 MiB pages of tables; large ones train up to a fifth slower",
                "run Linux 6.1 or later with transparent huge pages built in");
}

uint64_t FreeBytes(const std::string& folder) {
  struct statvfs info;
  return ::statvfs(folder.c_str(), &info) == 0 ? uint64_t{info.f_bavail} * info.f_frsize : 0;
}

// For Open MPI's segments, about 5 MB a rank.
Finding ExamineSegments() {
  constexpr uint64_t kRankBytes = 5'000'000, kFewestRanks = 8;
  const uint64_t free = FreeBytes("/dev/shm");
  const std::string what = Cat("/dev/shm has ", FormatBytes(free), " free");
  if (free >= kRankBytes * kFewestRanks) return Good("segments", what);
  return Slower("segments", Cat(what, "; Open MPI's messages go through /tmp instead"),
                "give the container more: docker run --shm-size 1g");
}

Finding ExamineDisk() {
  constexpr uint64_t kEnough = 1'000'000'000;
  const uint64_t here = FreeBytes("."), temporary = FreeBytes("/tmp");
  const std::string what = Cat(FormatBytes(here), " free here, ", FormatBytes(temporary), " in /tmp");
  if (here >= kEnough && temporary >= kEnough / 10) return Good("disk", what);
  return Slower("disk", what,
                "prepared text takes about as much as the text itself, and vectors 4 bytes a float: make room");
}

Finding ExamineLoopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (bound) return Good("ports", "the loopback takes servers: mpirun's and /metrics");
  return Missing("ports", Cat("cannot serve on 127.0.0.1: ", strerror(error)),
                 "bring the loopback up: ip link set lo up");
}

Finding ExaminePeerMemory(const Machine& machine) {
  if (machine.reads_peers) return Good("messages", "large ones are copied once (process_vm_readv)");
  return Slower("messages", "process_vm_readv is forbidden; remote rows on this machine are copied twice",
                "docker run --cap-add SYS_PTRACE; mapped rows, the usual way on one machine, do not need it");
}

// Starts three processes as a job would.
Finding ExamineMpi(const Machine& machine, Clock& clock) {
  const std::string install = "apt-get install openmpi-bin (launch/install does it)";
  if (const auto mpirun = FindProgram("mpirun"); !mpirun.ok()) {
    return Missing("MPI", std::string(mpirun.status().message()), install);
  }
  const absl::Duration patience = absl::Seconds(30);
  const auto version = RunProgramQuietly({"mpirun", "--version"}, clock, clock.Now() + patience);
  if (!version.ok()) return Missing("MPI", std::string(version.status().message()), install);
  const std::string name = std::vector<std::string>(absl::StrSplit(version->text, '\n'))[0];
  if (!absl::StrContains(name, "Open MPI")) return Missing("MPI", Cat("mpirun is not Open MPI's: ", name), install);
  MpirunCommand command{.options = MpirunOptions(job::Job(), machine), .contexts = {{"-np", "3", "true"}}};
  const absl::Time start = clock.Now();
  const auto trial = RunProgramQuietly(command.Arguments(), clock, start + patience);
  if (!trial.ok() || trial->exit_code != 0) {
    return Missing("MPI",
                   Cat(name, ", but it cannot start processes: ",
                       trial.ok() ? trial->text : std::string(trial.status().message())),
                   "the message above is Open MPI's own; its host name must resolve, and /tmp be writable");
  }
  return Good("MPI",
              absl::StrFormat("%s, starts 3 processes in %.2f s", name, absl::ToDoubleSeconds(clock.Now() - start)));
}

Finding ExaminePrograms(const Installation& installation) {
  std::string missing;
  for (const char* name : {"shoal-coordinator", "shoal-paramserver", "shoal-worker", "shoal-evaluate"}) {
    if (!installation.Program(name).ok()) absl::StrAppend(&missing, missing.empty() ? "" : ", ", name);
  }
  if (missing.empty()) return Good("programs", Cat("all in ", installation.programs));
  return Missing("programs", Cat(missing, " not in ", installation.programs), "launch/build, or cmake --install build");
}

}  // namespace

std::vector<Finding> Examine(const Installation& installation, Clock& clock) {
  const Machine machine = Machine::Inspect();
  std::vector<Finding> findings = {
      ExaminePrograms(installation), ExamineMpi(machine, clock), ExamineCores(machine), ExamineProcessor(),
      ExamineMemory(machine),        ExamineSharedRows(),        ExamineHugePages(),    ExamineSegments(),
      ExaminePeerMemory(machine),    ExamineLoopback(),          ExamineDisk()};
  // The driver's own file.
  const bool device_is_here = ::access("/proc/driver/nvidia/version", F_OK) == 0;
  for (Finding& finding : ExamineImageEncoders(installation, clock, device_is_here)) {
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::string DescribeFindings(const std::vector<Finding>& findings) {
  const char* verdicts[] = {"good", "slower", "partly", "MISSING"};
  std::string text;
  for (const Finding& finding : findings) {
    absl::StrAppendFormat(&text, "%-8s %-12s %s\n", verdicts[finding.verdict], finding.subject, finding.what);
    if (!finding.cure.empty()) absl::StrAppendFormat(&text, "%-8s %-12s cure: %s\n", "", "", finding.cure);
  }
  return text;
}

}  // namespace shoal
