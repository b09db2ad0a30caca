// What a client sends before anything else: packets without a type, each with a length and a code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gabion::proxy::postgres {

enum class StartupKind : std::uint8_t {
  kSslRequest,
  kGssRequest,
  kCancel,          ///< process, key
  kStartup,         ///< version 3: minor, parameters
  kOldVersion,      ///< version 2 or older: a server answers in plain text
  kUnknownVersion,  ///< above 3
};

struct StartupPacket {
  StartupKind kind = StartupKind::kStartup;
  std::uint16_t minor = 0;
  std::uint32_t process = 0;
  std::string_view key;         ///< 4 to 256 bytes
  std::string_view parameters;  ///< unread: parse_startup_parameters()
  std::size_t consumed = 0;
};

enum class StartupReading : std::uint8_t { kNeedMore, kPacket, kError };

inline constexpr std::size_t kMostStartupBytes = 10'000;  // PostgreSQL's MAX_STARTUP_PACKET_LENGTH
inline constexpr char kTlsHandshakeByte = 0x16;           // direct TLS begins so; no packet can

/// Reads the packet that `bytes` begin with. `packet` views `bytes`.
[[nodiscard]] StartupReading read_startup_packet(std::string_view bytes, StartupPacket& packet) noexcept;

}  // namespace gabion::proxy::postgres
