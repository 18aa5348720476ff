#include "data/corpus_key.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_format.h"
#include "common/crc32c.h"
#include "common/random.h"
#include "common/status.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

// Changes what a text turns into: one higher makes all older token files stale.
constexpr int kPreparationVersion = 2;
// Of a file's start, middle and end that its checksum covers.
constexpr uint64_t kSampleBytes = uint64_t{1} << 14;

// Not cryptographic: against accidents, not forgers.
uint64_t HashOf(std::string_view text, uint64_t hash = kGoldenGamma) {
  for (const char c : text) hash = MixBits(hash ^ static_cast<unsigned char>(c)) + kGoldenGamma;
  return hash;
}

std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::weakly_canonical(path, error);
  return error ? path : absolute.string();
}

absl::StatusOr<uint32_t> SampleChecksum(const CorpusFile& file) {
  const int fd = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, Cat("cannot open ", file.path));
  std::string sample(kSampleBytes, '\0');
  uint32_t crc = 0;
  int error = 0;
  const uint64_t last = file.bytes - std::min(file.bytes, kSampleBytes);
  for (const uint64_t offset : {uint64_t{0}, last / 2, last}) {
    const ssize_t n = ::pread(fd, sample.data(), sample.size(), static_cast<off_t>(offset));
    if (n < 0) error = errno;
    if (n > 0) crc = Crc32c({sample.data(), static_cast<size_t>(n)}, crc);
  }
  ::close(fd);
  if (error != 0) return ErrnoError(error, Cat("cannot read ", file.path));
  return crc;
}

// Lines of files, bytes and a digest of each file's size, time and sample, in their order: a list of a million files
// would make the key as long as some corpora. Names are no content: the same folder may be reached by several.
absl::StatusOr<std::string> DescribeContent(const std::vector<CorpusFile>& files) {
  uint64_t bytes = 0, digest = kGoldenGamma;
  for (const CorpusFile& file : files) {
    ASSIGN_OR_RETURN(const uint32_t crc, SampleChecksum(file));
    bytes += file.bytes;
    digest = HashOf(Cat(file.bytes, "\n", file.modified_ns, "\n", crc, "\n"), digest);
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

// A file's name from the corpus': letters that no shell or file system stumbles over.
std::string NameOf(const job::Corpus& corpus) {
  std::string name = fs::path(AbsolutePath(corpus.path(0))).filename().string().substr(0, 64);
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; }, '_');
  return name.empty() ? "corpus" : name;
}

// The value of line "name value" in a key; empty where there is none.
std::string_view ValueOf(std::string_view key, std::string_view name) {
  while (!key.empty()) {
    const std::string_view line = key.substr(0, key.find('\n'));
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
      return line.substr(name.size() + 1);
    }
    key.remove_prefix(std::min(line.size() + 1, key.size()));
  }
  return "";
}

}  // namespace

std::string CorpusKey::file_name() const { return absl::StrFormat("%s-%016x.tokens", name, HashOf(identity)); }

absl::StatusOr<CorpusKey> MakeCorpusKey(const job::Corpus& corpus, const std::vector<CorpusFile>& files) {
  CorpusKey key;
  key.name = NameOf(corpus);
  key.identity = DescribeIdentity(corpus);
  ASSIGN_OR_RETURN(key.content, DescribeContent(files));
  if (!corpus.vocabulary_file().empty()) {
    ASSIGN_OR_RETURN(const std::vector<CorpusFile> file, FindCorpusFiles({corpus.vocabulary_file()}));
    ASSIGN_OR_RETURN(const std::string content, DescribeContent(file));
    key.content += Cat("vocabulary_digest ", ValueOf(content, "digest"), "\n");
  }
  return key;
}

std::string DifferenceOfKeys(std::string_view stored, const CorpusKey& key) {
  const std::string text = key.text();
  if (stored == text) return "";
  for (const std::string_view name : {"preparation", "files", "bytes"}) {
    if (ValueOf(stored, name) != ValueOf(text, name)) {
      return Cat(name, " of the corpus: ", ValueOf(stored, name), " when it was prepared, ", ValueOf(text, name),
                 " at present");
    }
  }
  if (ValueOf(stored, "vocabulary_digest") != ValueOf(text, "vocabulary_digest")) return "the vocabulary file changed";
  if (ValueOf(stored, "digest") != ValueOf(text, "digest")) return "a file of the corpus changed";
  return "it was made with other options";
}

}  // namespace shoal
