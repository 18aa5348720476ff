#include "tests/unit/data/corpus_text.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "common/random.h"

namespace shoal {

std::string Gzipped(std::string_view text) {
  z_stream zlib = {};
  deflateInit2(&zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&zlib, text.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  out.resize(zlib.total_out);
  deflateEnd(&zlib);
  return out;
}

std::string XzCompressed(std::string_view text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const uint8_t*>(text.data()),
                                    text.size(), reinterpret_cast<uint8_t*>(out.data()), &size, out.size()),
            LZMA_OK);
  out.resize(size);
  return out;
}

std::string ZstdCompressed(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
  EXPECT_FALSE(ZSTD_isError(size));
  out.resize(size);
  return out;
}

std::string MadeUpText(uint64_t words, uint64_t seed) {
  CounterRandom random(StreamKey(seed, 0));
  std::string text;
  for (uint64_t i = 0; i < words; ++i) {
    // The quotient of uniform numbers: low ranks are common, most ranks rare.
    const uint64_t rank = 1000 / (1 + random.NextBelow(1000)) * (1 + random.NextBelow(20));
    text += Cat("word", rank, random.NextBelow(12) == 0 ? "\n" : " ");
  }
  return text;
}

job::Corpus PlainCorpus(const std::string& path) {
  job::Corpus corpus;
  corpus.add_path(path);
  corpus.set_normalisation(job::Corpus::AS_IS);
  corpus.set_min_count(1);
  corpus.set_threads(2);
  return corpus;
}

std::unique_ptr<TokenFile> PrepareAndOpen(const job::Corpus& corpus, const TemporaryFolder& folder) {
  const auto prepared = PrepareCorpus(corpus, folder.Path("cache"), nullptr);
  EXPECT_TRUE(prepared.ok()) << prepared.status();
  if (!prepared.ok()) return nullptr;
  auto file = TokenFile::Open(prepared->path);
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return nullptr;
  EXPECT_TRUE((*file)->VerifyTokens(0, (*file)->sentences()).ok());
  return *std::move(file);
}

std::string PrepareError(const job::Corpus& corpus, const TemporaryFolder& folder) {
  const auto prepared = PrepareCorpus(corpus, folder.Path("cache"), nullptr);
  EXPECT_FALSE(prepared.ok());
  return std::string(ToStd(prepared.status().message()));
}

std::vector<std::string> SentencesOf(const TokenFile& file) {
  std::vector<std::string> sentences(file.sentences());
  for (uint64_t i = 0; i < file.sentences(); ++i) {
    for (const uint32_t id : file.sentence(i)) {
      sentences[i] += Cat(sentences[i].empty() ? "" : " ", file.word(id));
    }
  }
  return sentences;
}

}  // namespace shoal
