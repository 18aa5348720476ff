// ProgressBar: a job's state as one line of text, from the events of its log.jsonl (docs/formats/log.md).
//
// Thread rule: one thread.

#pragma once

#include <string>
#include <string_view>

namespace shoal {

// Reads the lines that a running job appends to a file.
class LogFollower {
 public:
  explicit LogFollower(std::string path) : path_(std::move(path)) {}
  ~LogFollower();

  // The last whole line that was appended since the last call; empty where none was, or where there is no file yet.
  std::string LastNewLine();

 private:
  const std::string path_;
  int fd_ = -1;
  std::string partial_;
};

// What to show after the event `line`, in `columns` columns; empty where it says nothing of the progress. As in
// "epoch 2/5 [=====>    ]  37 %  1.83 M words/s  loss 2.143  rate 0.0157  3:12 left".
std::string BarOf(std::string_view line, int columns);

}  // namespace shoal
