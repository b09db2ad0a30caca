// Message after message on one connection, and what the end of the stream means in every state.
#include "proxy/protocol/http1/decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/protocol/http1/cuts.h"

namespace gabion::proxy::http1 {
namespace {

using Event = Decoder::Event;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPost = "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
const std::string kChunked =
    "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nA: b\r\n\r\n";

std::string bodies(const Transcript& transcript) {
  std::string text;
  for (const auto& message : transcript.messages) {
    text += "[" + message.body + "]" + (message.has_ended ? "" : "...");
  }
  return text;
}

struct Case {
  std::string_view name;
  Stream stream;
  std::string bodies;  ///< of all messages; "..." behind one that has not ended
  Event at_eof;
  DecodeError error = DecodeError::kNone;
};

Stream requests(std::string bytes) {
  return {.role = Role::kRequest, .bytes = std::move(bytes)};
}
Stream responses(std::string bytes, std::vector<bool> answers_head = {}) {
  return {.role = Role::kResponse, .bytes = std::move(bytes), .answers_head = std::move(answers_head)};
}

std::vector<Case> request_sequences() {
  return {
      {"Nothing", requests(""), "", Event::kNeedMore},
      {"One", requests(kGet), "[]", Event::kNeedMore},
      {"Pipelined", requests(kGet + kPost + kChunked + kGet), "[][hello][abcde][]", Event::kNeedMore},
      {"ChunkedThenGet", requests(kChunked + kGet), "[abcde][]", Event::kNeedMore},
      {"OneEmptyLineBetween", requests(kPost + "\r\n" + kGet), "[hello][]", Event::kNeedMore},
      {"TwoEmptyLinesBetween", requests(kPost + "\r\n\r\n" + kGet), "[hello]", Event::kError, DecodeError::kMalformed},
      {"GarbageBehindABody", requests(kPost + "x" + kGet), "[hello]", Event::kError, DecodeError::kMalformed},
      {"MalformedSecond", requests(kGet + "GET / HTTP/1.1\r\n\r\n"), "[]", Event::kError, DecodeError::kMalformed},
      {"UpgradeIsNotFollowed",
       requests("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + kGet), "[][]",
       Event::kNeedMore},
      {"ConnectIsNotFollowed", requests("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n" + kGet), "[][]", Event::kNeedMore},
      {"CutInAMethod", requests("GE"), "", Event::kError},
      {"CutInALeadingEmptyLine", requests("\r"), "", Event::kError},
      {"CutBeforeTheEmptyLine", requests("GET / HTTP/1.1\r\nHost: a\r\n"), "", Event::kError},
      {"CutBeforeABody", requests(kPost.substr(0, kPost.size() - 5)), "[]...", Event::kError},
      {"CutInABody", requests(kPost.substr(0, kPost.size() - 1)), "[hell]...", Event::kError},
      {"CutInAChunkSize", requests(kChunked.substr(0, kChunked.find("3\r\nabc") + 1)), "[]...", Event::kError},
      {"CutInAChunk", requests(kChunked.substr(0, kChunked.find("bc\r\n"))), "[a]...", Event::kError},
      {"CutAfterAChunk", requests(kChunked.substr(0, kChunked.find("2;x"))), "[abc]...", Event::kError},
      {"CutInTrailers", requests(kChunked.substr(0, kChunked.size() - 2)), "[abcde]...", Event::kError},
      {"CutBeforeTrailers", requests(kChunked.substr(0, kChunked.find("A: b"))), "[abcde]...", Event::kError},
  };
}

std::vector<Case> response_sequences() {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  const std::string to_head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  const std::string proceed = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  return {
      {"TwoAnswers", responses(ok + chunked), "[hello][abc]", Event::kNeedMore},
      {"InformationalFirst", responses(proceed + hints + ok + ok), "[]...[]...[hello][hello]", Event::kNeedMore},
      {"OnlyInformational", responses(proceed), "[]...", Event::kNeedMore},
      {"ToHeadThenToGet", responses(to_head + ok, {true, false}), "[][hello]", Event::kNeedMore},
      {"InformationalBeforeToHead", responses(proceed + to_head + ok, {true, false}), "[]...[][hello]",
       Event::kNeedMore},
      {"SwitchingProtocolsEnds", responses("HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n"), "[]", Event::kNeedMore},
      {"NoContentThenOk", responses("HTTP/1.1 204 x\r\n\r\n" + ok), "[][hello]", Event::kNeedMore},
      {"NotModifiedThenOk", responses("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n" + ok), "[][hello]",
       Event::kNeedMore},
      {"UntilClose", responses("HTTP/1.1 200 OK\r\n\r\nhello" + ok), "[hello" + ok + "]...", Event::kEnd},
      {"UntilCloseOfNothing", responses("HTTP/1.0 200 OK\r\n\r\n"), "[]...", Event::kEnd},
      {"OkThenUntilClose", responses(ok + "HTTP/1.1 200 OK\r\n\r\nx"), "[hello][x]...", Event::kEnd},
      {"CutInAHead", responses("HTTP/1.1 200"), "", Event::kError},
      {"CutInABody", responses(to_head + "hell"), "[hell]...", Event::kError},
      {"CutInChunks", responses(chunked.substr(0, chunked.size() - 4)), "[abc]...", Event::kError},
      {"MoreThanItsLength", responses(ok + "x\r\n\r\n"), "[hello]", Event::kError, DecodeError::kMalformed},
  };
}

class DecoderTest : public ::testing::TestWithParam<Case> {};

TEST_P(DecoderTest, ReadsSequencesTheSameAtEveryCut) {
  const auto& tested = GetParam();
  const auto transcript = record_at_every_cut(tested.stream);
  EXPECT_EQ(bodies(transcript), tested.bodies);
  EXPECT_EQ(transcript.at_eof, tested.at_eof);
  EXPECT_EQ(transcript.error, tested.error);
  EXPECT_EQ(transcript.is_at_message_start, tested.at_eof == Event::kNeedMore);
}

INSTANTIATE_TEST_SUITE_P(Requests, DecoderTest, ::testing::ValuesIn(request_sequences()),
                         [](const auto& tested) { return std::string(tested.param.name); });
INSTANTIATE_TEST_SUITE_P(Responses, DecoderTest, ::testing::ValuesIn(response_sequences()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(DecoderTest, TruncationIsAnErrorOfItsOwn) {
  Recorder recorder(requests(""));
  ASSERT_TRUE(recorder.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"));
  EXPECT_EQ(recorder.close().at_eof, Event::kError);
  EXPECT_EQ(recorder.decoder().error(), DecodeError::kTruncated);
  EXPECT_STREQ(recorder.decoder().detail(), "closed in the middle of a message");
}

TEST(DecoderTest, AnErrorIsForEver) {
  Recorder recorder(requests(""));
  ASSERT_FALSE(recorder.feed("GET /\n"));
  EXPECT_FALSE(recorder.feed(kGet));
  EXPECT_TRUE(recorder.so_far().messages.empty());
  EXPECT_EQ(recorder.so_far().detail, "bare LF");
}

TEST(DecoderTest, EofAfterAnErrorKeepsTheFirstError) {
  Recorder recorder(requests(""));
  ASSERT_FALSE(recorder.feed("GET /\n"));
  EXPECT_EQ(recorder.close().at_eof, Event::kError);
  EXPECT_EQ(recorder.decoder().error(), DecodeError::kMalformed);
  EXPECT_STREQ(recorder.decoder().detail(), "bare LF");
}

TEST(DecoderTest, EofBeforeTheEndWasTakenIsTheEnd) {
  Decoder decoder(Role::kRequest, {});
  std::string bytes = kGet;
  ASSERT_EQ(decoder.next(bytes).event, Event::kHead);
  EXPECT_EQ(decoder.on_eof(), Event::kEnd);
}

TEST(DecoderTest, TheEndOfABodyFramedByCloseIsTheEndOnce) {
  Decoder decoder(Role::kResponse, {});
  std::string bytes = "HTTP/1.1 200 OK\r\n\r\n";
  ASSERT_EQ(decoder.next(bytes).event, Event::kHead);
  EXPECT_FALSE(decoder.at_message_start());
  EXPECT_EQ(decoder.on_eof(), Event::kEnd);
  EXPECT_EQ(decoder.on_eof(), Event::kNeedMore);
  EXPECT_TRUE(decoder.at_message_start());
}

TEST(DecoderTest, GivesTheEndWithoutFurtherBytes) {
  Decoder decoder(Role::kRequest, {});
  std::string bytes = kPost;
  const auto head = decoder.next(bytes);
  ASSERT_EQ(head.event, Event::kHead);
  const auto body = decoder.next(std::span(bytes).subspan(head.consumed));
  ASSERT_EQ(body.event, Event::kBody);
  EXPECT_EQ(body.body.data(), bytes.data() + head.consumed) << "a view into the input";
  EXPECT_FALSE(decoder.at_message_start());
  EXPECT_EQ(decoder.next({}).event, Event::kEnd);
  EXPECT_TRUE(decoder.at_message_start());
  EXPECT_EQ(decoder.next({}).event, Event::kNeedMore);
  EXPECT_TRUE(decoder.at_message_start());
}

TEST(DecoderTest, NeverTakesMoreThanOneMessage) {
  Decoder decoder(Role::kRequest, {});
  std::string bytes = kPost + kGet;
  std::size_t consumed = 0;
  while (true) {
    const auto step = decoder.next(std::span(bytes).subspan(consumed));
    consumed += step.consumed;
    if (step.event == Event::kEnd) {
      break;
    }
    ASSERT_NE(step.event, Event::kError);
  }
  EXPECT_EQ(consumed, kPost.size());
}

TEST(DecoderTest, LimitsHoldForEveryMessage) {
  DecoderLimits limits;
  limits.header_count = 2;
  Stream stream{
      .role = Role::kRequest, .bytes = kPost + "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n", .limits = limits};
  const auto transcript = record_at_every_cut(stream);
  EXPECT_EQ(transcript.ended(), 1U);
  EXPECT_EQ(transcript.error, DecodeError::kTooManyHeaders);
}

TEST(DecoderTest, ALongBodyIsNeverHeld) {
  constexpr std::size_t kPiece = 1000;
  constexpr std::uint64_t kPieces = 5000;
  Decoder decoder(Role::kRequest, {});
  std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kPiece * kPieces) + "\r\n\r\n";
  ASSERT_EQ(decoder.next(head).event, Event::kHead);
  std::string piece(kPiece, 'x');
  for (std::uint64_t i = 0; i < kPieces; ++i) {
    const auto step = decoder.next(piece);
    ASSERT_EQ(step.event, Event::kBody);
    ASSERT_EQ(step.consumed, kPiece);
  }
  EXPECT_EQ(decoder.next({}).event, Event::kEnd);
}

/// Reads `wire`, one message, to its end.
void read_whole(Decoder& decoder, std::string wire) {
  std::span<char> bytes(wire.data(), wire.size());
  for (auto event = Event::kHead; event != Event::kEnd;) {
    const auto step = decoder.next(bytes);
    ASSERT_NE(step.event, Event::kError) << decoder.detail();
    bytes = bytes.subspan(step.consumed);
    event = step.event;
  }
}

TEST(Decoder, GivesTheMemoryOfALargeHeadBack) {
  Decoder decoder(Role::kRequest, {});
  const std::string large = "GET /a HTTP/1.1\r\nHost: a\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n";
  read_whole(decoder, large);
  EXPECT_GT(decoder.kept_bytes(), 40'000U);
  decoder.release();
  EXPECT_LT(decoder.kept_bytes(), 100U);
  EXPECT_TRUE(decoder.at_message_start());
  read_whole(decoder, kChunked);
  EXPECT_EQ(decoder.head().target, "/c");
}

TEST(Decoder, GivesTheMemoryOfLargeTrailersBack) {
  Decoder decoder(Role::kRequest, {});
  read_whole(decoder, kChunked.substr(0, kChunked.size() - 2) + "B: " + std::string(10'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(decoder.trailers().size(), 2U);
  decoder.release();
  EXPECT_LT(decoder.kept_bytes(), 100U);
}

TEST(Decoder, KeepsTheMemoryOfASmallHead) {
  Decoder decoder(Role::kRequest, {});
  read_whole(decoder, kPost);
  const auto kept = decoder.kept_bytes();
  decoder.release();
  EXPECT_EQ(decoder.kept_bytes(), kept);
}

}  // namespace
}  // namespace gabion::proxy::http1
