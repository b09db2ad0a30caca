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

std::string lines_of(const http2::FieldBlock& block) {
  std::string lines;
  for (std::size_t i = 0; i < block.size(); ++i) {
    lines.append(block[i].name).append("=").append(block[i].value).append("\n");
  }
  return lines;
}

/// RFC 8441 §5: 200 opens the WebSocket, and the answer to the key that we made is nobody's business.
TEST(ForwardHttp2, SaysASwitchWith200) {
  http1::Head head;
  head.status = 101;
  head.fields = {{"Sec-WebSocket-Accept", "x"},
                 {"Connection", "Upgrade"},
                 {"Upgrade", "websocket"},
                 {"Sec-WebSocket-Protocol", "chat"}};
  head.ids = {http1::FieldId::kOther, http1::FieldId::kConnection, http1::FieldId::kUpgrade, http1::FieldId::kOther};
  http2::FieldBlock block;
  list_response_fields(block, head, {});
  EXPECT_EQ(lines_of(block), ":status=200\nsec-websocket-protocol=chat\n");
}

TEST_F(ForwardHttp2Test, SaysAnUpgradeAsAnExtendedConnect) {
  judged_.method = "GET";
  judged_.query = "q";
  judged_.has_query = true;
  fields_ = {{"Sec-WebSocket-Version", "13"},
             {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
             {"connection", "Upgrade"},
             {"upgrade", "websocket"},
             {"sec-websocket-extensions", "permessage-deflate"}};
  judged_.fields = fields_;
  http2::FieldBlock block;
  list_connect_fields(block, judged_, "https");
  EXPECT_EQ(lines_of(block),
            ":method=CONNECT\n:protocol=websocket\n:scheme=https\n:authority=orders.shop\n:path=/a/b?q\n"
            "sec-websocket-version=13\nsec-websocket-extensions=permessage-deflate\n");
}

/// RFC 7540 §3.2: nothing of the hop, nor of what Connection names.
TEST(ForwardHttp2, MakesAnUpgradedRequestStreamOne) {
  http1::Head head;
  head.method = "GET";
  head.target = "/a?b";
  head.authority = "orders.shop";
  head.names_connection_options = true;
  head.te_trailers = true;
  const std::pair<inspect::HeaderField, http1::FieldId> fields[] = {
      {{"Host", "orders.shop"}, http1::FieldId::kHost},
      {{"Connection", "Upgrade, HTTP2-Settings, X-Hop"}, http1::FieldId::kConnection},
      {{"Upgrade", "h2c"}, http1::FieldId::kUpgrade},
      {{"HTTP2-Settings", "AAMAAABk"}, http1::FieldId::kHttp2Settings},
      {{"X-Hop", "1"}, http1::FieldId::kOther},
      {{"X-Kept", "2"}, http1::FieldId::kOther},
      {{"TE", "trailers"}, http1::FieldId::kTe},
      {{"Keep-Alive", "5"}, http1::FieldId::kKeepAlive}};
  for (const auto& [field, id] : fields) {
    head.fields.push_back(field);
    head.ids.push_back(id);
  }
  http2::FieldBlock block;
  list_upgraded_request(block, head);
  EXPECT_EQ(lines_of(block), ":method=GET\n:scheme=http\n:authority=orders.shop\n:path=/a?b\nx-kept=2\nte=trailers\n");
}

}  // namespace
}  // namespace gabion::proxy
