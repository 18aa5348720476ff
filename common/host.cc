#include "common/host.h"

#include <time.h>
#include <unistd.h>

#include "common/files.h"
#include "common/text.h"

namespace shoal {

std::string HostName() {
  char name[256] = {};  // HOST_NAME_MAX is 64; the kernel cuts, and does not terminate, longer names.
  if (::gethostname(name, sizeof(name) - 1) != 0) return "unknown-host";
  return name;
}

std::string HostId() {
  // Where /proc is hidden the name alone must do: MAPPED access is then refused by its first failing open at worst.
  std::string boot_id = ReadFile("/proc/sys/kernel/random/boot_id").value_or("unknown-boot");
  while (!boot_id.empty() && boot_id.back() == '\n') boot_id.pop_back();
  return Cat(boot_id, "/", HostName());
}

double ProcessCpuSeconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace shoal
