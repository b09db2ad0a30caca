// Which values of a request are looked for, decoded how, and told by which name.
#include "inspect/sql/taint/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace gabion::inspect::sql::taint {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using Values = std::vector<std::string>;

/// "source=value" of each.
Values collect(const std::function<void(Collector&)>& feed, const config::SqlTaintConfig& config = {}) {
  Collector collector(config);
  feed(collector);
  Values values;
  for (const Candidate& candidate : collector.fresh()) {
    values.push_back(std::string(candidate.source) + "=" + std::string(candidate.value));
  }
  return values;
}

Values of_query(std::string_view text) {
  return collect([text](Collector& collector) { collector.add_form("query", text); });
}

TEST(CollectorTest, TakesNoValueThatIsOneTokenWhereverItStands) {
  EXPECT_THAT(of_query("q=hello&id=12345&name=user_name&u=%C3%BCberall&a=1-2&b=&=&c"), IsEmpty());
}

TEST(CollectorTest, TakesAValueAsItCameAndDecoded) {
  EXPECT_THAT(of_query("q=1%27+or+1%3D1"), ElementsAre("query:q=1' or 1=1", "query:q=1%27+or+1%3D1"));
  EXPECT_THAT(of_query("q=1%2527+or"), Contains("query:q=1' or"));
  EXPECT_THAT(of_query("q=%22it%27s%20json%22"), Contains("query:q=it's json"));
  EXPECT_THAT(of_query("q=MScgb3IgMT0x"), ElementsAre("query:q=1' or 1=1"));
  EXPECT_THAT(of_query("q=MScgb3IgMT0xIC0tIA%3D%3D"), Contains("query:q=1' or 1=1 --"));
  EXPECT_THAT(of_query("q=%7B%22a%22%3A%7B%22b%22%3A%22MScgb3IgMT0x%22%7D%7D"), Contains("query:q=1' or 1=1"));
  EXPECT_THAT(of_query("q=%252525252531'"), Not(Contains("query:q=1'")));
}

TEST(CollectorTest, TrimsAndLeavesOutWhatIsShort) {
  EXPECT_THAT(of_query("q=++1%27%27%27%27++"), Contains("query:q=1''''"));
  EXPECT_THAT(of_query("q=++1%27%27%27++"), Not(Contains("query:q=1'''")));
}

TEST(CollectorTest, NamesOfParametersCountAndAreToldSafely) {
  EXPECT_THAT(of_query("a[1'--]=x"), ElementsAre("query=a[1'--]"));
  EXPECT_THAT(of_query("a%27b=it%27sx"), Contains("query:a?27b=it'sx"));
  EXPECT_THAT(of_query(std::string(200, 'n') + "=it's x"),
              ElementsAre("query:" + std::string(kMaxSourceBytes - 6, 'n') + "=it's x"));
}

TEST(CollectorTest, ReadsCookiesPathsAndBodies) {
  EXPECT_THAT(collect([](Collector& collector) { collector.add_cookies("a=it's x; b=c; id=1 or 1=1"); }),
              UnorderedElementsAre("cookie:a=it's x", "cookie:id=1 or 1=1"));
  EXPECT_THAT(collect([](Collector& collector) { collector.add_path("/users/1%20or%201/x"); }),
              UnorderedElementsAre("path=1 or 1", "path=1 or 1/x", "path=1%20or%201/x", "path=users/1 or 1/x",
                                   "path=users/1%20or%201/x"));
  EXPECT_THAT(collect([](Collector& collector) { collector.add_path("/users/1/**/or/1"); }),
              Contains("path=1/**/or/1"));
  EXPECT_THAT(collect([](Collector& collector) { collector.add_path("/api/v1/users/42"); }), IsEmpty());
  EXPECT_THAT(
      collect([](Collector& collector) {
        collector.add_json({"body", {}}, R"({"user": {"name": "O\u0027Brien", "tags": ["a-b-c"]}, "n": -12.5})");
      }),
      UnorderedElementsAre("body:user.name=O'Brien", "body:user.tags.array_0=a-b-c", "body:n=-12.5"));
  EXPECT_THAT(collect([](Collector& collector) {
                collector.add_json({"body", {}}, "{\"a\": \"it's x\"}\n{\"a\": \"that's\"}\n");
              }),
              UnorderedElementsAre("body:a=it's x", "body:a=that's"));
  EXPECT_THAT(collect([](Collector& collector) {
                collector.add_json({"body", {}}, R"({"a": "it's x", "b": ")");
              }),
              ElementsAre("body:a=it's x"));
  EXPECT_THAT(collect([](Collector& collector) {
                collector.add_multipart("multipart/form-data; boundary=b",
                                        "--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nit's x\r\n--b--\r\n");
              }),
              ElementsAre("body:q=it's x"));
}

TEST(CollectorTest, KeepsAsManyAsItMay) {
  config::SqlTaintConfig config;
  std::string query;
  for (int i = 0; i < 100; ++i) {
    query += "q=it's x" + std::to_string(i) + "&";
  }
  EXPECT_THAT(collect([&](Collector& collector) { collector.add_form("query", query); }, config), SizeIs(64));
  config.request_bytes = 1024;
  Collector collector(config);
  collector.add({"query", "q"}, "'" + std::string(1000, 'x'));
  collector.add({"query", "r"}, "'" + std::string(100, 'y'));
  collector.add({"query", "s"}, "'" + std::string(2000, 'z'));
  EXPECT_THAT(collector.fresh(), SizeIs(1));
  EXPECT_EQ(collector.cut(), 2U);
  collector.taken();
  EXPECT_THAT(collector.fresh(), IsEmpty());
  collector.reset();
  collector.add({"query", "r"}, "'" + std::string(100, 'y'));
  EXPECT_THAT(collector.fresh(), SizeIs(1));
}

TEST(CollectorTest, TakesAValueOnce) {
  EXPECT_THAT(of_query("q=it's x&r=it's x"), ElementsAre("query:q=it's x"));
}

}  // namespace
}  // namespace gabion::inspect::sql::taint
