// What a client sends before anything else: see startup_packet.h.
#include "proxy/protocol/postgres/startup_packet.h"

#include "proxy/protocol/postgres/body_reader.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::size_t kLeastBytes = 8;
constexpr std::size_t kLengthAndCode = 8;
constexpr std::size_t kLeastKeyBytes = 4;
constexpr std::size_t kMostKeyBytes = 256;
constexpr std::uint32_t kCancelCode = 80'877'102;
constexpr std::uint32_t kSslCode = 80'877'103;
constexpr std::uint32_t kGssCode = 80'877'104;
constexpr std::uint16_t kMajor = 3;

StartupReading read_cancel(std::string_view rest, StartupPacket& packet) noexcept {
  if (rest.size() < 4 + kLeastKeyBytes || rest.size() > 4 + kMostKeyBytes) {
    return StartupReading::kError;
  }
  packet.kind = StartupKind::kCancel;
  packet.process = read_uint32(rest.data());
  packet.key = rest.substr(4);
  return StartupReading::kPacket;
}

StartupReading read_version(std::uint32_t code, std::string_view rest, StartupPacket& packet) noexcept {
  const auto major = static_cast<std::uint16_t>(code >> 16U);
  packet.minor = static_cast<std::uint16_t>(code);
  packet.parameters = rest;
  packet.kind = major < kMajor    ? StartupKind::kOldVersion
                : major == kMajor ? StartupKind::kStartup
                                  : StartupKind::kUnknownVersion;
  return StartupReading::kPacket;
}

}  // namespace

StartupReading read_startup_packet(std::string_view bytes, StartupPacket& packet) noexcept {
  packet = {};
  if (bytes.size() < 4) {
    // The first byte of a length that may be is 0.
    return !bytes.empty() && bytes[0] != '\0' ? StartupReading::kError : StartupReading::kNeedMore;
  }
  const std::size_t length = read_uint32(bytes.data());
  if (length < kLeastBytes || length > kMostStartupBytes) {
    return StartupReading::kError;
  }
  if (bytes.size() < length) {
    return StartupReading::kNeedMore;
  }
  packet.consumed = length;
  const std::uint32_t code = read_uint32(bytes.data() + 4);
  const std::string_view rest = bytes.substr(kLengthAndCode, length - kLengthAndCode);
  switch (code) {
    case kSslCode:
    case kGssCode:
      packet.kind = code == kSslCode ? StartupKind::kSslRequest : StartupKind::kGssRequest;
      return rest.empty() ? StartupReading::kPacket : StartupReading::kError;
    case kCancelCode:
      return read_cancel(rest, packet);
    default:
      return read_version(code, rest, packet);
  }
}

}  // namespace gabion::proxy::postgres
