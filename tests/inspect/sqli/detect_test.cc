// What is an injection into SQL and what only looks like one.
#include "inspect/sqli/detect.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/inspect/sqli/generated_attacks.h"

namespace gabion::inspect::sqli {
namespace {

class SqliFoundTest : public ::testing::TestWithParam<std::string_view> {};
TEST_P(SqliFoundTest, WithAReason) {
  const Finding finding = detect(GetParam());
  EXPECT_TRUE(finding.found);
  EXPECT_FALSE(finding.reason.empty());
}

class SqliPassesTest : public ::testing::TestWithParam<std::string_view> {};
TEST_P(SqliPassesTest, WithoutAReason) {
  const Finding finding = detect(GetParam());
  EXPECT_FALSE(finding.found) << finding.reason;
  EXPECT_TRUE(finding.reason.empty());
}

INSTANTIATE_TEST_SUITE_P(
    MissedByOthers, SqliFoundTest,
    ::testing::Values(
        "0); show warnings; set @q=0x53454c45435420534c454550283129; prepare stmt from @q; execute stmt;#",
        "' OR 1=1;' ", "[1337 INTO OUTFILE 'xxx'--]", "1337) INTO OUTFILE 'xxx'--", ")-sleep(9999",
        "*/UNION SELECT password FROM users--", "SELECT-id-1.FROM`test`", "1.or-id", "1 or true",
        "9999 or {`if`(2=(select 2 from wp_users where user_login='admin'))}"));

INSTANTIATE_TEST_SUITE_P(
    Known, SqliFoundTest,
    ::testing::Values(
        "0); set @q=0x53454c454354; prepare stmt from @q; execute stmt;#", "' OR 1=1;", "1337 INTO OUTFILE 'xxx'--",
        "123);DROP TABLE users--", ") OR (SELECT password FROM users", ".1or-UTC_DATE--",
        "1 AND JSON_KEYS((SELECT CONVERT((SELECT CONCAT(0x7171706a71,(SELECT (ELT(1=1,1))),0x71)) USING utf8)))"));

// The values of the Core Rule Set's own tests of rules 942100 and 942101.
INSTANTIATE_TEST_SUITE_P(
    CoreRuleSet, SqliFoundTest,
    ::testing::Values("1234 OR 1=1", "-1839' or '1'='1", "-1839\" or \"1\"=\"2", "2010-01-01' sleep(20.to_i) '",
                      "2010-01-01'+sleep(20.to_i)+'", "EmptyValue' and 526=527", "foo') UNION ALL select NULL --",
                      "foo')waitfor delay'5:0:20'--", "JKGHUKGDI8TDHLFJH72FZLFJSKFH' and sleep(12) --",
                      "/path/to/file/unitests.txt') UNION ALL select NULL --",
                      "1'||(select extractvalue(xmltype('<?xml version=\"1.1\" encoding=\"UTF-8\"?><!DOCTYPE root [ "
                      "<!ENTITY % toyop SYSTEM \"https://coreruleset.org/\">%toyop;",
                      "sleep(20)", "unittests@coreruleset.org\" sleep(10.to_i) \"",
                      "\" | type %SystemDrive%\\\\config.ini | \"",
                      "\"unittests@coreruleset.org\"')) and (select*from(select(sleep(5)))x) --"));

INSTANTIATE_TEST_SUITE_P(OtherServers, SqliFoundTest,
                         ::testing::Values("x' AND 1=(SELECT TOP 1 name FROM master..sysdatabases)--",
                                           "1;EXEC('xp_cmd'+'shell')", "x'||UTL_HTTP.REQUEST('http://h/')||'",
                                           "1 and 1=load_extension('x')", "x'; COPY t FROM PROGRAM 'id'--",
                                           "1 or 1 in boolean mode) or sleep(1)#", "admin'--", "admin' #", "')/*",
                                           "'='", "'-'", "' or ''='", "x' or 'x", "1) or (1=1", "\\' or 1=1--",
                                           "*/ or 1=1/*", "1` union select 1#", "1] where 1=1--",
                                           "a' or\xA0"
                                           "1=1-- ",
                                           "1/*!50000or*/1=1", "\\' or 1=1#", "x' or data @> 'y' --",
                                           "0'XOR(if(now()=sysdate(),sleep(15),0))XOR'Z", "1.e(0)union select 1",
                                           "1'^(select(1))^'", "1 or`id`=1", "1 or $$a$$=$$a$$"));

INSTANTIATE_TEST_SUITE_P(
    Prose, SqliPassesTest,
    ::testing::Values("", "O'Brien", "rock 'n' roll", "it's Tom's and Jane's", "don't or can't",
                      "the players' and coaches' lounge", "6' 2\" tall", "5' 10\" or 6'", "5 or 6", "1 and 2 items",
                      "SELECT your size", "union jack", "Please select one from the list below.", "Fish 'n' Chips",
                      "update your profile and set a password", "ok; set it up", "where is it?", "having fun",
                      "like a rolling stone", "'quoted' and 'more quoted'", "\"this\" or \"that\"", "use '-' or '+'",
                      "a <b and c> d", "2+2=4", "a^2+b^2=c^2", "f(x) = 2*x", "12 Main Street #4", "#1 choice",
                      "Hello -- goodbye", "john@example.com", "C# or F#", "Martha's Vineyard (No. 2)",
                      "{\"a\":\"b\",\"c\":[1,2,3],\"d\":\"it's\"}", "x=1 and y=2", "if (a == \"b\" && c == \"d\") {",
                      "The \"--no-deps\" option", "<a href=\"#section\">x</a>", "see sleep(3)",
                      "See <a href=\\\"#a-note\\\">a note</a>.",
                      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0"));

INSTANTIATE_TEST_SUITE_P(
    FlaggedByOthers, SqliPassesTest,
    ::testing::Values("I have read and agree to the <a href=\"/privacy-policy/\">privacy policy</a>", "cos(accckt)",
                      "006--u-m4YIaIyga-cq8yK", "bunting-(epson-10-color-quality-print)/", "total (5); tax included"));

INSTANTIATE_TEST_SUITE_P(OnceReported, SqliPassesTest,
                         ::testing::Values("online==", "onAAAAA==", "Bp5TvJc0Anl onZWXteReQ==",
                                           "http://www.bing.com/search?q=design ontwerp&go=Search", "/on/oNe/oN3zx",
                                           "sid=aGoN.oN-oN"));

// What detect.h says about its limits.
INSTANTIATE_TEST_SUITE_P(FoundThoughHarmless, SqliFoundTest,
                         ::testing::Values("drop table lamp", "\"x\" == \"x\" || 1 == 1"));
INSTANTIATE_TEST_SUITE_P(NotFound, SqliPassesTest, ::testing::Values("5-1", "a=1 and b=c"));

TEST(SqliDetectTest, FindsEveryAttackMadeByRule) {
  std::size_t values = 0;
  for (const GeneratedAttack& attack : generated_attacks()) {
    ASSERT_TRUE(detect(attack.value).found) << attack.kind << ": " << attack.value;
    ++values;
  }
  EXPECT_GT(values, 40'000U);
}

TEST(SqliDetectTest, CoversTheWholeOfALongValue) {
  std::string value;
  while (value.size() < 100'000) {
    value += "it is a long way to the end, (said he) and the 12 others; ";
  }
  EXPECT_FALSE(detect(value).found);
  EXPECT_TRUE(detect(value + "' or 1=1-- ").found);
}

TEST(SqliDetectTest, ReadsAnyBytes) {
  EXPECT_TRUE(detect(std::string_view("1\0or\0"
                                      "1=1",
                                      8))
                  .found);
  EXPECT_FALSE(detect(std::string_view("\xFF\xFE\0\0\xC2", 5)).found);
  EXPECT_FALSE(detect("voil\xC3\xA0 or d\xC3\xA9j\xC3\xA0").found);
}

TEST(SqliDetectTest, IsLinearInWhatLooksNested) {
  for (const std::string_view piece :
       {"[", "(", "/*", "'", "\"'`", "$$", "/**/", "{[(", "''\\", "--", "a.", "select(", "x'#"}) {
    std::string value;
    while (value.size() < 1'000'000) {
      value += piece;
    }
    static_cast<void>(detect(value));  // a quadratic pass would take minutes and end by the test's time limit
  }
}

}  // namespace
}  // namespace gabion::inspect::sqli
