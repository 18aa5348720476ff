// Synonyms out of Princeton WordNet's database files, as Debian's wordnet-base installs them in /usr/share/wordnet.
//
// Words of one synset (set of words with one meaning) are synonyms of one another.
//
// Pure but for the files that are read; safe from any thread.
// Source: wndb(5WN), "Data File Format".

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

using WordPair = std::pair<std::string, std::string>;

// Every pair of two single words of one synset, lower case, first < second, each once, sorted. Compounds
// ("alternating_current") are left out. Reads data.noun, data.verb, data.adj and data.adv of `folder`; InvalidArgument
// names the file and line.
absl::StatusOr<std::vector<WordPair>> ReadWordNetSynonyms(const std::string& folder);

}  // namespace shoal
