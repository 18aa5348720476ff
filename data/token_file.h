// TokenFile: a corpus as word ids, mapped read-only, with its vocabulary: what workers read.
//
// Ids are in order of falling count (ties: by bytes), so id 0 is the commonest word. Words outside the vocabulary are
// not in the file. Grammar and checksums: docs/formats/tokens.md.
//
// Thread rule: immutable after Open; safe from any thread. The file must not be changed while it is mapped; shoal
// replaces it by rename only.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/corpus_counts.h"
#include "data/source.h"

namespace shoal {

class TokenFile final : public Source {
 public:
  // Verifies magic, version, sizes and the checksums of header, vocabulary and sentence index. The tokens' own
  // checksums are verified by VerifyTokens. DataLoss names the file, the section, and what was expected and found
  // there.
  static absl::StatusOr<std::unique_ptr<TokenFile>> Open(const std::string& path);
  ~TokenFile() override;

  const std::string& path() const;
  // What it was made of: options and content, as text (data/corpus_key.h).
  std::string_view key() const;
  // What its preparation met.
  const CorpusCounts& corpus_counts() const;

  uint64_t words() const;   // In the vocabulary.
  uint64_t tokens() const;  // In the corpus, vocabulary words only.
  uint64_t sentences() const;

  std::string_view word(uint64_t id) const;
  uint64_t count(uint64_t id) const;         // Occurrences in the corpus, or as a given vocabulary file says.
  std::span<const uint64_t> counts() const;  // [words]
  // Writes "word count" lines, commonest first (docs/formats/vectors.md), which Vocabulary::Read takes. The file
  // appears whole or not at all.
  absl::Status WriteVocabulary(const std::string& path) const;

  // Sentence `index` as ids; never empty.
  std::span<const uint32_t> sentence(uint64_t index) const;
  // Tokens before sentence `index`; index == sentences() gives tokens().
  uint64_t tokens_before(uint64_t index) const;

  // Verifies the checksums of the blocks that hold sentences [begin, end), and that their ids are below words().
  // DataLoss names the block.
  absl::Status VerifyTokens(uint64_t begin, uint64_t end) const;

  std::vector<Unit> Units(uint64_t work_per_unit) const override;
  uint64_t total_work() const override { return tokens(); }
  uint64_t fingerprint() const override;
  std::string Describe() const override;

 private:
  struct Layout;
  explicit TokenFile(std::unique_ptr<Layout> layout);
  std::unique_ptr<Layout> layout_;
};

}  // namespace shoal
