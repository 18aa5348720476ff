#include "tests/unit/job_runs/topic_corpus.h"

#include <algorithm>
#include <cmath>

#include "common/random.h"
#include "common/text.h"

namespace shoal {
namespace {

// In [0, count), about inversely by its rank.
uint32_t ZipfLike(CounterRandom& random, uint32_t count) {
  const double drawn = std::pow(static_cast<double>(count) + 1, random.NextFloat()) - 1;
  return std::min(count - 1, static_cast<uint32_t>(drawn));
}

}  // namespace

std::string TopicCorpus::TopicWord(uint32_t topic, uint32_t word) { return Cat("t", topic, "w", word); }

std::string TopicCorpus::Text() const {
  constexpr float kShareOfTopic = 0.7f;
  std::string text;
  CounterRandom random(seed);
  for (uint32_t sentence = 0; sentence < sentences; ++sentence) {
    const uint32_t topic = random.NextBelow(topics);
    for (uint32_t i = 0; i < words_of_a_sentence; ++i) {
      const bool own = random.NextFloat() < kShareOfTopic;
      const uint32_t word = ZipfLike(random, own ? words_of_a_topic : shared_words);
      text += own ? TopicWord(topic, word) : Cat("shared", word);
      text += i + 1 == words_of_a_sentence ? '\n' : ' ';
    }
  }
  return text;
}

}  // namespace shoal
