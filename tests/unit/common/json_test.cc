#include "common/json.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace shoal {
namespace {

TEST(JsonTest, NestedValuesAreSeparatedByCommasOnlyWhereTheyFollowOneAnother) {
  JsonWriter json;
  json.BeginObject().Key("a").Number(1).Key("b").BeginArray().EndArray().Key("c").BeginArray();
  json.Bool(true).Null().BeginObject().EndObject().EndArray().EndObject();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[],"c":[true,null,{}]})");
}

TEST(JsonTest, IntegersBeyondTwoToThe53KeepEveryDigit) {
  JsonWriter json;
  json.Number(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(json.text(), "18446744073709551615");
}

TEST(JsonTest, FloatingNumbersTakeTheFewestDigitsThatReadBackTheSame) {
  JsonWriter json;
  json.BeginArray().Number(0.1).Number(2.5e-6).Number(1e300).EndArray();
  EXPECT_EQ(json.text(), "[0.1,2.5e-06,1e+300]");
}

TEST(JsonTest, WhatIsNotANumberIsNull) {
  JsonWriter json;
  json.Number(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(json.text(), "null");
}

TEST(JsonTest, QuotesBackslashesAndControlCharactersAreEscaped) {
  JsonWriter json;
  json.String("a\"b\\c\n");
  EXPECT_EQ(json.text(), R"("a\"b\\c\u000a")");
}

TEST(JsonTest, WellFormedUtf8IsKeptAndOtherBytesAreReplaced) {
  JsonWriter json;
  // An e with acute, an emoji; a lone continuation, an overlong slash, a surrogate, a cut sequence.
  json.String("\xc3\xa9\xf0\x9f\x90\x9f|\x80|\xc0\xaf|\xed\xa0\x80|\xe2\x82");
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(json.text(), "\"\xc3\xa9\xf0\x9f\x90\x9f|" + r + "|" + r + r + "|" + r + r + r + "|" + r + r + "\"");
}

}  // namespace
}  // namespace shoal
