// The client's half of SCRAM-SHA-256: see scram.h.
#include "proxy/protocol/postgres/scram.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "inspect/wipe.h"
#include "proxy/protocol/postgres/base64.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::size_t kNonceBytes = 18;  // as libpq; 24 characters

struct ServerFirst {
  std::string_view nonce;
  std::string_view salt;  // base64
  std::string_view iterations;
};

/// `name`= and what stands before the next comma; takes both off `rest`.
std::optional<std::string_view> take(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') {
    return std::nullopt;
  }
  rest.remove_prefix(2);
  const std::size_t comma = rest.find(',');
  const std::string_view value = rest.substr(0, comma);
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return value;
}

/// Three attributes in their order. Extensions are none that we know: a mandatory one ends the login, and PostgreSQL
/// sends no others.
std::optional<ServerFirst> read_server_first(std::string_view message) {
  if (message.size() > ScramClient::kMostMessageBytes || message.ends_with(',')) {
    return std::nullopt;
  }
  const auto nonce = take(message, 'r');
  const auto salt = nonce ? take(message, 's') : std::nullopt;
  const auto iterations = salt ? take(message, 'i') : std::nullopt;
  if (!iterations || !message.empty()) {
    return std::nullopt;
  }
  return ServerFirst{*nonce, *salt, *iterations};
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~' && c != ','; });
}

std::optional<std::uint32_t> read_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.starts_with('0')) {
    return std::nullopt;
  }
  return value;
}

std::string gs2_header(const ScramChannel& channel) {
  switch (channel.binding) {
    case ScramChannel::Binding::kNone:
      return "n,,";
    case ScramChannel::Binding::kNotOffered:
      return "y,,";
    case ScramChannel::Binding::kEndPoint:
      return "p=tls-server-end-point,,";
  }
  return "n,,";
}

}  // namespace

std::string_view to_string(ScramError error) noexcept {
  switch (error) {
    case ScramError::kNone:
      return "";
    case ScramError::kMalformed:
      return "a malformed SCRAM message";
    case ScramError::kNonce:
      return "a nonce that does not go on from ours";
    case ScramError::kIterations:
      return "a number of iterations out of bounds";
    case ScramError::kRefused:
      return "the server does not take the secret";
    case ScramError::kForged:
      return "the server does not know the secret";
    case ScramError::kCrypto:
      return "the cryptographic library failed";
  }
  return "";
}

ScramClient::~ScramClient() {
  crypto_.wipe(server_signature_);
  inspect::wipe(message_);
}

ScramError ScramClient::begin(const ScramChannel& channel) {
  std::array<unsigned char, kNonceBytes> bytes{};
  if (!crypto_.random(bytes)) {
    return ScramError::kCrypto;
  }
  std::string nonce;
  append_base64(nonce, to_text(bytes));
  return begin(channel, nonce, {});
}

ScramError ScramClient::begin(const ScramChannel& channel, std::string_view nonce, std::string_view user) {
  const std::string header = gs2_header(channel);
  header_ = header;
  if (channel.binding == ScramChannel::Binding::kEndPoint) {
    header_.append(channel.end_point);
  }
  nonce_ = nonce;
  first_.assign("n=").append(user).append(",r=").append(nonce);
  message_ = header + first_;
  return ScramError::kNone;
}

ScramError ScramClient::on_server_first(std::string_view message) {
  const auto read = read_server_first(message);
  const auto salt = read ? read_base64(read->salt) : std::nullopt;
  if (!read || !salt || salt->empty() || !is_printable(read->nonce)) {
    return ScramError::kMalformed;
  }
  if (!read->nonce.starts_with(nonce_) || read->nonce.size() == nonce_.size()) {
    return ScramError::kNonce;
  }
  const auto iterations = read_number(read->iterations);
  if (!iterations) {
    return ScramError::kMalformed;
  }
  if (*iterations < kLeastIterations || *iterations > kMostIterations) {
    return ScramError::kIterations;
  }
  nonce_ = read->nonce;
  ScramKeys keys;
  const bool derived = cache_ != nullptr ? cache_->get(password_, *salt, *iterations, keys)
                                         : derive_scram_keys(crypto_, password_, *salt, *iterations, keys);
  const ScramError error = derived ? prove(keys, message) : ScramError::kCrypto;
  crypto_.wipe(keys.client);
  crypto_.wipe(keys.server);
  return error;
}

/// RFC 5802 §3: ClientProof = ClientKey XOR HMAC(H(ClientKey), AuthMessage).
ScramError ScramClient::prove(const ScramKeys& keys, std::string_view server_first) {
  message_.assign("c=");
  append_base64(message_, header_);
  message_.append(",r=").append(nonce_);
  std::string auth_message = first_;
  auth_message.append(1, ',').append(server_first).append(1, ',').append(message_);
  Digest stored{};
  Digest proof{};
  const bool done = crypto_.sha256(to_text(keys.client), stored) &&
                    crypto_.hmac(to_text(stored), auth_message, proof) &&
                    crypto_.hmac(to_text(keys.server), auth_message, server_signature_);
  crypto_.wipe(stored);
  if (!done) {
    return ScramError::kCrypto;
  }
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] ^= keys.client[i];
  }
  message_.append(",p=");
  append_base64(message_, to_text(proof));
  crypto_.wipe(proof);
  return ScramError::kNone;
}

ScramError ScramClient::on_server_final(std::string_view message) {
  if (message.size() > kMostMessageBytes) {
    return ScramError::kMalformed;
  }
  if (message.starts_with("e=")) {
    return ScramError::kRefused;
  }
  const auto coded = take(message, 'v');
  const auto signature = coded && message.empty() ? read_base64(*coded) : std::nullopt;
  if (!signature || signature->size() != server_signature_.size()) {
    return ScramError::kMalformed;
  }
  const std::span told(reinterpret_cast<const unsigned char*>(signature->data()), signature->size());
  return crypto_.equal(told, server_signature_) ? ScramError::kNone : ScramError::kForged;
}

}  // namespace gabion::proxy::postgres
