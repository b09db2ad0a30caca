// Variables that are made of the whole request, of the status and of the clock, with the values of ModSecurity v3.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "tests/inspect/waf/engine/exchange.h"

namespace gabion::inspect::waf::engine {
namespace {

const std::string kOn = "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\n";

Exchange post() {
  Exchange exchange;
  exchange.method = "POST";
  exchange.headers = {{"Host", "a.example"}, {"X", "1"}, {"X", "2"}};
  exchange.body = "a=1";
  return exchange;
}

TEST(FullRequest, IsFieldsTwoEmptyLinesAndTheBodyFromPhase2On) {
  Engine engine(kOn +
                "SecRule FULL_REQUEST \"@rx .\" \"id:1,phase:1,pass\"\n"
                "SecRule &FULL_REQUEST \"@eq 1\" \"id:2,phase:1,pass\"\n"
                "SecRule FULL_REQUEST \"@rx \\AHost: a.example\\nX: 1\\nX: 2\\n\\n\\na=1\\z\" \"id:3,phase:2,pass\"\n"
                "SecRule FULL_REQUEST_LENGTH \"@eq 31\" \"id:4,phase:2,pass\"\n"
                "SecRule FULL_REQUEST \"@contains a.example\" \"id:5,phase:3,pass\"\n");
  auto exchange = post();
  exchange.status = 200;
  EXPECT_EQ(ids_of(engine.run(exchange)), (Ids{2, 3, 4, 5}));
}

TEST(FullRequest, HasNoBodyWhereThereIsNone) {
  Engine engine(kOn + "SecRule FULL_REQUEST \"@rx \\AHost: a.example\\n\\n\\n\\z\" \"id:1,phase:2,pass\"\n");
  EXPECT_EQ(ids_of(engine.run({})), Ids{1});
}

TEST(FullRequest, IsThereForAMacroToo) {
  Engine engine(kOn + "SecRule ARGS:a \"@eq 1\" \"id:1,phase:2,pass,msg:'%{FULL_REQUEST_LENGTH}'\"\n");
  auto exchange = post();
  exchange.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  const auto& judged = engine.run(exchange);
  ASSERT_EQ(judged.hits().size(), 1U);
  EXPECT_EQ(judged.hits().front().message, "79");
}

TEST(FullRequest, IsNotMadeForRulesThatDoNotAsk) {
  EXPECT_FALSE(Engine(kOn + "SecRule REQUEST_BODY \"@rx x\" \"id:1,phase:2,pass\"\n").plan().reads_full_request);
}

TEST(StatusLine, IsTheStatus) {
  Engine engine(kOn +
                "SecRule STATUS_LINE \"@streq 404\" \"id:1,phase:3,pass\"\n"
                "SecRule RESPONSE_STATUS \"@streq 404\" \"id:2,phase:3,pass\"\n"
                "SecRule RESPONSE_PROTOCOL \"@streq HTTP/1.1\" \"id:3,phase:3,pass\"\n"
                "SecRule STATUS_LINE \"@rx .\" \"id:4,phase:2,pass\"\n");
  Exchange exchange;
  exchange.status = 404;
  EXPECT_EQ(ids_of(engine.run(exchange)), (Ids{1, 2, 3}));
}

/// The zone of the process for the life of this, then the one before.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* before = std::getenv("TZ")) {
      before_ = before;
    }
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::optional<std::string> before_;
};

TEST(Clock, IsTheLocalOne) {
  Engine engine(
      kOn +  // `now` is 2023-11-14 22:13:20 UTC, a Tuesday
      "SecRule TIME \"@streq 03:13:20\" \"id:1,phase:1,pass\"\nSecRule TIME_HOUR \"@streq 03\" \"id:2,phase:1,pass\"\n"
      "SecRule TIME_DAY \"@eq 15\" \"id:3,phase:1,pass\"\nSecRule TIME_WDAY \"@eq 3\" \"id:4,phase:1,pass\"\n"
      "SecRule TIME_MON \"@eq 10\" \"id:5,phase:1,pass\"\nSecRule TIME_YEAR \"@eq 2023\" \"id:6,phase:1,pass\"\n"
      "SecRule TIME_EPOCH \"@eq 1700000000\" \"id:7,phase:1,pass\"\n"
      "SecRule TIME \"@streq 22:13:20\" \"id:8,phase:1,pass\"\nSecRule TIME_MIN \"@eq 13\" \"id:9,phase:1,pass\"\n"
      "SecRule TIME_SEC \"@eq 20\" \"id:10,phase:1,pass\"\n");
  {
    const Zone zone("XYZ-5");
    EXPECT_EQ(ids_of(engine.run({})), (Ids{1, 2, 3, 4, 5, 6, 7, 9, 10}));
  }
  const Zone zone("UTC0");
  EXPECT_EQ(ids_of(engine.run({})), (Ids{5, 6, 7, 8, 9, 10}));
}

}  // namespace
}  // namespace gabion::inspect::waf::engine
