// The second body of a kind costs no allocation: every malloc is counted.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "inspect/http/arguments.h"
#include "inspect/http/cookies.h"
#include "inspect/http/json_body.h"
#include "inspect/http/multipart.h"
#include "inspect/http/xml_body.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GABION_COUNTS_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define GABION_COUNTS_MALLOC 0
#endif
#endif
#if !defined(GABION_COUNTS_MALLOC)
#define GABION_COUNTS_MALLOC 1
#endif

namespace {

thread_local std::size_t mallocs = 0;

}  // namespace

#if GABION_COUNTS_MALLOC
// glibc's own entry: memory from here is freed by its free() as any other.
extern "C" void* __libc_malloc(std::size_t size);  // NOLINT(bugprone-reserved-identifier)
extern "C" void* malloc(std::size_t size) {
  ++mallocs;
  return __libc_malloc(size);
}
#endif

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
  if (GABION_COUNTS_MALLOC == 0) {
    GTEST_SKIP() << "the sanitizer owns malloc";
  }
  Parsers parsers;
  ASSERT_TRUE(parsers.read_all());
  EXPECT_GT(mallocs, 0u);
  const std::size_t before = mallocs;
  EXPECT_TRUE(parsers.read_all());
  EXPECT_EQ(mallocs, before);
}

}  // namespace
}  // namespace gabion::inspect::http
