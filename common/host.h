// Which machine this process runs on, and what it has taken of it. Pure reads of /proc and the kernel; safe from any
// thread.

#pragma once

#include <string>

namespace shoal {

// What tells this machine and boot from others: the kernel's boot id and the host name. The name is part of it because
// two containers of one machine share the boot id, but not the process folder through which segments are opened.
std::string HostId();

std::string HostName();

// Processor time of this process, all its threads, user and system.
double ProcessCpuSeconds();

}  // namespace shoal
