#include "data/prepared_key.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_format.h"
#include "common/crc32c.h"
#include "common/status.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

// Of a file's start, middle and end that its checksum covers.
constexpr uint64_t kSampleBytes = uint64_t{1} << 14;
constexpr size_t kMostNameBytes = 64;

}  // namespace

std::string PreparedKey::file_name() const { return absl::StrFormat("%s-%016x%s", name, HashText(identity), suffix); }

uint64_t HashText(std::string_view text, uint64_t hash) {
  for (const char c : text) hash = MixBits(hash ^ static_cast<unsigned char>(c)) + kGoldenGamma;
  return hash;
}

std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::weakly_canonical(path, error);
  return error ? path : absolute.string();
}

std::string SafeName(const std::string& path, const std::string& otherwise) {
  std::string name = fs::path(AbsolutePath(path)).filename().string().substr(0, kMostNameBytes);
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; }, '_');
  return name.empty() ? otherwise : name;
}

absl::StatusOr<uint32_t> SampleChecksum(const std::string& path, uint64_t bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, Cat("cannot open ", path));
  std::string sample(kSampleBytes, '\0');
  uint32_t crc = 0;
  int error = 0;
  const uint64_t last = bytes - std::min(bytes, kSampleBytes);
  for (const uint64_t offset : {uint64_t{0}, last / 2, last}) {
    const ssize_t n = ::pread(fd, sample.data(), sample.size(), static_cast<off_t>(offset));
    if (n < 0) error = errno;
    if (n > 0) crc = Crc32c({sample.data(), static_cast<size_t>(n)}, crc);
  }
  ::close(fd);
  if (error != 0) return ErrnoError(error, Cat("cannot read ", path));
  return crc;
}

std::string_view KeyValue(std::string_view key, std::string_view name) {
  while (!key.empty()) {
    const std::string_view line = key.substr(0, key.find('\n'));
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
      return line.substr(name.size() + 1);
    }
    key.remove_prefix(std::min(line.size() + 1, key.size()));
  }
  return "";
}

std::string DifferenceOfKeys(std::string_view stored, const PreparedKey& key) {
  const std::string text = key.text();
  if (stored == text) return "";
  for (const std::string_view name : {"preparation", "files", "bytes"}) {
    if (KeyValue(stored, name) != KeyValue(text, name)) {
      return Cat(name, " of the ", key.set, ": ", KeyValue(stored, name), " when it was prepared, ",
                 KeyValue(text, name), " at present");
    }
  }
  if (KeyValue(stored, "vocabulary_digest") != KeyValue(text, "vocabulary_digest"))
    return "the vocabulary file changed";
  if (KeyValue(stored, "digest") != KeyValue(text, "digest")) return Cat("a file of the ", key.set, " changed");
  return "it was made with other options";
}

}  // namespace shoal
