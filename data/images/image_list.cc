#include "data/images/image_list.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>

#include "common/byte_order_mark.h"
#include "common/status.h"
#include "data/images/picture_folder.h"
#include "data/images/record_file.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

// What a path of Linux has at most, and a class name beside it.
constexpr size_t kMostLineBytes = size_t{1} << 13;
// Numbers are the labels where the greatest is below so many times the classes that there are, and some: each number
// below it becomes a class.
constexpr int64_t kMostGaps = 16, kSpareClasses = 1000;

// Nothing where `text` is not a whole number below kMostClasses, written without leading zeros.
bool ReadNumber(std::string_view text, int32_t* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  return *number >= 0 && *number < kMostClasses && (text == "0" || !text.starts_with('0'));
}

// Numbers the classes, the keys of `labels`, and returns their names by number.
std::vector<std::string> NumberClasses(std::map<std::string, int32_t, std::less<>>* labels) {
  std::vector<std::string> names;
  std::vector<std::pair<const std::string, int32_t>*> classes;
  bool numbers = true;
  int64_t greatest = -1;
  for (auto& entry : *labels) {
    numbers = numbers && ReadNumber(entry.first, &entry.second);
    greatest = std::max<int64_t>(greatest, entry.second);
    classes.push_back(&entry);
  }
  if (numbers && greatest < kMostGaps * static_cast<int64_t>(classes.size()) + kSpareClasses) {
    for (int64_t label = 0; label <= greatest; ++label) names.push_back(Cat(label));
    return names;
  }
  if (numbers) std::sort(classes.begin(), classes.end(), [](auto* a, auto* b) { return a->second < b->second; });
  for (auto* const entry : classes) {
    entry->second = static_cast<int32_t>(names.size());
    names.push_back(entry->first);
  }
  return names;
}

class Parser {
 public:
  Parser(const std::string& name, const std::string& folder) : name_(name), folder_(folder) {}

  absl::StatusOr<ImageList> Parse(std::string_view text) {
    text = WithoutByteOrderMark(text);
    while (!text.empty()) {
      ++line_;
      const size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) continue;
      RETURN_IF_ERROR(Take(line));
    }
    list_.classes = NumberClasses(&labels_);
    for (size_t i = 0; i < classes_.size(); ++i) {
      if (!classes_[i].empty()) list_.entries[i].label = labels_.find(classes_[i])->second;
    }
    return std::move(list_);
  }

 private:
  absl::Status Take(std::string_view line) {
    if (line.size() > kMostLineBytes) {
      return InvalidArgument(name_, ":", line_, ": ", line.size(), " bytes, more than ", kMostLineBytes);
    }
    const size_t tab = line.find('\t');
    const std::string_view path = line.substr(0, tab);
    const std::string_view label = tab == line.npos ? "" : line.substr(tab + 1);
    if (path.empty() || line.find('\0') != line.npos || label.find('\t') != label.npos) {
      return InvalidArgument(name_, ":", line_, ": not of the form \"picture\" or \"picture TAB class\"");
    }
    list_.entries.push_back({AbsoluteName((fs::path(folder_) / path).string()), kNoLabel});
    classes_.push_back(label);
    if (!label.empty()) labels_.emplace(label, 0);
    if (labels_.size() > static_cast<size_t>(kMostClasses)) {
      return InvalidArgument(name_, ":", line_, ": more than ", kMostClasses, " classes");
    }
    return absl::OkStatus();
  }

  const std::string& name_;
  const std::string& folder_;
  uint64_t line_ = 0;
  ImageList list_;
  std::vector<std::string_view> classes_;  // Of each entry; empty: none.
  std::map<std::string, int32_t, std::less<>> labels_;
};

}  // namespace

absl::StatusOr<ImageList> ParseImageList(std::string_view text, const std::string& name, const std::string& folder) {
  return Parser(name, folder).Parse(text);
}

}  // namespace shoal
