#include "data/corpus_key.h"

#include "absl/strings/str_format.h"
#include "common/random.h"
#include "common/status.h"

namespace shoal {
namespace {

// Changes what a text turns into: one higher makes all older token files stale.
constexpr int kPreparationVersion = 3;

// Lines of files, bytes and a digest of each file's size, time and sample, in their order: a list of a million files
// would make the key as long as some corpora. Names are no content: the same folder may be reached by several.
absl::StatusOr<std::string> DescribeContent(const std::vector<FoundFile>& files) {
  uint64_t bytes = 0, digest = kGoldenGamma;
  for (const FoundFile& file : files) {
    ASSIGN_OR_RETURN(const uint32_t crc, SampleChecksum(file.path, file.bytes));
    bytes += file.bytes;
    digest = HashText(Cat(file.bytes, "\n", file.modified_ns, "\n", crc, "\n"), digest);
  }
  return absl::StrFormat("files %d\nbytes %d\ndigest %016x\n", files.size(), bytes, digest);
}

std::string DescribeIdentity(const job::Corpus& corpus) {
  std::string text = Cat("preparation ", kPreparationVersion, "\n");
  for (const std::string& path : corpus.path()) text += Cat("path ", AbsolutePath(path), "\n");
  text += Cat("layout ", job::Corpus::Layout_Name(corpus.layout()), "\n");
  text += Cat("normalisation ", job::Corpus::Normalisation_Name(corpus.normalisation()), "\n");
  text += Cat("digits ", job::Corpus::Digits_Name(corpus.digits()), "\n");
  text += Cat("min_count ", corpus.min_count(), "\n", "max_words ", corpus.max_words(), "\n");
  text += Cat("max_sentence_words ", corpus.max_sentence_words(), "\n");
  text += Cat("max_types_in_memory ", corpus.max_types_in_memory(), "\n");
  if (!corpus.vocabulary_file().empty()) text += Cat("vocabulary_file ", AbsolutePath(corpus.vocabulary_file()), "\n");
  return text;
}

}  // namespace

absl::StatusOr<PreparedKey> MakeCorpusKey(const job::Corpus& corpus, const std::vector<FoundFile>& files) {
  PreparedKey key;
  key.set = "corpus";
  key.suffix = ".tokens";
  key.name = SafeName(corpus.path(0), "corpus");
  key.identity = DescribeIdentity(corpus);
  ASSIGN_OR_RETURN(key.content, DescribeContent(files));
  if (!corpus.vocabulary_file().empty()) {
    ASSIGN_OR_RETURN(const std::vector<FoundFile> file, FindCorpusFiles({corpus.vocabulary_file()}));
    ASSIGN_OR_RETURN(const std::string content, DescribeContent(file));
    key.content += Cat("vocabulary_digest ", KeyValue(content, "digest"), "\n");
  }
  return key;
}

}  // namespace shoal
