// Frames at every cut, the rules of RFC 6455 §5 one by one, and what the encoder writes read back.
#include "proxy/protocol/websocket/frame_decoder.h"

#include <gtest/gtest.h>

#include "proxy/protocol/websocket/frame_encoder.h"
#include "tests/proxy/protocol/websocket/reading.h"

namespace gabion::proxy::websocket {
namespace {

constexpr MaskKey kKey{0x37, 0xfa, 0x21, 0x3d};

/// What a peer sends: `first` and the payload, masked for a client.
std::string frame(unsigned first, std::string_view payload, Sender sender = Sender::kClient) {
  const bool masked = sender == Sender::kClient;
  std::string made(1, static_cast<char>(first));
  const unsigned bit = masked ? 0x80U : 0U;
  if (payload.size() < 126) {
    made.push_back(static_cast<char>(bit | payload.size()));
  } else {
    made.push_back(static_cast<char>(bit | 126U));
    made.push_back(static_cast<char>(payload.size() >> 8U));
    made.push_back(static_cast<char>(payload.size() & 0xFFU));
  }
  std::string body(payload);
  if (masked) {
    made.append(reinterpret_cast<const char*>(kKey.data()), kKey.size());
    apply_mask(body, kKey, 0);
  }
  return made + body;
}

struct Case {
  std::string name;
  std::string bytes;
  std::string says;
  Sender sender = Sender::kClient;
  Compression compression = Compression::kNone;
};

std::string bytes(std::initializer_list<unsigned> list) {
  std::string made;
  for (const unsigned byte : list) {
    made.push_back(static_cast<char>(byte));
  }
  return made;
}

const std::string kError = "error:";

std::vector<Case> cases() {
  const std::string long_text(300, 'n');
  return {
      // RFC 6455 §5.7.
      {"Hello", bytes({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}), "text:Hello|", Sender::kServer},
      {"MaskedHello", bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}), "text:Hello|"},
      {"Fragments", frame(0x01, "Hel", Sender::kServer) + frame(0x80, "lo", Sender::kServer), "text:Hello|",
       Sender::kServer},
      {"PingWithinAMessage",
       frame(0x01, "a") + frame(0x89, "p") + frame(0x8A, "q") + frame(0x00, "") + frame(0x80, "b"),
       "ping:p|pong:q|text:ab|"},
      {"EmptyMessages", frame(0x81, "") + frame(0x82, "") + frame(0x01, "") + frame(0x80, ""), "text:|binary:|text:|"},
      {"LongerLength", frame(0x82, long_text), "binary:" + long_text + "|"},
      {"Compressed", frame(0xC1, "zz"), "text*:zz|", Sender::kClient, Compression::kDeflate},
      {"CompressedInFragments", frame(0x42, "z") + frame(0x80, "y"), "binary*:zy|", Sender::kClient,
       Compression::kDeflate},
      {"Close", frame(0x88, "\x03\xe8 bye") + "whatever", "close:1000  bye|"},
      {"CloseWithoutCode", frame(0x88, ""), "close:1005 |"},
      {"CloseWithAPrivateCode", frame(0x88, "\x0f\xa0"), "close:4000 |"},

      {"Unmasked", bytes({0x81, 0x01, 'x'}), kError + "a client's frame is not masked"},
      {"MaskedByAServer", frame(0x81, "x"), kError + "a server's frame is masked", Sender::kServer},
      {"Rsv1WithoutExtension", frame(0xC1, "x"), kError + "a frame has reserved bits"},
      {"Rsv1OnAContinuation", frame(0x41, "x") + frame(0xC0, "y"), kError + "a frame has reserved bits",
       Sender::kClient, Compression::kDeflate},
      {"Rsv1OnAPing", frame(0xC9, "x"), kError + "a frame has reserved bits", Sender::kClient, Compression::kDeflate},
      {"Rsv2", frame(0xA1, "x"), kError + "a frame has reserved bits", Sender::kClient, Compression::kDeflate},
      {"Opcode3", frame(0x83, "x"), kError + "a frame has a reserved opcode"},
      {"OpcodeF", frame(0x8F, "x"), kError + "a frame has a reserved opcode"},
      {"LongPing", frame(0x89, std::string(126, 'x')), kError + "a control frame has more than 125 bytes"},
      {"FragmentedPing", frame(0x09, "x"), kError + "a control frame is fragmented"},
      {"ShortLengthIn16Bits", bytes({0x82, 0xFE, 0x00, 0x7D, 1, 2, 3, 4}),
       kError + "a frame's length is not in its shortest form"},
      {"ShortLengthIn64Bits", bytes({0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}),
       kError + "a frame's length is not in its shortest form", Sender::kServer},
      {"HighestBit", bytes({0x82, 0x7F, 0x80, 0, 0, 0, 0, 1, 0, 0}),
       kError + "a frame's length is not in its shortest form", Sender::kServer},
      {"TooLarge", bytes({0x82, 0x7F, 0, 0, 0, 0, 0, 0x10, 0, 1}),
       kError + "a message is above limits.websocketMessageBytes", Sender::kServer},
      {"ContinuesNothing", frame(0x80, "x"), kError + "a frame continues no message"},
      {"ContinuesAMessageThatEnded", frame(0x81, "x") + frame(0x80, "y"), "text:x|error:a frame continues no message"},
      {"Interrupted", frame(0x01, "x") + frame(0x81, "y"), kError + "a message begins before the end of the last"},
      {"CloseOfOneByte", frame(0x88, "\x03"), kError + "a close frame has no valid code"},
      {"Close1004", frame(0x88, "\x03\xec"), kError + "a close frame has no valid code"},
      {"Close1006", frame(0x88, "\x03\xee"), kError + "a close frame has no valid code"},
      {"Close2999", frame(0x88, "\x0b\xb7"), kError + "a close frame has no valid code"},
      {"Close5000", frame(0x88, "\x13\x88"), kError + "a close frame has no valid code"},
      {"CloseTextCutInACharacter", frame(0x88, "\x03\xe8\xe2\x82"), kError + "a close frame's reason is no UTF-8"},
  };
}

class FrameDecoderCase : public ::testing::TestWithParam<Case> {};

TEST_P(FrameDecoderCase, SaysTheSameAtEveryCut) {
  const Case& tested = GetParam();
  const FrameStream stream{tested.bytes, tested.sender, tested.compression, 1 << 20};
  EXPECT_EQ(read_frames(stream, stream.bytes.size()), tested.says);
  EXPECT_EQ(read_frames(stream, 1), tested.says);
  for (std::size_t cut = 1; cut < stream.bytes.size(); ++cut) {
    ASSERT_EQ(read_frames_cut(stream, cut), tested.says) << "cut at " << cut;
  }
}

INSTANTIATE_TEST_SUITE_P(Frames, FrameDecoderCase, ::testing::ValuesIn(cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST(FrameDecoder, BoundsAMessageOverItsFrames) {
  FrameStream stream{frame(0x01, "12345678") + frame(0x80, "9"), Sender::kClient, Compression::kNone, 8};
  EXPECT_EQ(read_frames(stream, 3), "error:a message is above limits.websocketMessageBytes");
  stream.most_message_bytes = 9;
  EXPECT_EQ(read_frames(stream, 3), "text:123456789|");
}

TEST(FrameDecoder, KnowsWhereMessagesBegin) {
  FrameDecoder decoder(Sender::kServer, Compression::kNone, 100);
  std::string sent = frame(0x01, "ab", Sender::kServer);
  EXPECT_TRUE(decoder.at_message_start());
  [[maybe_unused]] const auto step = decoder.next(sent);
  EXPECT_FALSE(decoder.at_message_start());
  sent = frame(0x80, "c", Sender::kServer);
  [[maybe_unused]] const auto last = decoder.next(sent);
  EXPECT_TRUE(decoder.at_message_start());
}

TEST(Mask, IsTheSameInPieces) {
  std::string whole(100, 'x');
  std::string pieces = whole;
  apply_mask(whole, kKey, 0);
  for (std::size_t at = 0; at < pieces.size(); at += 13) {
    apply_mask(std::span(pieces).subspan(at, std::min<std::size_t>(13, pieces.size() - at)), kKey, at);
  }
  EXPECT_EQ(pieces, whole);
}

class FrameHeads : public ::testing::TestWithParam<std::size_t> {};

TEST_P(FrameHeads, AreReadBack) {
  const std::string payload(GetParam(), 'p');
  for (const auto& mask : {std::optional<MaskKey>(), std::optional<MaskKey>(kKey)}) {
    std::string body = payload;
    if (mask) {
      apply_mask(body, *mask, 0);
    }
    const FrameHead head(Opcode::kBinary, Part::kLast, Compression::kDeflate, payload.size(), mask);
    const FrameStream stream{std::string(head.view()) + body, mask ? Sender::kClient : Sender::kServer,
                             Compression::kDeflate, 1 << 20};
    EXPECT_EQ(read_frames(stream, 1000), "binary*:" + payload + "|");
  }
}

INSTANTIATE_TEST_SUITE_P(Lengths, FrameHeads, ::testing::Values(0, 1, 125, 126, 127, 65535, 65536, 70000));

TEST(ClosePayload, IsEmptyWithoutACodeAndCutToFit) {
  EXPECT_EQ(ClosePayload(close_code::kNoStatus, "unsaid").view(), "");
  EXPECT_EQ(ClosePayload(1001, "bye").view(),
            "\x03\xe9"
            "bye");
  EXPECT_EQ(ClosePayload(1001, std::string(200, 'x')).view().size(), kMostControlBytes);
}

}  // namespace
}  // namespace gabion::proxy::websocket
