#include "evaluate/wordnet.h"

#include <algorithm>
#include <charconv>

#include "common/files.h"
#include "common/status.h"
#include "evaluate/word_lookup.h"

namespace shoal {
namespace {

// The next blank-separated field of `line`; empty at its end.
std::string_view TakeField(std::string_view* line) {
  line->remove_prefix(std::min(line->find_first_not_of(' '), line->size()));
  const std::string_view field = line->substr(0, line->find(' '));
  line->remove_prefix(field.size());
  return field;
}

// "offset lex_filenum ss_type w_cnt word lex_id [word lex_id...] ...": the words, or nothing where the line is damaged.
// Adjectives may carry a syntactic marker: "galore(ip)".
std::vector<std::string> SynsetWords(std::string_view line) {
  for (int i = 0; i < 3; ++i) TakeField(&line);
  const std::string_view count_text = TakeField(&line);
  unsigned count = 0;
  std::from_chars(count_text.data(), count_text.data() + count_text.size(), count, 16);
  std::vector<std::string> words;
  for (unsigned i = 0; i < count; ++i) {
    const std::string_view word = TakeField(&line);
    TakeField(&line);
    if (word.empty()) return {};
    words.push_back(FoldCase(word.substr(0, word.find('('))));
  }
  return words;
}

void AddPairs(const std::vector<std::string>& words, std::vector<WordPair>* pairs) {
  for (const std::string& first : words) {
    for (const std::string& second : words) {
      const bool compound = first.find('_') != first.npos || second.find('_') != second.npos;
      if (first < second && !compound) pairs->emplace_back(first, second);
    }
  }
}

absl::Status ReadDataFile(const std::string& path, std::vector<WordPair>* pairs) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  std::string_view left = file.bytes();
  for (uint64_t number = 1; !left.empty(); ++number) {
    const std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
    if (line.empty() || line.front() == ' ') continue;  // The licence.
    const std::vector<std::string> words = SynsetWords(line);
    if (words.empty()) {
      return InvalidArgument(path, ":", number, ": expected a synset as wndb(5WN) says, got \"", line.substr(0, 40),
                             "\"");
    }
    AddPairs(words, pairs);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<WordPair>> ReadWordNetSynonyms(const std::string& folder) {
  std::vector<WordPair> pairs;
  for (const char* name : {"data.noun", "data.verb", "data.adj", "data.adv"}) {
    RETURN_IF_ERROR(ReadDataFile(Cat(folder, "/", name), &pairs)) << "WordNet in " << folder;
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

}  // namespace shoal
