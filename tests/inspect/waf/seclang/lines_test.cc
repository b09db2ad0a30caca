// Continued lines, comments and quotes, the way rule files use them.
#include "inspect/waf/seclang/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::inspect::waf::seclang {
namespace {

using testing::ElementsAre;

std::vector<std::string> directives(std::string_view text) {
  std::vector<std::string> found;
  DirectiveReader reader(text);
  while (const auto directive = reader.next()) {
    found.push_back(std::to_string(directive->line) + "|" + directive->text);
  }
  return found;
}

TEST(DirectiveReaderTest, JoinsAndSkips) {
  const struct {
    const char* what;
    std::string_view text;
    std::vector<std::string> found;
  } cases[] = {
      {"nothing", "", {}},
      {"blank lines and comments", "\n  \n# a\n  # b\n", {}},
      {"one line without its end", "A b", {"1|A b"}},
      {"carriage returns", "A b\r\nC\r\n", {"1|A b", "2|C"}},
      {"continued", "A \\\n  b,\\\n  c\nD", {"1|A   b,  c", "4|D"}},
      {"continued with carriage returns", "A \\\r\n b\r\nD", {"1|A  b", "3|D"}},
      {"continued up to the end of the text", "A \\\n", {"1|A \\"}},
      {"a comment inside", "A \\\n  # not this, \\\n  b\nC", {"1|A   b", "4|C"}},
      {"comments inside", "A \\\n#1\n#2\n  b \\\n#3\nC", {"1|A   b C"}},
      {"a comment at the end of a continued line", "A \\\n# last", {"1|A "}},
      {"a backslash that is not last", "A \\ \nB", {"1|A \\ ", "2|B"}},
      {"a comment that only looks continued", "# C:\\\nA b", {"2|A b"}},
      {"a commented rule goes on", "#SecRule ARGS \\\n  \"id:1,\\\n  pass\"\nA", {"4|A"}},
      {"a commented action goes on", " # secaction \\\n  \"id:1\"\nA", {"3|A"}},
      {"but never over a directive", "#SecRule ARGS \\\nSecAction id:1", {"2|SecAction id:1"}},
      {"nor over an include", "#SecRule ARGS \\\nInclude x", {"2|Include x"}},
      {"byte order mark", "\xEF\xBB\xBFSecAction id:1", {"1|SecAction id:1"}},
  };
  for (const auto& [what, text, found] : cases) {
    EXPECT_EQ(directives(text), found) << what;
  }
}

TEST(WordsTest, QuotesAndBackslashes) {
  const struct {
    std::string_view text;
    std::vector<std::string> words;
  } cases[] = {
      {"", {}},
      {"  a  b ", {"a", "b"}},
      {R"("a b" 'c d' e)", {"a b", "c d", "e"}},
      {R"("a\"b")", {R"(a"b)"}},
      {R"('it\'s')", {"it's"}},
      {R"("\d\\.\x5c\n")", {R"(\d\\.\x5c\n)"}},
      {R"("ends with \\" next)", {R"(ends with \\)", "next"}},
      {R"("three \\\" more")", {R"(three \\" more)"}},
      {R"("a 'b' c")", {"a 'b' c"}},
      {R"(TX:'/a b/'|ARGS "x")", {"TX:'/a b/'|ARGS", "x"}},
      {R"("" x)", {"", "x"}},
      {R"(a"b c)", {R"(a"b)", "c"}},
  };
  for (const auto& [text, words] : cases) {
    Remarks remarks;
    EXPECT_EQ(words_of(text, remarks), words) << text;
    EXPECT_TRUE(remarks.errors.empty()) << text;
  }
}

}  // namespace
}  // namespace gabion::inspect::waf::seclang
