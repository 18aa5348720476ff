#include "data/token_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/crc32c.h"
#include "common/files.h"
#include "common/random.h"
#include "common/status.h"
#include "data/token_file_format.h"

namespace shoal {
namespace {

constexpr std::string_view kCure = "; delete it, and the next run prepares the corpus again";

using Section = TokenFileSection;

std::string_view NameOf(Section section) { return kTokenFileSectionNames[static_cast<size_t>(section)]; }

// Everything about the header that does not depend on the rest of the file.
absl::Status CheckHeader(const std::string& path, std::string_view file, const TokenFileHeader& header) {
  const std::string_view magic(header.magic, sizeof(header.magic));
  if (magic != kTokenFileMagic) {
    return DataLoss(path, ": header: not a token file: it does not start with \"", kTokenFileMagic, "\"");
  }
  if (header.byte_order != kTokenFileByteOrder) {
    return DataLoss(path, ": header: written on a machine of another byte order", kCure);
  }
  if (header.version != kTokenFileVersion) {
    return DataLoss(path, ": header: version ", header.version, ", this build reads version ", kTokenFileVersion,
                    kCure);
  }
  const uint32_t crc = Crc32c(file.substr(0, offsetof(TokenFileHeader, header_crc32c)));
  if (crc != header.header_crc32c) {
    return DataLoss(path, ": header: checksum ", crc, ", expected ", header.header_crc32c, kCure);
  }
  if (header.file_bytes != file.size()) {
    return DataLoss(path, ": the file has ", file.size(), " bytes, its header says ", header.file_bytes, kCure);
  }
  if (header.words > kMaxVocabularyWords || header.tokens > file.size() || header.sentences > file.size()) {
    return DataLoss(path, ": header: ", header.words, " words, ", header.tokens, " tokens, ", header.sentences,
                    " sentences cannot be", kCure);
  }
  return absl::OkStatus();
}

uint64_t BlocksOf(uint64_t tokens) { return (tokens + kTokensPerBlock - 1) / kTokensPerBlock; }

// Bytes that a section must have, given the header's counts; the text sections have any number.
uint64_t ExpectedBytes(const TokenFileHeader& header, Section section) {
  switch (section) {
    case Section::kWordEnds:
    case Section::kCounts:
      return header.words * sizeof(uint64_t);
    case Section::kTokens:
      return header.tokens * sizeof(uint32_t);
    case Section::kSentences:
      return (header.sentences + 1) * sizeof(uint64_t);
    case Section::kBlocks:
      return BlocksOf(header.tokens) * sizeof(uint32_t);
    case Section::kKey:
    case Section::kLetters:
      break;
  }
  return header.sections[static_cast<size_t>(section)].bytes;
}

absl::Status CheckSection(const std::string& path, std::string_view file, const TokenFileHeader& header,
                          Section section) {
  const TokenFileSectionEntry& entry = header.sections[static_cast<size_t>(section)];
  const std::string_view name = NameOf(section);
  if (entry.offset % kTokenFileAlignment != 0 || entry.offset < kTokenFileHeaderBytes || entry.offset > file.size() ||
      entry.bytes > file.size() - entry.offset) {
    return DataLoss(path, ": section ", name, ": bytes ", entry.offset, " + ", entry.bytes,
                    " do not lie in the file of ", file.size(), kCure);
  }
  if (entry.bytes != ExpectedBytes(header, section)) {
    return DataLoss(path, ": section ", name, ": ", entry.bytes, " bytes, expected ", ExpectedBytes(header, section),
                    kCure);
  }
  if (section == Section::kTokens) return absl::OkStatus();
  const uint32_t crc = Crc32c(file.substr(entry.offset, entry.bytes));
  if (crc != entry.crc32c) {
    return DataLoss(path, ": section ", name, ": checksum ", crc, ", expected ", entry.crc32c, kCure);
  }
  return absl::OkStatus();
}

template <typename T>
std::span<const T> SectionOf(std::string_view file, const TokenFileHeader& header, Section section) {
  const TokenFileSectionEntry& entry = header.sections[static_cast<size_t>(section)];
  return {reinterpret_cast<const T*>(file.data() + entry.offset), entry.bytes / sizeof(T)};
}

}  // namespace

struct TokenFile::Layout {
  Layout(std::string path, MappedFile mapped) : path(std::move(path)), file(std::move(mapped)) {}

  const std::string path;
  const MappedFile file;
  TokenFileHeader header;
  std::string_view key;
  std::span<const uint64_t> word_ends;
  std::span<const char> letters;
  std::span<const uint64_t> counts;
  std::span<const uint32_t> tokens;
  std::span<const uint64_t> sentences;
  std::span<const uint32_t> blocks;

  void TakeSections() {
    const std::string_view bytes = file.bytes();
    const auto text = SectionOf<char>(bytes, header, Section::kKey);
    key = {text.data(), text.size()};
    word_ends = SectionOf<uint64_t>(bytes, header, Section::kWordEnds);
    letters = SectionOf<char>(bytes, header, Section::kLetters);
    counts = SectionOf<uint64_t>(bytes, header, Section::kCounts);
    tokens = SectionOf<uint32_t>(bytes, header, Section::kTokens);
    sentences = SectionOf<uint64_t>(bytes, header, Section::kSentences);
    blocks = SectionOf<uint32_t>(bytes, header, Section::kBlocks);
  }

  // What the accessors rely on without looking: right checksums do not make a hostile file harmless.
  absl::Status CheckOrder() const {
    uint64_t previous = 0;
    for (uint64_t id = 0; id < word_ends.size(); previous = word_ends[id++]) {
      if (word_ends[id] <= previous || word_ends[id] > letters.size()) {
        return DataLoss(path, ": section word ends: word ", id, " ends at ", word_ends[id], " after ", previous, " of ",
                        letters.size(), kCure);
      }
    }
    if (sentences.front() != 0 || sentences.back() != tokens.size()) {
      return DataLoss(path, ": section sentences: from token ", sentences.front(), " to ", sentences.back(),
                      ", expected 0 to ", tokens.size(), kCure);
    }
    for (uint64_t i = 1; i < sentences.size(); ++i) {
      if (sentences[i] <= sentences[i - 1]) {
        return DataLoss(path, ": section sentences: sentence ", i - 1, " goes from token ", sentences[i - 1], " to ",
                        sentences[i], kCure);
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckBlock(uint64_t block) const {
    const auto part = tokens.subspan(block * kTokensPerBlock)
                          .first(std::min(kTokensPerBlock, tokens.size() - block * kTokensPerBlock));
    const uint32_t crc = Crc32c({reinterpret_cast<const char*>(part.data()), part.size_bytes()});
    if (crc != blocks[block]) {
      return DataLoss(path, ": section tokens: block ", block, " of ", blocks.size(), " (tokens ",
                      block * kTokensPerBlock, " and on): checksum ", crc, ", expected ", blocks[block], kCure);
    }
    uint32_t largest = 0;
    for (const uint32_t id : part) largest = std::max(largest, id);
    if (largest >= word_ends.size()) {
      return DataLoss(path, ": section tokens: block ", block, " has the id ", largest, " of ", word_ends.size(),
                      " words", kCure);
    }
    return absl::OkStatus();
  }
};

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::Open(path));
  auto layout = std::make_unique<Layout>(path, std::move(mapped));
  const std::string_view file = layout->file.bytes();
  if (file.size() < kTokenFileHeaderBytes) {
    return DataLoss(path, ": header: the file has ", file.size(), " bytes, fewer than a header's ",
                    kTokenFileHeaderBytes, kCure);
  }
  std::memcpy(&layout->header, file.data(), sizeof(TokenFileHeader));
  RETURN_IF_ERROR(CheckHeader(path, file, layout->header));
  for (size_t i = 0; i < kTokenFileSections; ++i) {
    RETURN_IF_ERROR(CheckSection(path, file, layout->header, static_cast<Section>(i)));
  }
  layout->TakeSections();
  RETURN_IF_ERROR(layout->CheckOrder());
  return std::unique_ptr<TokenFile>(new TokenFile(std::move(layout)));
}

TokenFile::TokenFile(std::unique_ptr<Layout> layout) : layout_(std::move(layout)) {}
TokenFile::~TokenFile() = default;

const std::string& TokenFile::path() const { return layout_->path; }
std::string_view TokenFile::key() const { return layout_->key; }
const CorpusCounts& TokenFile::corpus_counts() const { return layout_->header.counts; }

uint64_t TokenFile::words() const { return layout_->word_ends.size(); }
uint64_t TokenFile::tokens() const { return layout_->tokens.size(); }
uint64_t TokenFile::sentences() const { return layout_->sentences.size() - 1; }

std::string_view TokenFile::word(uint64_t id) const {
  const uint64_t begin = id == 0 ? 0 : layout_->word_ends[id - 1];
  return {layout_->letters.data() + begin, layout_->word_ends[id] - begin};
}
uint64_t TokenFile::count(uint64_t id) const { return layout_->counts[id]; }
std::span<const uint64_t> TokenFile::counts() const { return layout_->counts; }

absl::Status TokenFile::WriteVocabulary(const std::string& path) const {
  ASSIGN_OR_RETURN(const auto file, AtomicFile::Create(path));
  for (uint64_t id = 0; id < words(); ++id) {
    RETURN_IF_ERROR(file->Append(Cat(word(id), " ", count(id), "\n")));
  }
  return file->Commit();
}

std::span<const uint32_t> TokenFile::sentence(uint64_t index) const {
  const uint64_t begin = layout_->sentences[index];
  return layout_->tokens.subspan(begin, layout_->sentences[index + 1] - begin);
}
uint64_t TokenFile::tokens_before(uint64_t index) const { return layout_->sentences[index]; }

absl::Status TokenFile::VerifyTokens(uint64_t begin, uint64_t end) const {
  if (begin >= end) return absl::OkStatus();
  const uint64_t last = (tokens_before(end) - 1) / kTokensPerBlock;
  for (uint64_t block = tokens_before(begin) / kTokensPerBlock; block <= last; ++block) {
    RETURN_IF_ERROR(layout_->CheckBlock(block));
  }
  return absl::OkStatus();
}

std::vector<Unit> TokenFile::Units(uint64_t work_per_unit) const {
  const std::span<const uint64_t> starts = layout_->sentences;
  const uint64_t wanted = std::max<uint64_t>(1, tokens() / std::max<uint64_t>(1, work_per_unit));
  std::vector<Unit> units;
  uint64_t begin = 0;
  for (uint64_t i = 1; i <= wanted && begin < sentences(); ++i) {
    const uint64_t target = static_cast<uint64_t>(static_cast<unsigned __int128>(tokens()) * i / wanted);
    // The sentence boundary nearest to the even cut; a unit has one sentence at least.
    uint64_t end = std::lower_bound(starts.begin() + begin + 1, starts.end() - 1, target) - starts.begin();
    if (end > begin + 1 && target - starts[end - 1] < starts[end] - target) --end;
    if (i == wanted) end = sentences();
    units.push_back({begin, end, starts[end] - starts[begin]});
    begin = end;
  }
  return units;
}

// Of the checksums of words, counts, sentences and tokens; not of the key, which has paths and times.
uint64_t TokenFile::fingerprint() const {
  uint64_t mixed = 0;
  for (const Section section : {Section::kLetters, Section::kCounts, Section::kSentences, Section::kBlocks}) {
    mixed = MixBits(mixed ^ layout_->header.sections[static_cast<size_t>(section)].crc32c);
  }
  return mixed;
}

std::string TokenFile::Describe() const {
  return Cat(words(), " words, ", tokens(), " tokens, ", sentences(), " sentences");
}

}  // namespace shoal
