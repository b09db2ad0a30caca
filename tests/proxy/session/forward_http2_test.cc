// A judged request in the words of HTTP/2: what stands in front, what is lower case, what is left out.
#include <gtest/gtest.h>

#include <string>

#include "proxy/session/forward.h"

namespace gabion::proxy {
namespace {

class ForwardHttp2Test : public ::testing::Test {
 protected:
  ForwardHttp2Test() {
    judged_.method = "POST";
    judged_.path = "/a/b";
    judged_.authority = "orders.shop";
    fields_ = {{"X-Mixed-Case", "Yes"}, {"Digest", "sha-256=x"}};
    judged_.fields = fields_;
    head_.framing = http1::Framing::kLength;
    head_.content_length = 5;
    head_.has_content_length = true;
  }
  std::string written(BodyFields body = BodyFields::kKept) {
    http2::FieldBlock block;
    list_request_fields(block, judged_, head_, body, "https");
    std::string lines;
    for (std::size_t i = 0; i < block.size(); ++i) {
      lines.append(block[i].name).append("=").append(block[i].value).append("\n");
    }
    return lines;
  }

  inspect::RequestHead judged_;
  http1::Head head_;
  std::vector<inspect::HeaderField> fields_;
};

TEST_F(ForwardHttp2Test, PutsPseudoHeaderFieldsFirstAndNamesInLowerCase) {
  EXPECT_EQ(written(),
            ":method=POST\n:scheme=https\n:authority=orders.shop\n:path=/a/b\nx-mixed-case=Yes\ndigest=sha-256=x\n"
            "content-length=5\n");
}

TEST_F(ForwardHttp2Test, JoinsPathAndQuery) {
  judged_.query = "q=1";
  judged_.has_query = true;
  EXPECT_NE(written().find(":path=/a/b?q=1\nx-mixed-case=Yes\n"), std::string::npos);
  judged_.query = "";
  EXPECT_NE(written().find(":path=/a/b?\n"), std::string::npos);
}

TEST_F(ForwardHttp2Test, SaysNothingOfABodyThatLeavesOtherwise) {
  EXPECT_EQ(written(BodyFields::kReframed).find("content-length"), std::string::npos);
  EXPECT_EQ(written(BodyFields::kReframed).find("digest"), std::string::npos);
  EXPECT_NE(written(BodyFields::kUndigested).find("content-length=5"), std::string::npos);
  EXPECT_EQ(written(BodyFields::kUndigested).find("digest"), std::string::npos);
}

TEST_F(ForwardHttp2Test, PassesOnThatTrailersAreUnderstood) {
  EXPECT_EQ(written().find("te="), std::string::npos);
  head_.te_trailers = true;
  EXPECT_NE(written().find("te=trailers\n"), std::string::npos);
}

TEST_F(ForwardHttp2Test, LeavesOutAnEmptyAuthority) {
  judged_.authority = {};
  EXPECT_EQ(written().find(":authority"), std::string::npos);
}

}  // namespace
}  // namespace gabion::proxy
