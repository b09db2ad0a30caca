// Headers of the PROXY protocol: written and read again, at every cut, and each way to be wrong with its name.
#include "proxy/protocol/proxy2/header.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

namespace gabion::proxy::proxy2 {
namespace {

constexpr std::string_view kWeb = "spiffe://cluster.local/ns/shop/sa/web";
constexpr std::size_t kTlvs = 16 + 12;  // of IPv4

config::Endpoint at(std::string_view text) {
  return *config::Endpoint::parse(text);
}

Header header(std::string_view from, std::string_view to) {
  return {at(from), at(to), std::string(kWeb)};
}

struct Outcome {
  HeaderReader::State state;
  HeaderError error;
  Header header;
  std::size_t taken;
};

/// In pieces: `cut` bytes first, then all that is left.
Outcome read(std::string_view bytes, std::size_t cut) {
  HeaderReader reader;
  std::size_t taken = 0;
  for (const auto piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    for (std::size_t at = 0; at < piece.size() && reader.state() == HeaderReader::State::kNeedMore;) {
      const auto room = reader.room();
      const std::size_t size = std::min(room.size(), piece.size() - at);
      std::copy_n(piece.begin() + static_cast<std::ptrdiff_t>(at), size, room.begin());
      reader.commit(size);
      at += size;
      taken += size;
    }
  }
  return {reader.state(), reader.error(), reader.header(), taken};
}

void expect_whole(const Outcome& outcome, const Header& wanted, std::size_t size) {
  ASSERT_EQ(outcome.state, HeaderReader::State::kWhole) << to_string(outcome.error);
  EXPECT_EQ(outcome.header.source, wanted.source);
  EXPECT_EQ(outcome.header.destination, wanted.destination);
  EXPECT_EQ(outcome.header.identity, wanted.identity);
  EXPECT_EQ(outcome.taken, size);
}

TEST(ProxyHeader, IsReadAsItWasWrittenAtEveryCutAndNoByteBehindItIsTaken) {
  for (const auto& wanted : {header("10.0.1.10:40000", "10.0.2.20:8080"), header("[fd00::1]:1", "[fd00::2]:65535")}) {
    const std::string bytes = write_header(wanted);
    const std::string more = bytes + "GET / HTTP/1.1\r\n";
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      expect_whole(read(more, cut), wanted, bytes.size());
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(read(std::string_view(bytes).substr(0, size), 0).state, HeaderReader::State::kNeedMore) << size;
    }
  }
}

TEST(ProxyHeader, IsLaidOutAsTheSpecificationSays) {
  const std::string bytes = write_header(header("10.0.1.10:258", "10.0.2.20:8080"));
  const std::string wanted = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11", 14) +
                             std::string("\0\x3b\x0a\0\x01\x0a\x0a\0\x02\x14\x01\x02\x1f\x90\xe0\0\x25", 17);
  EXPECT_EQ(bytes.substr(0, wanted.size()), wanted);
  EXPECT_EQ(bytes.substr(wanted.size(), kWeb.size()), kWeb);
}

TEST(ProxyHeader, TypesThatNobodyKnowsAreLeftAlone) {
  std::string bytes = write_header(header("10.0.1.10:1", "10.0.2.20:2"));
  bytes.resize(bytes.size() - 7);  // the checksum
  bytes += std::string("\x04\0\x02\0\0\xe5\0\x01x\x01\0\0", 12);
  bytes[15] = static_cast<char>(bytes.size() - 16);
  expect_whole(read(bytes, 3), header("10.0.1.10:1", "10.0.2.20:2"), bytes.size());
}

struct Wrong {
  std::string_view name;
  HeaderError error;
  std::function<void(std::string&)> spoil;
};

void set_length(std::string& bytes, std::size_t rest) {
  bytes[14] = static_cast<char>(rest >> 8U);
  bytes[15] = static_cast<char>(rest & 0xffU);
}

/// Without a checksum, which would be wrong as well.
void keep_identity_alone(std::string& bytes) {
  bytes.resize(bytes.size() - 7);
  set_length(bytes, bytes.size() - 16);
}

TEST(ProxyHeader, WhatIsWrongIsSaidByName) {
  const Wrong cases[] = {
      {"http", HeaderError::kSignature, [](std::string& bytes) { bytes = "GET / HTTP/1.1\r\n\r\n"; }},
      {"version 1", HeaderError::kSignature,
       [](std::string& bytes) { bytes = "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n"; }},
      {"last of the signature", HeaderError::kSignature, [](std::string& bytes) { bytes[11] = '\r'; }},
      {"version 3", HeaderError::kVersion, [](std::string& bytes) { bytes[12] = 0x31; }},
      {"LOCAL", HeaderError::kCommand, [](std::string& bytes) { bytes[12] = 0x20; }},
      {"no command", HeaderError::kCommand, [](std::string& bytes) { bytes[12] = 0x22; }},
      {"UNSPEC", HeaderError::kFamily, [](std::string& bytes) { bytes[13] = 0x00; }},
      {"UDP", HeaderError::kFamily, [](std::string& bytes) { bytes[13] = 0x12; }},
      {"UNIX", HeaderError::kFamily, [](std::string& bytes) { bytes[13] = 0x31; }},
      {"mapped", HeaderError::kFamily,
       [](std::string& bytes) {
         bytes = write_header(header("[fd00::1]:1", "[fd00::2]:2"));
         bytes.replace(16, 12, std::string(10, '\0') + "\xff\xff");
       }},
      {"too long", HeaderError::kTooLong, [](std::string& bytes) { set_length(bytes, kMaxRestBytes + 1); }},
      {"no addresses", HeaderError::kTooShort, [](std::string& bytes) { set_length(bytes, 0); }},
      {"addresses cut", HeaderError::kTooShort, [](std::string& bytes) { set_length(bytes, 11); }},
      {"no TLV", HeaderError::kNoIdentity,
       [](std::string& bytes) {
         bytes.resize(kTlvs);
         set_length(bytes, 12);
       }},
      {"empty identity", HeaderError::kNoIdentity,
       [](std::string& bytes) {
         bytes.resize(kTlvs);
         bytes += std::string("\xe0\0\0", 3);
         set_length(bytes, 15);
       }},
      {"two identities", HeaderError::kTwoIdentities,
       [](std::string& bytes) {
         keep_identity_alone(bytes);
         bytes += std::string("\xe0\0\x01x", 4);
         set_length(bytes, bytes.size() - 16);
       }},
      {"TLV beyond the end", HeaderError::kTlv,
       [](std::string& bytes) {
         keep_identity_alone(bytes);
         bytes[kTlvs + 2] = static_cast<char>(kWeb.size() + 1);
       }},
      {"head of a TLV cut", HeaderError::kTlv,
       [](std::string& bytes) {
         keep_identity_alone(bytes);
         bytes += "\x04";
         set_length(bytes, bytes.size() - 16);
       }},
      {"another caller", HeaderError::kChecksum, [](std::string& bytes) { bytes[19] = 11; }},
      {"checksum of two bytes", HeaderError::kChecksum,
       [](std::string& bytes) {
         keep_identity_alone(bytes);
         bytes += std::string("\x03\0\x02xx", 5);
         set_length(bytes, bytes.size() - 16);
       }},
  };
  for (const auto& wrong : cases) {
    std::string bytes = write_header(header("10.0.1.10:1", "10.0.2.20:2"));
    wrong.spoil(bytes);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      const auto outcome = read(bytes, cut);
      EXPECT_EQ(outcome.state, HeaderReader::State::kBad) << wrong.name << " cut at " << cut;
      EXPECT_EQ(outcome.error, wrong.error) << wrong.name << ": " << to_string(outcome.error);
    }
  }
}

TEST(ProxyHeader, NoBitOfItChangesUnnoticed) {
  const std::string bytes = write_header(header("10.0.1.10:1", "10.0.2.20:2"));
  const std::size_t checksum_type = bytes.size() - 7;  // another one is one that nobody knows
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at == checksum_type) {
      continue;
    }
    std::string spoilt = bytes;
    spoilt[at] = static_cast<char>(spoilt[at] ^ 1);
    EXPECT_NE(read(spoilt, 0).state, HeaderReader::State::kWhole) << at;
  }
}

}  // namespace
}  // namespace gabion::proxy::proxy2
