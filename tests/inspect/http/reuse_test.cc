// The second body of a kind costs no allocation: every malloc is counted.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "inspect/http/arguments.h"
#include "inspect/http/cookies.h"
#include "inspect/http/json_body.h"
#include "inspect/http/multipart.h"
#include "inspect/http/xml_body.h"
#include "tests/support/malloc_count.h"

namespace gabion::inspect::http {
namespace {

struct Parsers {
  Arguments arguments;
  Cookies cookies;
  Multipart multipart;
  JsonBody json;
  XmlBody xml;

  [[nodiscard]] bool read_all() {
    cookies.reset();
    return arguments.parse("a=b+c&d=%41%42&e", '&', 1000) == BodyError::kNone &&
           cookies.add("sid=0123456789abcdef; theme=dark", 1000) == BodyError::kNone &&
           multipart.parse("multipart/form-data; boundary=b",
                           "--b\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\nv\r\n--b\r\n"
                           "Content-Disposition: form-data; name=f; filename=x\r\nX: y\r\n z\r\n\r\nw\r\n--b--\r\n",
                           {}) == BodyError::kNone &&
           json.parse(R"({"user":{"name":"a\u0062 long enough for the heap","roles":["x","y"]},"n":1.5})", {}) ==
               BodyError::kNone &&
           xml.parse("<a b='c&amp;d'>some text that is longer than a short string<e/>&lt;</a>", {}) == BodyError::kNone;
  }
};

TEST(Parsers, AllocateNothingWhenWarm) {
  if (!test::counts_mallocs()) {
    GTEST_SKIP() << "the sanitizer brings its own malloc";
  }
  Parsers parsers;
  ASSERT_TRUE(parsers.read_all());
  EXPECT_GT(test::mallocs_so_far(), 0U);
  const std::size_t before = test::mallocs_so_far();
  EXPECT_TRUE(parsers.read_all());
  EXPECT_EQ(test::mallocs_so_far(), before);
}

}  // namespace
}  // namespace gabion::inspect::http
