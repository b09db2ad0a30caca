// The PROXY protocol, version 2, as gateways begin a hop with it: whose connection this is, and whom it calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/ip_address.h"

namespace gabion::proxy::proxy2 {

// https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, §2.2.
inline constexpr std::size_t kFixedBytes = 16;          ///< up to and with the length of the rest
inline constexpr std::size_t kMaxRestBytes = 4 * 1024;  ///< addresses and TLVs; a SPIFFE id has at most 2048
inline constexpr std::uint8_t kIdentityType = 0xE0;     ///< PP2_TYPE_MIN_CUSTOM: the caller's SPIFFE id

struct Header {
  config::Endpoint source;       ///< the pod that calls
  config::Endpoint destination;  ///< the pod that is called, of the same family
  std::string identity;          ///< TLV kIdentityType, as it came; never empty
};

/// What is wrong with a header; each is a sentence in logs.
enum class HeaderError : std::uint8_t {
  kNone,
  kSignature,   ///< not the twelve bytes it begins with
  kVersion,     ///< not 2
  kCommand,     ///< not PROXY: nobody is called for (LOCAL), or unassigned
  kFamily,      ///< not TCP over IPv4 or IPv6
  kTooLong,     ///< more than kMaxRestBytes
  kTooShort,    ///< shorter than its addresses
  kTlv,         ///< a TLV beyond the end
  kChecksum,    ///< PP2_TYPE_CRC32C is not that of the header
  kNoIdentity,  ///< no kIdentityType, or an empty one
  kTwoIdentities,
};
[[nodiscard]] std::string_view to_string(HeaderError error) noexcept;

/// Reads one header, whatever the pieces it comes in, and not a byte more. Holds at most kFixedBytes + kMaxRestBytes.
class HeaderReader {
 public:
  enum class State : std::uint8_t { kNeedMore, kWhole, kBad };

  /// Where the next bytes go; never empty in kNeedMore.
  [[nodiscard]] std::span<char> room();
  /// So many were put there.
  State commit(std::size_t bytes);

  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] HeaderError error() const noexcept { return error_; }
  /// REQUIRES: kWhole.
  [[nodiscard]] const Header& header() const noexcept { return header_; }

 private:
  State fail(HeaderError error) noexcept;
  State read_fixed() noexcept;
  State read_rest();
  [[nodiscard]] HeaderError read_tlvs(std::size_t from);
  [[nodiscard]] bool is_checksum(std::size_t at) const;
  [[nodiscard]] std::uint8_t byte(std::size_t at) const noexcept { return static_cast<std::uint8_t>(bytes_[at]); }
  [[nodiscard]] std::uint16_t number(std::size_t at) const noexcept {
    return static_cast<std::uint16_t>(byte(at) << 8U | byte(at + 1));
  }

  std::string bytes_ = std::string(kFixedBytes, '\0');  // as many as the header is known to have
  std::size_t have_ = 0;
  State state_ = State::kNeedMore;
  HeaderError error_ = HeaderError::kNone;
  Header header_;
};

/// The bytes of `header`, with a checksum. REQUIRES: one family, an identity of at most 2048 bytes.
[[nodiscard]] std::string write_header(const Header& header);

}  // namespace gabion::proxy::proxy2
