// Text for tests of corpora: written to files in each stored form, prepared, and read back as words.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/prepare.h"
#include "data/token_file.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {

std::string Gzipped(std::string_view text);
std::string XzCompressed(std::string_view text);
std::string ZstdCompressed(std::string_view text);

// Sentences of made-up words whose frequencies fall as those of a language do; a function of its arguments.
std::string MadeUpText(uint64_t words, uint64_t seed);

// A corpus of one path that keeps every word as it is.
job::Corpus PlainCorpus(const std::string& path);

// The corpus' token file, prepared in folder/cache. Fails the test where that fails.
std::unique_ptr<TokenFile> PrepareAndOpen(const job::Corpus& corpus, const TemporaryFolder& folder);

// The message of the error that preparing ends with.
std::string PrepareError(const job::Corpus& corpus, const TemporaryFolder& folder);

// "a b", "c": each sentence's words.
std::vector<std::string> SentencesOf(const TokenFile& file);

}  // namespace shoal
