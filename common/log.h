// The log: one line a message on standard error, with the role that wrote it: "server 2: ...".
//
// Thread rule: safe from any thread; a line is written by one system call, so that lines of several ranks do not mix.

#pragma once

#include <string>

#include "common/text.h"

namespace shoal {

// Stands before every line of this process from then on: "server 2". Call once, before threads start.
void SetLogName(std::string name);

// Whether LogInfo writes its lines, as it does at first. Call before threads start.
void SetLogsInfo(bool logs_info);
bool LogsInfo();

void LogLine(std::string_view severity, std::string_view message);

template <typename... Args>
void LogInfo(Args&&... args) {
  if (LogsInfo()) LogLine("", Cat(std::forward<Args>(args)...));
}
template <typename... Args>
void LogWarning(Args&&... args) {
  LogLine("warning: ", Cat(std::forward<Args>(args)...));
}
template <typename... Args>
void LogError(Args&&... args) {
  LogLine("error: ", Cat(std::forward<Args>(args)...));
}

// At a program's end: whether all that it printed on standard output has arrived. False, after an error line, where it
// has not, as on a full disk.
bool StandardOutputArrived();

}  // namespace shoal
