// Heads on their way on: what stays, what goes, what is made anew.
#include "proxy/session/forward.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "proxy/protocol/http1/decoder.h"
#include "tests/proxy/session/collector.h"

namespace gabion::proxy {
namespace {

/// What a head looks like once written: its lines in order, without CRLF and the empty one at the end.
struct Written {
  explicit Written(SendQueue& queue) {
    Collector collector;
    EXPECT_EQ(queue.flush(collector), SendQueue::Flush::kDrained);
    std::string& text = collector.text;
    EXPECT_TRUE(text.ends_with("\r\n\r\n"));
    for (std::size_t begin = 0, end = 0; (end = text.find("\r\n", begin)) != begin && end != std::string::npos;
         begin = end + 2) {
      lines.push_back(text.substr(begin, end - begin));
    }
  }
  [[nodiscard]] bool has(const std::string& line) const { return std::count(lines.begin(), lines.end(), line) == 1; }
  /// How many fields have this name, in any case.
  [[nodiscard]] int fields(std::string_view lower) const {
    return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.size() > lower.size() && line[lower.size()] == ':' &&
             http1::equals_lower(std::string_view(line).substr(0, lower.size()), lower);
    }));
  }
  std::vector<std::string> lines;
};

/// The judged target.
struct Target {
  std::string_view path = "/";
  std::string_view query = {};
  bool has_query = false;
};

class ForwardTest : public ::testing::Test {
 protected:
  const http1::Head& decode(http1::Decoder& decoder, std::string text) {
    bytes_ = std::move(text);
    EXPECT_EQ(decoder.next({bytes_.data(), bytes_.size()}).event, http1::Decoder::Event::kHead) << decoder.detail();
    return decoder.head();
  }
  Written request(const std::string& fields, const RequestAdditions& additions = {},
                  const std::string& line = "GET /raw HTTP/1.1\r\nHost: a.test\r\n", const Target& target = {},
                  BodyFields body = BodyFields::kKept) {
    http1::Decoder decoder(http1::Role::kRequest, {});
    SendQueue queue(pool_, 1 << 20);
    const auto& head = decode(decoder, line + fields + "\r\n");
    forwarded_fields(head, additions, fields_);
    inspect::RequestHead judged;
    judged.method = head.method;
    judged.path = target.path;
    judged.query = target.query;
    judged.has_query = target.has_query;
    judged.authority = head.authority;
    judged.fields = fields_;
    judged_lines_.clear();
    for (const auto& field : fields_) {  // the fields view the decoder, which ends with this call
      judged_lines_.push_back(std::string(field.name) + ": " + std::string(field.value));
    }
    write_request_head(queue, judged, head, body);
    return Written(queue);
  }
  Written request_for(const Target& target) { return request("", {}, "GET /raw HTTP/1.1\r\nHost: a.test\r\n", target); }
  Written response(const std::string& fields, const ResponseFraming& framing = {}, const std::string& status = "200 OK",
                   std::string_view method = "GET") {
    http1::Decoder decoder(http1::Role::kResponse, {});
    decoder.expect_answer_to_head(method == "HEAD");
    SendQueue queue(pool_, 1 << 20);
    write_response_head(queue, decode(decoder, "HTTP/1.1 " + status + "\r\n" + fields + "\r\n"), framing);
    return Written(queue);
  }

  BufferPool pool_;
  std::string bytes_;
  std::vector<inspect::HeaderField> fields_;
  std::vector<std::string> judged_lines_;
};

TEST_F(ForwardTest, ARewrittenAnswerSaysNothingOfTheBytesItHad) {
  const std::string fields =
      "Content-Length: 10\r\nContent-Encoding: gzip\r\nETag: \"abc\"\r\nContent-MD5: x\r\nDigest: y\r\n"
      "Content-Digest: z\r\nRepr-Digest: u\r\nAccept-Ranges: bytes\r\nVary: Accept-Encoding\r\n";
  struct Row {
    BodyFields body;
    http1::Framing framing;
    std::string_view etag;
    std::string_view ranges;
    int digests;
    int coded;
    int length;
  };
  const Row rows[] = {
      {BodyFields::kKept, http1::Framing::kLength, "ETag: \"abc\"", "Accept-Ranges: bytes", 1, 1, 1},
      {BodyFields::kUndigested, http1::Framing::kLength, "ETag: \"abc\"", "Accept-Ranges: none", 0, 1, 1},
      {BodyFields::kReframed, http1::Framing::kChunked, "ETag: W/\"abc\"", "Accept-Ranges: none", 0, 1, 0},
      {BodyFields::kDecoded, http1::Framing::kChunked, "ETag: W/\"abc\"", "Accept-Ranges: none", 0, 0, 0},
  };
  for (const Row& row : rows) {
    for (const std::string_view method : {"GET", "HEAD"}) {
      const auto framing = method == "HEAD" ? http1::Framing::kNone : row.framing;
      const auto written = response(fields, {.framing = framing, .body = row.body}, "200 OK", method);
      EXPECT_TRUE(written.has(std::string(row.etag)));
      EXPECT_TRUE(written.has(std::string(row.ranges)));
      EXPECT_TRUE(written.has("Vary: Accept-Encoding"));
      EXPECT_EQ(written.fields("content-encoding"), row.coded);
      EXPECT_EQ(written.fields("content-length"), row.length);
      for (const std::string_view digest : {"content-md5", "digest", "content-digest", "repr-digest"}) {
        EXPECT_EQ(written.fields(std::string(digest)), row.digests) << digest;
      }
    }
  }
  EXPECT_TRUE(response("ETag: W/\"abc\"\r\n", {.body = BodyFields::kReframed}).has("ETag: W/\"abc\""));
}

// Was: it had no framing at all, and the client took what came next for its body.
TEST_F(ForwardTest, AnEmptyAnswerKeepsItsLength) {
  for (const BodyFields body :
       {BodyFields::kKept, BodyFields::kUndigested, BodyFields::kReframed, BodyFields::kDecoded}) {
    const auto written =
        response("Content-Length: 0\r\n", {.framing = http1::Framing::kNone, .body = body}, "302 Found", "GET");
    EXPECT_TRUE(written.has("content-length: 0")) << static_cast<int>(body);
  }
}

TEST_F(ForwardTest, ARewrittenRequestIsChunkedAndWithoutDigests) {
  const std::string fields = "Content-Length: 3\r\nContent-Encoding: gzip\r\nContent-Digest: x\r\n";
  const std::string line = "POST /raw HTTP/1.1\r\nHost: a.test\r\n";
  const auto kept = request(fields, {}, line);
  EXPECT_TRUE(kept.has("content-length: 3"));
  EXPECT_EQ(kept.fields("content-digest"), 1);
  const auto rewritten = request(fields, {}, line, {}, BodyFields::kReframed);
  EXPECT_TRUE(rewritten.has("transfer-encoding: chunked"));
  EXPECT_TRUE(rewritten.has("Content-Encoding: gzip"));
  EXPECT_EQ(rewritten.fields("content-length"), 0);
  EXPECT_EQ(rewritten.fields("content-digest"), 0);
}

// Was: Connection could take the coding's name from its bytes.
TEST_F(ForwardTest, ACodingsNameStaysWithItsBytes) {
  EXPECT_EQ(request("Content-Encoding: br\r\nConnection: content-encoding\r\n").fields("content-encoding"), 1);
  EXPECT_EQ(response("Content-Encoding: br\r\nConnection: content-encoding\r\n").fields("content-encoding"), 1);
}

TEST_F(ForwardTest, WhereAnswersAreReadNoRangesAreAskedFor) {
  const std::string fields = "Accept-Encoding: gzip, dcb\r\nRange: bytes=0-1\r\nIf-Range: \"x\"\r\n";
  const auto plain = request(fields);
  EXPECT_EQ(plain.fields("range") + plain.fields("if-range"), 2);
  const auto read = request(fields, {.accept_encoding = "gzip"});
  EXPECT_EQ(read.fields("range") + read.fields("if-range"), 0);
  EXPECT_EQ(read.fields("accept-encoding"), 1);
  EXPECT_TRUE(read.has("accept-encoding: gzip"));
}

TEST_F(ForwardTest, WritesThePathThatWasJudged) {
  EXPECT_EQ(request_for({.path = "/judged"}).lines.front(), "GET /judged HTTP/1.1");
  EXPECT_EQ(request_for({.path = "/a", .query = "b=c", .has_query = true}).lines.front(), "GET /a?b=c HTTP/1.1");
  EXPECT_EQ(request_for({.path = "/a", .query = "", .has_query = true}).lines.front(), "GET /a? HTTP/1.1");
}

TEST_F(ForwardTest, WritesOneHostThatIsTheJudgedAuthority) {
  EXPECT_TRUE(request("").has("host: a.test"));
  const auto absolute = request("", {}, "GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n");
  EXPECT_TRUE(absolute.has("host: a.test"));
  EXPECT_EQ(absolute.fields("host"), 1);
}

TEST_F(ForwardTest, SpeaksHttp11ForA10Client) {
  const auto written = request("", {}, "GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n");
  EXPECT_EQ(written.lines.front(), "GET / HTTP/1.1");
  EXPECT_EQ(written.fields("connection"), 0);
}

TEST_F(ForwardTest, PassesOnNoExpectationOfA10Client) {
  const std::string expect = "Expect: 100-continue\r\nContent-Length: 1\r\n";
  EXPECT_EQ(request(expect, {}, "POST / HTTP/1.0\r\nHost: a.test\r\n").fields("expect"), 0);
  EXPECT_EQ(request(expect, {}, "POST / HTTP/1.1\r\nHost: a.test\r\n").fields("expect"), 1);
}

TEST_F(ForwardTest, JudgesTheFieldsItWrites) {
  const auto written =
      request("X-Kept: 1\r\nConnection: x-hop\r\nX-Hop: 1\r\nAccept-Encoding: gzip\r\n",
              {.request_id = "ours", .client_certificate = "By=x;URI=y", .accept_encoding = "identity"});
  ASSERT_EQ(written.lines.size(), 2 + judged_lines_.size());
  for (const std::string& line : judged_lines_) {
    EXPECT_TRUE(written.has(line)) << line;
  }
}

struct DroppedCase {
  std::string name;
  std::string fields;
  std::string dropped;
};

class DroppedTest : public ForwardTest, public ::testing::WithParamInterface<DroppedCase> {};

TEST_P(DroppedTest, DoesNotTravelOn) {
  const auto written = request(GetParam().fields + "X-Kept: yes\r\n");
  EXPECT_EQ(written.fields(GetParam().dropped), 0);
  EXPECT_TRUE(written.has("X-Kept: yes"));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, DroppedTest,
    ::testing::Values(DroppedCase{"Connection", "Connection: close\r\n", "connection"},
                      DroppedCase{"KeepAlive", "Keep-Alive: timeout=5\r\n", "keep-alive"},
                      DroppedCase{"ProxyConnection", "Proxy-Connection: keep-alive\r\n", "proxy-connection"},
                      DroppedCase{"ProxyAuthorization", "Proxy-Authorization: Basic eDp5\r\n", "proxy-authorization"},
                      DroppedCase{"TeOther", "TE: gzip\r\n", "te"},
                      DroppedCase{"Upgrade", "Connection: upgrade\r\nUpgrade: h2c\r\n", "upgrade"},
                      DroppedCase{"Http2Settings", "HTTP2-Settings: AAMAAABkAAQ\r\n", "http2-settings"},
                      DroppedCase{"Named", "Connection: close, X-Hop\r\nX-Hop: 1\r\n", "x-hop"},
                      DroppedCase{"NamedInAnotherCase", "Connection: x-HOP\r\nx-hop: 1\r\n", "x-hop"},
                      DroppedCase{"NamedInASecondField", "Connection: close\r\nConnection: x-hop\r\nX-Hop: 1\r\n",
                                  "x-hop"},
                      DroppedCase{"Envoy", "X-Envoy-Internal: true\r\n", "x-envoy-internal"},
                      DroppedCase{"EnvoyInAnotherCase", "x-ENVOY-peer-metadata: a\r\n", "x-envoy-peer-metadata"},
                      DroppedCase{"OurOwn", "X-Gabion-Verdict: allow\r\n", "x-gabion-verdict"},
                      DroppedCase{"ClientCertificate", "X-Forwarded-Client-Cert: URI=spiffe://mesh.test/ns/a/sa/b\r\n",
                                  "x-forwarded-client-cert"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(ForwardTest, KeepsNamesThatOnlyLookLikeAProxys) {
  const auto written = request("X-Envoys: 1\r\nX-Gabions: 2\r\nForwarded: for=1.2.3.4\r\n");
  EXPECT_TRUE(written.has("X-Envoys: 1"));
  EXPECT_TRUE(written.has("X-Gabions: 2"));
}

TEST_F(ForwardTest, ReplacesWhatTheProxyKnowsBetter) {
  const auto written = request(
      "X-Request-Id: theirs\r\nX-Request-Id: again\r\nTraceparent: broken\r\nTracestate: a=b\r\n"
      "X-Forwarded-Client-Cert: forged\r\n",
      {.request_id = "ours", .traceparent = "00-1-2-01", .drop_tracestate = true, .client_certificate = "By=x;URI=y"});
  EXPECT_TRUE(written.has("x-request-id: ours"));
  EXPECT_EQ(written.fields("x-request-id"), 1);
  EXPECT_TRUE(written.has("traceparent: 00-1-2-01"));
  EXPECT_EQ(written.fields("traceparent"), 1);
  EXPECT_EQ(written.fields("tracestate"), 0);
  EXPECT_TRUE(written.has("x-forwarded-client-cert: By=x;URI=y"));
  EXPECT_EQ(written.fields("x-forwarded-client-cert"), 1);
}

TEST_F(ForwardTest, AddsOurCertificateEvenIfConnectionNamesIt) {
  const auto written = request("Connection: x-forwarded-client-cert, host, content-length\r\nContent-Length: 3\r\n",
                               {.client_certificate = "By=x;URI=y"});
  EXPECT_TRUE(written.has("x-forwarded-client-cert: By=x;URI=y"));
  EXPECT_TRUE(written.has("host: a.test"));
  EXPECT_TRUE(written.has("content-length: 3"));
}

TEST_F(ForwardTest, AsksForNoCodingWhenAnswersAreInspected) {
  const std::string fields = "Accept-Encoding: gzip, br\r\nRange: bytes=0-1\r\n";
  const auto inspected = request(fields, {.accept_encoding = "identity"});
  EXPECT_TRUE(inspected.has("accept-encoding: identity"));
  EXPECT_EQ(inspected.fields("accept-encoding"), 1);
  EXPECT_EQ(inspected.fields("range"), 0);
  const auto passed = request(fields);
  EXPECT_TRUE(passed.has("Accept-Encoding: gzip, br"));
  EXPECT_TRUE(passed.has("Range: bytes=0-1"));
}

TEST_F(ForwardTest, SaysTrailersAreWelcomeOnlyIfTheClientDid) {
  const auto written = request("TE: trailers\r\n");
  EXPECT_TRUE(written.has("te: trailers"));
  EXPECT_TRUE(written.has("connection: te"));
}

TEST_F(ForwardTest, FramesARequestOnce) {
  const auto chunked = request("Transfer-Encoding: chunked\r\n");
  EXPECT_TRUE(chunked.has("transfer-encoding: chunked"));
  EXPECT_EQ(chunked.fields("content-length"), 0);
  const auto sized = request("Content-Length: 00012\r\n");
  EXPECT_TRUE(sized.has("content-length: 12"));
  EXPECT_EQ(sized.fields("transfer-encoding"), 0);
  EXPECT_TRUE(request("Content-Length: 0\r\n").has("content-length: 0"));
  const auto none = request("");
  EXPECT_EQ(none.fields("content-length") + none.fields("transfer-encoding"), 0);
}

TEST_F(ForwardTest, KeepsRepeatedFieldsInTheirOrder) {
  const auto written = request("A: 1\r\nB: 2\r\nA: 3\r\n");
  const auto first = std::find(written.lines.begin(), written.lines.end(), "A: 1");
  const auto last = std::find(written.lines.begin(), written.lines.end(), "A: 3");
  ASSERT_NE(last, written.lines.end());
  EXPECT_EQ(last - first, 2);
}

// Responses.

TEST_F(ForwardTest, WritesStatusAndPhrase) {
  EXPECT_EQ(response("Content-Length: 0\r\n", {}, "404 Nope").lines.front(), "HTTP/1.1 404 Nope");
  EXPECT_EQ(response("Content-Length: 0\r\n", {}, "299 ").lines.front(), "HTTP/1.1 299 ");
}

TEST_F(ForwardTest, FramesAnAnswerAsItIsToldAndNotAsItCame) {
  const auto rechunked = response("Connection: close\r\n", {.framing = http1::Framing::kChunked});
  EXPECT_TRUE(rechunked.has("transfer-encoding: chunked"));
  EXPECT_EQ(rechunked.fields("connection"), 0);
  const auto until_close =
      response("Transfer-Encoding: chunked\r\n", {.framing = http1::Framing::kUntilClose, .close = true});
  EXPECT_EQ(until_close.fields("transfer-encoding"), 0);
  EXPECT_TRUE(until_close.has("connection: close"));
  const auto sized = response("Content-Length: 5\r\n", {.framing = http1::Framing::kLength});
  EXPECT_TRUE(sized.has("content-length: 5"));
  EXPECT_EQ(sized.fields("content-length"), 1);
}

TEST_F(ForwardTest, SaysOfAnAnswerToHeadWhatGetWouldHaveSaid) {
  EXPECT_TRUE(response("Content-Length: 5\r\n", {}, "200 OK", "HEAD").has("content-length: 5"));
  EXPECT_TRUE(response("Transfer-Encoding: chunked\r\n", {}, "200 OK", "HEAD").has("transfer-encoding: chunked"));
  EXPECT_TRUE(response("Content-Length: 5\r\n", {}, "304 Not Modified").has("content-length: 5"));
}

TEST_F(ForwardTest, AnnouncesNoBodyWhereThereIsNone) {
  for (const std::string status : {"100 Continue", "103 Early Hints", "204 No Content"}) {
    const auto written = response("Content-Length: 0\r\n", {.request_id = "id"}, status);
    EXPECT_EQ(written.fields("content-length"), 0) << status;
    EXPECT_EQ(written.fields("transfer-encoding"), 0) << status;
  }
}

TEST_F(ForwardTest, AddsTheRequestIdUnlessTheServiceSentOne) {
  EXPECT_TRUE(response("Content-Length: 0\r\n", {.request_id = "ours"}).has("x-request-id: ours"));
  const auto theirs = response("Content-Length: 0\r\nX-Request-Id: theirs\r\n", {.request_id = "ours"});
  EXPECT_TRUE(theirs.has("X-Request-Id: theirs"));
  EXPECT_EQ(theirs.fields("x-request-id"), 1);
  EXPECT_EQ(response("", {.request_id = "ours"}, "103 Early Hints").fields("x-request-id"), 0);
}

TEST_F(ForwardTest, DropsTheServicesHopByHopFields) {
  const auto written = response(
      "Connection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nContent-Length: 0\r\nX: 1\r\n",
      {.keep_alive_1_0 = true});
  EXPECT_EQ(written.fields("x-hop") + written.fields("keep-alive") + written.fields("upgrade"), 0);
  EXPECT_TRUE(written.has("X: 1"));
  EXPECT_TRUE(written.has("connection: keep-alive"));
}

}  // namespace
}  // namespace gabion::proxy
