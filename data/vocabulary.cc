#include "data/vocabulary.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "common/files.h"
#include "common/status.h"
#include "data/text_start.h"
#include "data/token_file_format.h"

namespace shoal {
namespace {

// Parts of "word count"; false where the line is something else.
bool ParseLine(std::string_view line, std::string_view* word, uint64_t* count) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  const size_t gap = line.find_last_of(" \t");
  if (gap == line.npos || gap == 0) return false;
  *word = line.substr(0, gap);
  const auto parsed = std::from_chars(line.data() + gap + 1, line.data() + line.size(), *count);
  return parsed.ec == std::errc() && parsed.ptr == line.data() + line.size() && *count > 0 &&
         word->find_first_of(" \t") == word->npos;
}

}  // namespace

Vocabulary Vocabulary::FromCounts(const WordTable& types, const std::vector<uint64_t>& counts,
                                  const VocabularyLimits& limits) {
  std::vector<uint32_t> order;
  for (uint32_t type = 0; type < types.size(); ++type) {
    if (counts[type] >= limits.min_count) order.push_back(type);
  }
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : types.word(a) < types.word(b);
  });
  const uint64_t most = limits.max_words == 0 ? kMaxVocabularyWords : limits.max_words;
  if (order.size() > most) order.resize(most);
  Vocabulary vocabulary;
  for (const uint32_t type : order) {
    vocabulary.words_.Insert(types.word(type).data(), types.word(type).size());
    vocabulary.counts_.push_back(counts[type]);
  }
  return vocabulary;
}

absl::StatusOr<Vocabulary> Vocabulary::Read(const std::string& path, const VocabularyLimits& limits) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  WordTable words;
  std::vector<uint64_t> counts;
  ASSIGN_OR_RETURN(std::string_view rest, TextFrom(path, file.bytes()));
  for (uint64_t number = 1; !rest.empty(); ++number) {
    const size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (line.empty() || line == "\r") continue;
    std::string_view word;
    uint64_t count = 0;
    if (!ParseLine(line, &word, &count) || word.size() > kMaxWordBytes) {
      return InvalidArgument(path, ": line ", number, " is \"", line.substr(0, 80), "\", expected a word of up to ",
                             kMaxWordBytes, " bytes, a space and a positive count");
    }
    if (words.InsertUnpadded(word) != counts.size()) {
      return InvalidArgument(path, ": line ", number, ": the word \"", word, "\" stands there twice");
    }
    counts.push_back(count);
  }
  if (words.size() == 0) return InvalidArgument(path, ": no words; expected \"word count\" lines");
  Vocabulary vocabulary = FromCounts(words, counts, limits);
  if (vocabulary.size() > 0) return vocabulary;
  const uint64_t most = *std::max_element(counts.begin(), counts.end());
  return InvalidArgument("no word of ", path, " has a count of data.corpus.min_count = ", limits.min_count,
                         " or more; lower it: --set data.corpus.min_count=", most);
}

}  // namespace shoal
