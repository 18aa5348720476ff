// Any bytes as a token file: opening refuses what is wrong, and whatever opens can be read in every corner. The bytes
// are changes to a good file ("offset value" pairs); its checksums are made to fit afterwards, for else nothing but the
// checksums would be tested. Where the first byte is odd, the bytes are the file as they come.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/crc32c.h"
#include "common/files.h"
#include "common/text.h"
#include "data/token_file.h"
#include "data/token_file_format.h"
#include "data/token_file_writer.h"

namespace shoal {
namespace {

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

const std::string& GoodFile() {
  static const std::string* const good = [] {
    const std::string path = Cat(std::filesystem::temp_directory_path().string(), "/token_file_fuzz.", ::getpid());
    WordTable types;
    for (const char* word : {"a", "bc", "def"}) types.InsertUnpadded(word);
    auto writer = TokenFileWriter::Create(path, Vocabulary::FromCounts(types, {5, 4, 3}, {}), "key\n", 100);
    Check(writer.ok());
    const uint32_t ids[] = {0, 1, 2, 0, 1, 2, 2}, lines[] = {3, 2, 2};
    Check((*writer)->Append(ids, lines, true).ok() && (*writer)->Commit({}).ok());
    auto* bytes = new std::string(ReadFile(path).value());
    std::filesystem::remove(path);
    return bytes;
  }();
  return *good;
}

void SignSections(std::string* file) {
  TokenFileHeader header;
  std::memcpy(&header, file->data(), sizeof(header));
  for (SectionEntry& entry : header.sections) {
    if (entry.offset > file->size() || entry.bytes > file->size() - entry.offset) continue;
    entry.crc32c = Crc32c({file->data() + entry.offset, entry.bytes});
  }
  const std::string_view bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  header.header_crc32c = Crc32c(bytes.substr(0, offsetof(TokenFileHeader, header_crc32c)));
  std::memcpy(file->data(), &header, sizeof(header));
}

std::string Changed(std::string_view changes) {
  std::string file = GoodFile();
  for (; changes.size() >= 3; changes.remove_prefix(3)) {
    const size_t offset = static_cast<uint8_t>(changes[0]) | static_cast<uint8_t>(changes[1]) << 8;
    file[offset % file.size()] = changes[2];
  }
  SignSections(&file);
  return file;
}

void ReadEverything(const TokenFile& file) {
  uint64_t letters = 0, tokens = 0, work = 0;
  for (uint64_t id = 0; id < file.words(); ++id) {
    for (const char c : file.word(id)) letters += static_cast<unsigned char>(c) + file.count(id);
  }
  for (uint64_t i = 0; i < file.sentences(); ++i) {
    Check(!file.sentence(i).empty());
    tokens += file.sentence(i).size();
  }
  for (const Unit& unit : file.Units(1 + letters % 5)) work += unit.work;
  Check(tokens == file.tokens() && work == tokens);
  if (!file.VerifyTokens(0, file.sentences()).ok()) return;
  for (uint64_t i = 0; i < file.sentences(); ++i) {
    for (const uint32_t id : file.sentence(i)) Check(id < file.words());
  }
}

}  // namespace
}  // namespace shoal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string bytes = data[0] % 2 == 1 ? std::string(rest) : shoal::Changed(rest);
  const int fd = ::memfd_create("tokens", 0);
  shoal::Check(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const auto file = shoal::TokenFile::Open(shoal::Cat("/proc/self/fd/", fd));
  if (file.ok()) shoal::ReadEverything(**file);
  ::close(fd);
  return 0;
}
