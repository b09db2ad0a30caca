// The PROXY protocol, version 2: see header.h.
#include "proxy/protocol/proxy2/header.h"

#include <algorithm>

namespace gabion::proxy::proxy2 {
namespace {

constexpr std::string_view kSignature = std::string_view("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kVersionAt = 12;
constexpr std::size_t kFamilyAt = 13;
constexpr std::size_t kLengthAt = 14;
constexpr std::uint8_t kVersion2 = 0x20;
constexpr std::uint8_t kProxyCommand = 0x01;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;
constexpr std::uint8_t kChecksumType = 0x03;  // PP2_TYPE_CRC32C
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kTlvHeadBytes = 3;

/// RFC 4960, appendix B: polynomial 0x1EDC6F41, reflected. Once a connection, so bit by bit.
std::uint32_t crc32c(std::string_view bytes) noexcept {
  std::uint32_t sum = 0xffffffff;
  for (const char c : bytes) {
    sum ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) {
      sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? 0x82f63b78U : 0U);
    }
  }
  return ~sum;
}

std::size_t address_bytes(std::uint8_t family) noexcept {
  return family == kTcp4 ? 4 : 16;
}

config::IpAddress read_address(std::string_view bytes) noexcept {
  std::array<std::uint8_t, 16> network{};
  std::transform(bytes.begin(), bytes.end(), network.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  if (bytes.size() == network.size()) {
    return config::IpAddress::v6(network);
  }
  return config::IpAddress::v4(static_cast<std::uint32_t>(network[0]) << 24U |
                               static_cast<std::uint32_t>(network[1]) << 16U |
                               static_cast<std::uint32_t>(network[2]) << 8U | network[3]);
}

void put_number(std::string& out, std::uint16_t number) {
  out.push_back(static_cast<char>(number >> 8U));
  out.push_back(static_cast<char>(number & 0xffU));
}

void put_checksum(std::string& bytes, std::size_t at, std::uint32_t sum) noexcept {
  for (std::size_t i = 0; i < kChecksumBytes; ++i) {
    bytes[at + i] = static_cast<char>(sum >> (24U - 8U * i));
  }
}

}  // namespace

std::string_view to_string(HeaderError error) noexcept {
  switch (error) {
    case HeaderError::kNone:
      return "";
    case HeaderError::kSignature:
      return "does not begin with a PROXY header";
    case HeaderError::kVersion:
      return "a PROXY header of another version";
    case HeaderError::kCommand:
      return "a PROXY header that is not of the command PROXY";
    case HeaderError::kFamily:
      return "a PROXY header that is not of TCP over IPv4 or IPv6";
    case HeaderError::kTooLong:
      return "a PROXY header that is too long";
    case HeaderError::kTooShort:
      return "a PROXY header that is shorter than its addresses";
    case HeaderError::kTlv:
      return "a PROXY header with a TLV beyond its end";
    case HeaderError::kChecksum:
      return "a PROXY header with a wrong checksum";
    case HeaderError::kNoIdentity:
      return "a PROXY header without an identity";
    case HeaderError::kTwoIdentities:
      return "a PROXY header with two identities";
  }
  return "";
}

std::span<char> HeaderReader::room() {
  return state_ == State::kNeedMore ? std::span(bytes_).subspan(have_) : std::span<char>();
}

HeaderReader::State HeaderReader::fail(HeaderError error) noexcept {
  error_ = error;
  state_ = State::kBad;
  return state_;
}

HeaderReader::State HeaderReader::commit(std::size_t bytes) {
  have_ += std::min(bytes, bytes_.size() - have_);
  if (state_ != State::kNeedMore) {
    return state_;
  }
  const std::size_t begun = std::min(have_, kSignature.size());
  if (std::string_view(bytes_).substr(0, begun) != kSignature.substr(0, begun)) {
    return fail(HeaderError::kSignature);  // whoever speaks something else is told at once
  }
  if (have_ < bytes_.size()) {
    return state_;
  }
  if (have_ == kFixedBytes && read_fixed() == State::kBad) {
    return state_;
  }
  return have_ < bytes_.size() ? state_ : read_rest();
}

HeaderReader::State HeaderReader::read_fixed() noexcept {
  if ((byte(kVersionAt) & 0xf0U) != kVersion2) {
    return fail(HeaderError::kVersion);
  }
  if ((byte(kVersionAt) & 0x0fU) != kProxyCommand) {
    return fail(HeaderError::kCommand);
  }
  const std::uint8_t family = byte(kFamilyAt);
  if (family != kTcp4 && family != kTcp6) {
    return fail(HeaderError::kFamily);
  }
  const std::size_t rest = number(kLengthAt);
  if (rest > kMaxRestBytes) {
    return fail(HeaderError::kTooLong);
  }
  if (rest < 2 * (address_bytes(family) + 2)) {
    return fail(HeaderError::kTooShort);
  }
  bytes_.resize(kFixedBytes + rest);
  return state_;
}

HeaderReader::State HeaderReader::read_rest() {
  const std::string_view all = bytes_;
  const std::size_t size = address_bytes(byte(kFamilyAt));
  const std::size_t ports = kFixedBytes + 2 * size;
  header_.source = {read_address(all.substr(kFixedBytes, size)), number(ports)};
  header_.destination = {read_address(all.substr(kFixedBytes + size, size)), number(ports + 2)};
  const bool is_v4 = byte(kFamilyAt) == kTcp4;
  if (header_.source.address.is_v4() != is_v4 || header_.destination.address.is_v4() != is_v4) {
    return fail(HeaderError::kFamily);  // ::ffff:a.b.c.d is IPv4 in the clothes of IPv6
  }
  if (const HeaderError wrong = read_tlvs(ports + 4); wrong != HeaderError::kNone) {
    return fail(wrong);
  }
  state_ = State::kWhole;
  return state_;
}

/// Types that nobody here knows are left alone, as §2.2 asks.
HeaderError HeaderReader::read_tlvs(std::size_t from) {
  for (std::size_t at = from; at < bytes_.size();) {
    if (bytes_.size() - at < kTlvHeadBytes || bytes_.size() - at - kTlvHeadBytes < number(at + 1)) {
      return HeaderError::kTlv;
    }
    const std::size_t length = number(at + 1);
    const std::uint8_t type = byte(at);
    at += kTlvHeadBytes;
    if (type == kChecksumType && (length != kChecksumBytes || !is_checksum(at))) {
      return HeaderError::kChecksum;
    }
    if (type == kIdentityType) {
      if (!header_.identity.empty()) {
        return HeaderError::kTwoIdentities;
      }
      header_.identity = bytes_.substr(at, length);
      if (header_.identity.empty()) {
        return HeaderError::kNoIdentity;
      }
    }
    at += length;
  }
  return header_.identity.empty() ? HeaderError::kNoIdentity : HeaderError::kNone;
}

/// Of the whole header with zeroes in the sum's own place (§2.2.4).
bool HeaderReader::is_checksum(std::size_t at) const {
  std::string copy = bytes_;
  put_checksum(copy, at, 0);
  put_checksum(copy, at, crc32c(copy));
  return copy == bytes_;
}

std::string write_header(const Header& header) {
  const bool is_v4 = header.source.address.is_v4();
  std::string out(kSignature);
  out.push_back(static_cast<char>(kVersion2 | kProxyCommand));
  out.push_back(static_cast<char>(is_v4 ? kTcp4 : kTcp6));
  put_number(out, 0);  // the length, below
  for (const auto* end : {&header.source, &header.destination}) {
    const auto& bytes = end->address.bytes();
    out.append(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(is_v4 ? 4 : 16));
  }
  put_number(out, header.source.port);
  put_number(out, header.destination.port);
  out.push_back(static_cast<char>(kIdentityType));
  put_number(out, static_cast<std::uint16_t>(header.identity.size()));
  out += header.identity;
  out.push_back(static_cast<char>(kChecksumType));
  put_number(out, kChecksumBytes);
  const std::size_t sum_at = out.size();
  out.append(kChecksumBytes, '\0');
  const auto rest = static_cast<std::uint16_t>(out.size() - kFixedBytes);
  out[kLengthAt] = static_cast<char>(rest >> 8U);
  out[kLengthAt + 1] = static_cast<char>(rest & 0xffU);
  put_checksum(out, sum_at, crc32c(out));
  return out;
}

}  // namespace gabion::proxy::proxy2
