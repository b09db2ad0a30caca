// URLs of the command line: what they mean, and what is no URL to send load to.
#include "bench/load/target.h"

#include <gtest/gtest.h>

namespace gabion::bench {
namespace {

struct GoodUrl {
  const char* url;
  const char* endpoint;
  const char* authority;
  const char* path;
};

TEST(TargetTest, Understands) {
  for (const GoodUrl& each : {
           GoodUrl{"http://127.0.0.1:8080/x?y=1", "127.0.0.1:8080", "127.0.0.1:8080", "/x?y=1"},
           GoodUrl{"http://127.0.0.1", "127.0.0.1:80", "127.0.0.1", "/"},
           GoodUrl{"https://10.0.0.7/", "10.0.0.7:443", "10.0.0.7", "/"},
           GoodUrl{"http://localhost:81/a", "127.0.0.1:81", "localhost:81", "/a"},
           GoodUrl{"http://[::1]:82/a/../b", "[::1]:82", "[::1]:82", "/a/../b"},
           GoodUrl{"https://[::1]", "[::1]:443", "[::1]", "/"},
       }) {
    const auto target = Target::parse(each.url);
    ASSERT_TRUE(target.has_value()) << each.url << ": " << target.error().what;
    EXPECT_EQ(target->endpoint.to_string(), each.endpoint);
    EXPECT_EQ(target->authority, each.authority);
    EXPECT_EQ(target->path, each.path);
  }
}

TEST(TargetTest, NamesAreTheOnlyServerNames) {
  EXPECT_EQ(Target::parse("https://localhost/")->server_name, "localhost");
  EXPECT_EQ(Target::parse("https://127.0.0.1/")->server_name, "");
}

TEST(TargetTest, Refuses) {
  for (const char* url :
       {"", "127.0.0.1:80", "ftp://127.0.0.1/", "http://", "http:///x", "http://example.com/", "http://127.0.0.1:/",
        "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:8o/", "http://::1/", "http://[::1/",
        "http://[::1]x/", "http://u@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/#x", "http://127.0.0.1?x",
        "http://127.0.0.1/\r\nX: y", "http://127.0.0.1:80:80/"}) {
    EXPECT_TRUE(Target::parse(url).has_error()) << url;
  }
}

}  // namespace
}  // namespace gabion::bench
