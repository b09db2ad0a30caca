// Messages we write ourselves: see write.h.
#include "proxy/protocol/postgres/write.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::uint32_t kVersion3 = 196'608;
constexpr std::uint32_t kCancelRequest = 80'877'102;

void put_int16(std::string& out, std::uint16_t value) {
  out.push_back(static_cast<char>(value >> 8U));
  out.push_back(static_cast<char>(value));
}

void put_int32(std::string& out, std::uint32_t value) {
  put_int16(out, static_cast<std::uint16_t>(value >> 16U));
  put_int16(out, static_cast<std::uint16_t>(value));
}

void put_text(std::string& out, std::string_view text) {
  out.append(text);
  out.push_back('\0');
}

/// Writes the length of what was appended since, when it ends.
class Message {
 public:
  Message(std::string& out, char type) : out_(out) {
    out_.push_back(type);
    at_ = out_.size();
    put_int32(out_, 0);
  }
  /// Without a type: a start-up packet.
  explicit Message(std::string& out) : out_(out), at_(out.size()) { put_int32(out_, 0); }
  ~Message() {
    const auto length = static_cast<std::uint32_t>(out_.size() - at_);
    for (std::size_t i = 0; i < 4; ++i) {
      out_[at_ + i] = static_cast<char>(length >> (24U - 8U * i));
    }
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

 private:
  std::string& out_;
  std::size_t at_ = 0;
};

/// No grammar begins a statement so, whatever the lexer's settings are.
void put_unparsable(std::string& out, std::string_view reason) {
  out.append("] denied by gabion: ");
  put_text(out, reason);
}

}  // namespace

void write_error(std::string& out, const ErrorText& error) {
  const Message message(out, 'E');
  out.push_back('S');
  put_text(out, error.severity);
  out.push_back('V');
  put_text(out, error.severity);
  out.push_back('C');
  put_text(out, error.code);
  out.push_back('M');
  put_text(out, error.message);
  out.push_back('\0');
}

void write_backend_key(std::string& out, std::uint32_t process, std::string_view key) {
  const Message message(out, 'K');
  put_int32(out, process);
  out.append(key);
}

void write_negotiation(std::string& out, std::uint16_t minor, std::span<const std::string_view> options) {
  const Message message(out, 'v');
  put_int32(out, kVersion3 | minor);
  put_int32(out, static_cast<std::uint32_t>(options.size()));
  for (const std::string_view option : options) {
    put_text(out, option);
  }
}

void write_sasl_offer(std::string& out, std::span<const std::string_view> mechanisms) {
  const Message message(out, 'R');
  put_int32(out, 10);
  for (const std::string_view mechanism : mechanisms) {
    put_text(out, mechanism);
  }
  out.push_back('\0');
}

void write_startup(std::string& out, std::uint16_t minor, std::span<const StartupParameter> parameters) {
  const Message message(out);
  put_int32(out, kVersion3 | minor);
  for (const auto& [name, value] : parameters) {
    put_text(out, name);
    put_text(out, value);
  }
  out.push_back('\0');
}

void write_cancel_request(std::string& out, std::uint32_t process, std::string_view key) {
  const Message message(out);
  put_int32(out, kCancelRequest);
  put_int32(out, process);
  out.append(key);
}

void write_poison_query(std::string& out, std::string_view reason) {
  const Message message(out, 'Q');
  put_unparsable(out, reason);
}

void write_poison_parse(std::string& out, std::string_view nowhere, std::string_view reason) {
  const Message message(out, 'P');
  put_text(out, nowhere);
  put_unparsable(out, reason);
  put_int16(out, 0);
}

void write_poison_bind(std::string& out, std::string_view nowhere) {
  const Message message(out, 'B');
  put_text(out, nowhere);
  put_text(out, nowhere);
  put_int16(out, 0);
  put_int16(out, 0);
  put_int16(out, 0);
}

void write_poison_execute(std::string& out, std::string_view nowhere) {
  const Message message(out, 'E');
  put_text(out, nowhere);
  put_int32(out, 0);
}

void write_poison_function_call(std::string& out) {
  const Message message(out, 'F');
  put_int32(out, 0);
  put_int16(out, 0);
  put_int16(out, 0);
  put_int16(out, 0);
}

void write_copy_fail(std::string& out, std::string_view reason) {
  const Message message(out, 'f');
  put_text(out, reason);
}

void write_query(std::string& out, std::string_view text) {
  const Message message(out, 'Q');
  put_text(out, text);
}

void write_named_query(std::string& out, std::string_view name, std::string_view text) {
  {
    const Message parse(out, 'P');
    put_text(out, name);
    put_text(out, text);
    put_int16(out, 0);
  }
  write_poison_bind(out, name);
  write_poison_execute(out, name);
  for (const char kind : {'P', 'S'}) {
    const Message close(out, 'C');
    out.push_back(kind);
    put_text(out, name);
  }
  const Message sync(out, 'S');
}

void write_terminate(std::string& out) {
  const Message message(out, 'X');
}

}  // namespace gabion::proxy::postgres
