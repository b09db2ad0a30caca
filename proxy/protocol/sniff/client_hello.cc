// RFC 8446 §4.1.2 and §4.2, as far as a look needs: every length is held against what is there.
#include "proxy/protocol/sniff/client_hello.h"

#include <cstddef>

namespace gabion::proxy::sniff {
namespace {

/// Takes fields off the front of a text; once something is missing, everything is.
class Fields {
 public:
  explicit Fields(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] std::size_t number(std::size_t bytes) noexcept {
    std::size_t value = 0;
    for (const char c : take(bytes)) {
      value = (value << 8U) | static_cast<std::uint8_t>(c);
    }
    return value;
  }

  [[nodiscard]] std::string_view take(std::size_t bytes) noexcept {
    if (bytes > rest_.size()) {
      broken_ = true;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  /// With a length of `bytes` bytes before it.
  [[nodiscard]] std::string_view vector(std::size_t bytes) noexcept {
    const std::size_t length = number(bytes);
    return broken_ ? std::string_view() : take(length);
  }

  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] bool broken() const noexcept { return broken_; }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kServerNameType = 0;
constexpr std::size_t kAlpnType = 16;

/// The first host_name of the list.
std::string_view host_name(std::string_view extension) noexcept {
  Fields list(Fields(extension).vector(2));
  const std::size_t type = list.number(1);
  const auto name = list.vector(2);
  return type == 0 && !list.broken() ? name : std::string_view();
}

HelloReading read_extensions(std::string_view text, ClientHello& hello) noexcept {
  Fields extensions(text);
  while (!extensions.empty()) {
    const std::size_t type = extensions.number(2);
    const auto body = extensions.vector(2);
    if (extensions.broken()) {
      return HelloReading::kUnreadable;
    }
    if (type == kServerNameType) {
      hello.server_name = host_name(body);
    } else if (type == kAlpnType) {
      hello.protocols = Fields(body).vector(2);
    }
  }
  return HelloReading::kWhole;
}

}  // namespace

HelloReading read_client_hello(std::string_view bytes, ClientHello& hello) noexcept {
  hello = {};
  if (bytes.size() < kRecordHeader) {
    return HelloReading::kNeedMore;
  }
  Fields record(bytes);
  const std::size_t type = record.number(1);
  const std::size_t version = record.number(2);
  const std::size_t length = record.number(2);
  constexpr std::size_t kMostRecord = 1U << 14U;
  if (type != 0x16 || version < 0x300 || version > 0x304 || length > kMostRecord) {
    return HelloReading::kUnreadable;
  }
  if (bytes.size() - kRecordHeader < length) {
    return HelloReading::kNeedMore;
  }
  Fields message(record.take(length));
  const std::size_t kind = message.number(1);
  Fields body(message.vector(3));
  [[maybe_unused]] const auto version_and_random = body.take(2 + 32);
  [[maybe_unused]] const auto session = body.vector(1);
  [[maybe_unused]] const auto ciphers = body.vector(2);
  [[maybe_unused]] const auto compression = body.vector(1);
  if (kind != 1 || message.broken() || body.broken()) {
    return HelloReading::kUnreadable;
  }
  if (body.empty()) {
    return HelloReading::kWhole;  // no extensions
  }
  const auto extensions = body.vector(2);
  return body.broken() ? HelloReading::kUnreadable : read_extensions(extensions, hello);
}

bool offers_prefix(std::string_view protocols, std::string_view prefix) noexcept {
  Fields names(protocols);
  while (!names.empty()) {
    if (names.vector(1).starts_with(prefix)) {
      return true;
    }
  }
  return false;
}

}  // namespace gabion::proxy::sniff
