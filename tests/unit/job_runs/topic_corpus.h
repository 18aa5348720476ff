// TopicCorpus: a small text with something to learn in it, for whole jobs in tests.
//
// Each sentence is of one topic: most of its words are drawn from the topic's own, by a Zipf-like law, the rest from
// words that all topics share. So words of a topic end up near each other.
//
// Thread rule: pure functions; safe from any thread.

#pragma once

#include <cstdint>
#include <string>

namespace shoal {

struct TopicCorpus {
  uint32_t topics = 5;
  uint32_t words_of_a_topic = 40;
  uint32_t shared_words = 40;
  uint32_t sentences = 4000;
  uint32_t words_of_a_sentence = 12;
  uint64_t seed = 1;

  // A sentence a line. The same for the same settings.
  std::string Text() const;

  // "t2w7", "shared3".
  static std::string TopicWord(uint32_t topic, uint32_t word);
};

}  // namespace shoal
