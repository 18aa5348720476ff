#include "data/normalizer.h"

#include <string>

#include "common/random.h"
#include "common/text.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using Corpus = job::Corpus;

std::string Raw(const Normalizer& normalizer, std::string_view text, CorpusCounts* counts) {
  Buffer out;
  normalizer.Normalize(text, &out, counts);
  return std::string(out.view());
}

// Several spaces become one, so that what a test expects reads well.
std::string Squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' || (!out.empty() && out.back() != ' ' && out.back() != '\n')) out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  for (size_t at; (at = out.find(" \n")) != out.npos;) out.erase(at, 1);
  return out;
}

std::string Normal(Corpus::Normalisation form, Corpus::Digits digits, std::string_view text) {
  CorpusCounts counts;
  return Squeezed(Raw(Normalizer(form, digits), text, &counts));
}

TEST(NormalizerTest, AsIsLeavesWordsAsTheyStand) {
  EXPECT_EQ(Normal(Corpus::AS_IS, Corpus::KEEP, "Mr. O'Neil, 42\tÉtats-Unis\n"), "Mr. O'Neil, 42 États-Unis\n");
}

TEST(NormalizerTest, LowerCaseReachesEveryScript) {
  EXPECT_EQ(Normal(Corpus::LOWER_CASE, Corpus::KEEP, "ÉCOLE Straße ПРИВЕТ ΑΘΗΝΑ A.B."),
            "école straße привет αθηνα a.b.");
}

TEST(NormalizerTest, LettersOfAnyScriptAreKeptAndEverythingElseSeparates) {
  EXPECT_EQ(Normal(Corpus::LETTERS, Corpus::KEEP, "Don't—stop: «Ünïted» 東京、大阪 x²=4!"),
            "don t stop ünïted 東京 大阪 x 4");
}

TEST(NormalizerTest, MarksBelongToTheWordTheyStandInButBeginNone) {
  EXPECT_EQ(Normal(Corpus::LETTERS, Corpus::KEEP, "हिन्दी e\xcc\x81t \xcc\x81solo"), "हिन्दी e\xcc\x81t solo");
}

TEST(NormalizerTest, Text8KeepsAToZOnly) {
  EXPECT_EQ(Normal(Corpus::TEXT8, Corpus::SPELL, "The café's 2nd row: ٣ & 10%"), "the caf s two nd row one zero");
}

TEST(NormalizerTest, DigitsAreKeptSpelledOrDropped) {
  EXPECT_EQ(Normal(Corpus::LETTERS, Corpus::KEEP, "b2b 42"), "b2b 42");
  EXPECT_EQ(Normal(Corpus::LETTERS, Corpus::SPELL, "b2b 42 ٤"), "b two b four two four");
  EXPECT_EQ(Normal(Corpus::LETTERS, Corpus::DROP, "b2b 42 ٤ x"), "b b x");
  EXPECT_EQ(Normal(Corpus::AS_IS, Corpus::SPELL, "3.5"), "three . five");
}

TEST(NormalizerTest, UnicodeWhiteSpaceSeparatesInEveryForm) {
  EXPECT_EQ(Normal(Corpus::AS_IS, Corpus::KEEP, "a\u00a0b\u3000c\u2028d\u0085e\vf"), "a b c d e f");
}

TEST(NormalizerTest, CarriageReturnsAndControlCharactersAreWhiteSpace) {
  EXPECT_EQ(Normal(Corpus::AS_IS, Corpus::KEEP,
                   "a b\r\nc\x01"
                   "d\r\n"),
            "a b\nc d\n");
}

TEST(NormalizerTest, NulBytesAreWhiteSpaceAndCounted) {
  CorpusCounts counts;
  EXPECT_EQ(Squeezed(Raw(Normalizer(Corpus::AS_IS, Corpus::KEEP), std::string_view("a\0b\0\0c", 6), &counts)), "a b c");
  EXPECT_EQ(counts.nul_bytes, 3);
}

TEST(NormalizerTest, InvalidUtf8IsReplacedAndCounted) {
  CorpusCounts counts;
  EXPECT_EQ(Raw(Normalizer(Corpus::LOWER_CASE, Corpus::KEEP),
                "A\xff"
                "B \xe2\x82 \xc3\xa9",
                &counts),
            "a\ufffdb \ufffd é");
  EXPECT_EQ(counts.invalid_utf8, 2);
}

TEST(NormalizerTest, AWordOfInvalidBytesVanishesWhereOnlyLettersAreKept) {
  EXPECT_EQ(Normal(Corpus::LETTERS, Corpus::KEEP, "a \xff\xff b"), "a b");
}

// text8's form as Mahoney's wikifil.pl makes it, for one line: lower case, digits spelled, others to one space.
std::string Text8Reference(std::string_view text) {
  static constexpr const char* kDigits[] = {"zero", "one", "two",   "three", "four",
                                            "five", "six", "seven", "eight", "nine"};
  std::string out;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c + 32);
    } else if (c >= 'a' && c <= 'z') {
      out += c;
    } else if (c >= '0' && c <= '9') {
      out += Cat(" ", kDigits[c - '0'], " ");
    } else {
      out += c == '\n' ? '\n' : ' ';
    }
  }
  return Squeezed(out);
}

TEST(NormalizerTest, AnyBytesBecomeTheText8FormOfTheReference) {
  const Normalizer normalizer(Corpus::TEXT8, Corpus::SPELL);
  CounterRandom random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    // Letters mostly, so that whole blocks are plain and special bytes stand at every place of a block.
    const uint32_t length = random.NextBelow(200);
    for (uint32_t i = 0; i < length; ++i) {
      const uint32_t kind = random.NextBelow(40);
      text += static_cast<char>(kind == 0 ? random.NextBelow(256) : kind < 6 ? ' ' : "aZ9e\nTq"[random.NextBelow(7)]);
    }
    CorpusCounts counts;
    ASSERT_EQ(Squeezed(Raw(normalizer, text, &counts)), Text8Reference(text)) << round;
  }
}

TEST(NormalizerTest, BlocksAndSingleBytesAgreeInEveryForm) {
  CounterRandom random(8);
  std::string text;
  for (int i = 0; i < 3000; ++i) text += static_cast<char>(random.NextBelow(3) == 0 ? random.NextBelow(128) : 'x');
  for (const auto form : {Corpus::AS_IS, Corpus::LOWER_CASE, Corpus::LETTERS, Corpus::TEXT8}) {
    for (const auto digits : {Corpus::KEEP, Corpus::SPELL, Corpus::DROP}) {
      const Normalizer normalizer(form, digits);
      CorpusCounts whole_counts, single_counts;
      const std::string whole = Raw(normalizer, text, &whole_counts);
      std::string single;
      for (const char c : text) single += Raw(normalizer, {&c, 1}, &single_counts);
      EXPECT_EQ(whole, single) << form << " " << digits;
      EXPECT_EQ(whole_counts.nul_bytes, single_counts.nul_bytes);
    }
  }
}

TEST(NormalizerTest, NormalFormIsPaddedWithZeros) {
  Buffer out;
  CorpusCounts counts;
  Normalizer(Corpus::LOWER_CASE, Corpus::SPELL).Normalize("99999999999999999999", &out, &counts);
  const char* const end = reinterpret_cast<const char*>(out.data()) + out.size();
  EXPECT_EQ(std::string(end, kNormalPadding), std::string(kNormalPadding, '\0'));
}

std::string WithoutDocTags(std::string text, bool starts_line) {
  BlankDocTags(text.data(), text.size(), starts_line);
  return Squeezed(text);
}

TEST(BlankDocTagsTest, DocLinesVanishAndOtherTagsStay) {
  EXPECT_EQ(WithoutDocTags("<doc id=\"1\" title=\"T\">\nT\n\na <doc b\n<poem>\n</doc>\n", true),
            "\nT\n\na <doc b\n<poem>\n\n");
}

TEST(BlankDocTagsTest, ATagAtTheStartCountsOnlyWhereALineStarts) {
  EXPECT_EQ(WithoutDocTags("<doc x>\n", true), "\n");
  EXPECT_EQ(WithoutDocTags("<doc x>\n", false), "<doc x>\n");
}

}  // namespace
}  // namespace shoal
