#include "data/token_file.h"

#include <algorithm>
#include <utility>

#include "common/crc32c.h"
#include "common/files.h"
#include "common/random.h"
#include "common/status.h"
#include "data/token_file_format.h"

namespace shoal {
namespace {

using Section = TokenFileSection;

std::string_view NameOf(Section section) { return kTokenFileSectionNames[static_cast<size_t>(section)]; }

absl::Status CheckCounts(const SectionFileBytes& file, const TokenFileHeader& header) {
  const uint64_t most = file.bytes.size();
  if (header.words <= kMaxVocabularyWords && header.tokens <= most && header.sentences <= most) return absl::OkStatus();
  return file.Unusable("header: ", header.words, " words, ", header.tokens, " tokens, ", header.sentences,
                       " sentences cannot be");
}

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
      return ChecksumBlocks(header.tokens * sizeof(uint32_t)) * sizeof(uint32_t);
    case Section::kKey:
    case Section::kLetters:
      break;
  }
  return header.at(section).bytes;
}

absl::Status CheckSections(const SectionFileBytes& file, const TokenFileHeader& header) {
  for (size_t i = 0; i < kTokenFileSections; ++i) {
    const auto section = static_cast<Section>(i);
    // Tokens are verified when they are to be read.
    const auto check = section == Section::kTokens ? &SectionFileBytes::CheckPlace : &SectionFileBytes::CheckSection;
    RETURN_IF_ERROR((file.*check)(header.at(section), NameOf(section), ExpectedBytes(header, section)));
  }
  return absl::OkStatus();
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

  SectionFileBytes Bytes() const { return {kTokenFileKind, path, file.bytes()}; }

  void TakeSections() {
    const std::string_view bytes = file.bytes();
    const auto text = SectionOf<char>(bytes, header.at(Section::kKey));
    key = {text.data(), text.size()};
    word_ends = SectionOf<uint64_t>(bytes, header.at(Section::kWordEnds));
    letters = SectionOf<char>(bytes, header.at(Section::kLetters));
    counts = SectionOf<uint64_t>(bytes, header.at(Section::kCounts));
    tokens = SectionOf<uint32_t>(bytes, header.at(Section::kTokens));
    sentences = SectionOf<uint64_t>(bytes, header.at(Section::kSentences));
    blocks = SectionOf<uint32_t>(bytes, header.at(Section::kBlocks));
  }

  // What the accessors rely on without looking: right checksums do not make a hostile file harmless.
  absl::Status CheckOrder() const {
    uint64_t previous = 0;
    for (uint64_t id = 0; id < word_ends.size(); previous = word_ends[id++]) {
      if (word_ends[id] <= previous || word_ends[id] > letters.size()) {
        return Bytes().Unusable("section word ends: word ", id, " ends at ", word_ends[id], " after ", previous, " of ",
                                letters.size());
      }
    }
    if (const auto none = std::find(counts.begin(), counts.end(), 0); none != counts.end()) {
      return Bytes().Unusable("section counts: word ", none - counts.begin(), " of ", counts.size(),
                              " has a count of 0");
    }
    if (sentences.front() != 0 || sentences.back() != tokens.size()) {
      return Bytes().Unusable("section sentences: from token ", sentences.front(), " to ", sentences.back(),
                              ", expected 0 to ", tokens.size());
    }
    for (uint64_t i = 1; i < sentences.size(); ++i) {
      if (sentences[i] <= sentences[i - 1]) {
        return Bytes().Unusable("section sentences: sentence ", i - 1, " goes from token ", sentences[i - 1], " to ",
                                sentences[i]);
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckBlock(uint64_t block) const {
    const auto part = tokens.subspan(block * kTokensPerBlock)
                          .first(std::min(kTokensPerBlock, tokens.size() - block * kTokensPerBlock));
    const uint32_t crc = Crc32c({reinterpret_cast<const char*>(part.data()), part.size_bytes()});
    if (crc != blocks[block]) {
      return Bytes().Unusable("section tokens: block ", block, " of ", blocks.size(), " (tokens ",
                              block * kTokensPerBlock, " and on): checksum ", crc, ", expected ", blocks[block]);
    }
    uint32_t largest = 0;
    for (const uint32_t id : part) largest = std::max(largest, id);
    if (largest >= word_ends.size()) {
      return Bytes().Unusable("section tokens: block ", block, " has the id ", largest, " of ", word_ends.size(),
                              " words");
    }
    return absl::OkStatus();
  }
};

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::Open(path));
  auto layout = std::make_unique<Layout>(path, std::move(mapped));
  const SectionFileBytes file = layout->Bytes();
  RETURN_IF_ERROR(ReadHeader(file, &layout->header));
  RETURN_IF_ERROR(CheckCounts(file, layout->header));
  RETURN_IF_ERROR(CheckSections(file, layout->header));
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
    mixed = MixBits(mixed ^ layout_->header.at(section).crc32c);
  }
  return mixed;
}

std::string TokenFile::Describe() const {
  return Cat(words(), " words, ", tokens(), " tokens, ", sentences(), " sentences");
}

}  // namespace shoal
