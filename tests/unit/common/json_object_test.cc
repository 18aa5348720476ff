#include "common/json_object.h"

#include <gtest/gtest.h>

#include "common/status.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

JsonObject Parsed(std::string_view text) {
  const auto object = JsonObject::Parse(text);
  EXPECT_TRUE(object.ok()) << object.status();
  return object.value_or(JsonObject());
}

TEST(JsonObjectTest, FieldsAreReadByTheirType) {
  const JsonObject object = Parsed(
      R"({"n":-2.5,"words":69397,"t":"a \"b\"","inner":{"x":1,"y":2},"list":[{"i":1},{}],"texts":["a","b"],"sizes":[64,3,-1]})");
  EXPECT_EQ(object.Number("n"), -2.5);
  EXPECT_EQ(object.Count("words"), 69397u);
  EXPECT_EQ(object.Text("t"), "a \"b\"");
  EXPECT_EQ(object.Object("inner").Number("y"), 2);
  EXPECT_EQ(object.Numbers("inner"), (std::map<std::string, double>{{"x", 1}, {"y", 2}}));
  ASSERT_EQ(object.Objects("list").size(), 2u);
  EXPECT_EQ(object.Objects("list")[0].Number("i"), 1);
  EXPECT_EQ(object.Texts("texts"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(object.Counts("sizes"), (std::vector<uint64_t>{64, 3, 0}));
  EXPECT_EQ(object.Names(), (std::vector<std::string>{"inner", "list", "n", "sizes", "t", "texts", "words"}));
}

TEST(JsonObjectTest, WhatIsMissingOrOfAnotherTypeIsEmptyOrZero) {
  const JsonObject object = Parsed(R"({"text":"t","number":1,"null":null})");
  for (const char* key : {"missing", "text", "null"}) EXPECT_EQ(object.Number(key), 0) << key;
  for (const char* key : {"missing", "number", "null"}) {
    EXPECT_EQ(object.Text(key), "") << key;
    EXPECT_EQ(object.Object(key).Text("t"), "") << key;
    EXPECT_TRUE(object.Objects(key).empty()) << key;
    EXPECT_TRUE(object.Texts(key).empty()) << key;
    EXPECT_TRUE(object.Counts(key).empty()) << key;
    EXPECT_TRUE(object.Numbers(key).empty()) << key;
  }
}

TEST(JsonObjectTest, WhatIsNullIsNotThere) {
  const JsonObject object = Parsed(R"({"zero":0,"null":null})");
  EXPECT_TRUE(object.Has("zero"));
  EXPECT_FALSE(object.Has("null"));
  EXPECT_FALSE(object.Has("missing"));
}

TEST(JsonObjectTest, CountsStayWithinTheirType) {
  const JsonObject object = Parsed(R"({"below":-3,"above":1e300})");
  EXPECT_EQ(object.Count("below"), 0u);
  EXPECT_EQ(object.Count("above"), uint64_t{1} << 63);
}

TEST(JsonObjectTest, WhatIsNoObjectIsRefusedOnOneLine) {
  for (const char* text : {"", "[1]", "{\"a\"", "words"}) {
    const absl::Status status = JsonObject::Parse(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(ToStd(status.message()).find("not a JSON object: "), 0u) << status;
    EXPECT_EQ(ToStd(status.message()).find('\n'), std::string_view::npos) << status;
  }
}

TEST(JsonObjectTest, AFileThatHoldsNoObjectIsNamed) {
  const TemporaryFolder folder;
  EXPECT_EQ(JsonObject::Load(folder.Path("none.json")).status().code(), absl::StatusCode::kNotFound);
  const std::string path = folder.Write("broken.json", "{\"status\"\n");
  const absl::Status status = JsonObject::Load(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ToStd(status.message()).find(Cat(path, " is not a JSON object: ")), 0u) << status;
}

}  // namespace
}  // namespace shoal
