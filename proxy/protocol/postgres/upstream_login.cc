// Logs in to a PostgreSQL server: see upstream_login.h.
#include "proxy/protocol/postgres/upstream_login.h"

#include <algorithm>
#include <array>

#include "inspect/wipe.h"

namespace gabion::proxy::postgres {
namespace {

// Authentication* of the protocol's message formats.
constexpr std::uint32_t kOk = 0;
constexpr std::uint32_t kCleartext = 3;
constexpr std::uint32_t kMd5 = 5;
constexpr std::uint32_t kSasl = 10;
constexpr std::uint32_t kSaslContinue = 11;
constexpr std::uint32_t kSaslFinal = 12;

constexpr std::string_view kScramName = "SCRAM-SHA-256";
constexpr std::string_view kScramPlusName = "SCRAM-SHA-256-PLUS";

void put_int32(std::string& out, std::size_t value) {
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> (shift - 8U)));
  }
}

/// 'p' is the type of passwords and of SASL alike.
void begin_answer(std::string& out, std::size_t body_bytes) {
  inspect::wipe(out);
  out.push_back('p');
  put_int32(out, body_bytes + 4);
}

struct Offered {
  bool is_well_formed = false;
  bool scram = false;
  bool scram_plus = false;
};

/// Names that end with NUL, and an empty one.
Offered read_mechanisms(std::string_view list) {
  Offered offered;
  while (true) {
    const std::size_t end = list.find('\0');
    if (end == std::string_view::npos) {
      return offered;
    }
    const std::string_view name = list.substr(0, end);
    list.remove_prefix(end + 1);
    if (name.empty()) {
      offered.is_well_formed = list.empty();
      return offered;
    }
    offered.scram = offered.scram || name == kScramName;
    offered.scram_plus = offered.scram_plus || name == kScramPlusName;
  }
}

/// SQLSTATE of an ErrorResponse: five digits or letters.
std::string read_code(std::string_view body) {
  while (!body.empty() && body[0] != '\0') {
    const std::size_t end = body.find('\0');
    if (end == std::string_view::npos) {
      break;
    }
    const std::string_view value = body.substr(1, end - 1);
    const bool is_code = value.size() == 5 && std::all_of(value.begin(), value.end(), [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                         });
    if (body[0] == 'C' && is_code) {
      return std::string(value);
    }
    body.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace

std::string_view to_string(LoginFailure failure) noexcept {
  switch (failure) {
    case LoginFailure::kNone:
      return "";
    case LoginFailure::kMalformed:
      return "a malformed message";
    case LoginFailure::kUnexpected:
      return "a message that has no place in a login";
    case LoginFailure::kMethod:
      return "the server asks for a way of logging in that is not allowed";
    case LoginFailure::kNeedsTls:
      return "the server asks for a way of logging in that needs TLS with a verified server";
    case LoginFailure::kScram:
      return "SCRAM failed";
    case LoginFailure::kUnproven:
      return "the server did not prove itself";
    case LoginFailure::kRefused:
      return "the server refuses the role or its secret";
  }
  return "";
}

UpstreamLogin::~UpstreamLogin() {
  inspect::wipe(out_);
}

UpstreamLogin::Step UpstreamLogin::fail(LoginFailure failure) noexcept {
  failure_ = failure;
  inspect::wipe(out_);
  scram_.reset();
  return Step::kFailed;
}

UpstreamLogin::Step UpstreamLogin::fail(ScramError error) noexcept {
  scram_error_ = error;
  return fail(LoginFailure::kScram);
}

UpstreamLogin::Step UpstreamLogin::on_message(char type, std::string_view body) {
  if (failure_ != LoginFailure::kNone) {
    return Step::kFailed;
  }
  switch (type) {
    case 'R':
      return on_authentication(body);
    case 'N':
      return Step::kWait;
    case 'E':
      server_code_ = read_code(body);
      return fail(LoginFailure::kRefused);
    default:
      return fail(LoginFailure::kUnexpected);
  }
}

UpstreamLogin::Step UpstreamLogin::on_authentication(std::string_view body) {
  if (body.size() < 4) {
    return fail(LoginFailure::kMalformed);
  }
  std::uint32_t kind = 0;
  for (const char c : body.substr(0, 4)) {
    kind = kind << 8U | static_cast<unsigned char>(c);
  }
  const std::string_view rest = body.substr(4);
  switch (kind) {
    case kOk:
      return rest.empty() ? on_ok() : fail(LoginFailure::kMalformed);
    case kCleartext:
      return rest.empty() ? send_password(LoginMethod::kCleartext, rest) : fail(LoginFailure::kMalformed);
    case kMd5:
      return rest.size() == 4 ? send_password(LoginMethod::kMd5, rest) : fail(LoginFailure::kMalformed);
    case kSasl:
      return on_mechanisms(rest);
    case kSaslContinue:
      return on_scram_continue(rest);
    case kSaslFinal:
      return on_scram_final(rest);
    default:
      return fail(LoginFailure::kMethod);  // Kerberos, GSSAPI, SSPI
  }
}

std::optional<LoginFailure> UpstreamLogin::refuses(LoginMethod method) const noexcept {
  if (!account_.methods.has(method)) {
    return LoginFailure::kMethod;
  }
  const bool needs_tls = method == LoginMethod::kMd5 || method == LoginMethod::kCleartext;
  return needs_tls && account_.channel != Channel::kTls ? std::optional(LoginFailure::kNeedsTls) : std::nullopt;
}

/// Let in unasked: by a server that trusts us, or by somebody who cannot know the secret.
UpstreamLogin::Step UpstreamLogin::on_ok() noexcept {
  switch (state_) {
    case State::kStart:
      if (const auto refusal = refuses(LoginMethod::kTrust)) {
        return fail(*refusal);
      }
      return Step::kDone;
    case State::kAnswered:
    case State::kScramProven:
      inspect::wipe(out_);
      scram_.reset();
      return Step::kDone;
    case State::kScramFirst:
    case State::kScramFinal:
      return fail(LoginFailure::kUnproven);
  }
  return fail(LoginFailure::kUnexpected);
}

UpstreamLogin::Step UpstreamLogin::send_password(LoginMethod method, std::string_view salt) {
  if (state_ != State::kStart) {
    return fail(LoginFailure::kUnexpected);
  }
  if (const auto refusal = refuses(method)) {
    return fail(*refusal);
  }
  std::string text(account_.secret);
  if (method == LoginMethod::kMd5) {
    // "md5" and md5(md5(secret, role), salt), each in hexadecimal.
    std::array<char, 32> digits{};
    text.append(account_.role);
    bool done = crypto_.md5(text, digits);
    inspect::wipe(text);
    text.append(digits.data(), digits.size()).append(salt);
    done = done && crypto_.md5(text, digits);
    inspect::wipe(text);
    if (!done) {
      return fail(ScramError::kCrypto);
    }
    text.append("md5").append(digits.data(), digits.size());
  }
  begin_answer(out_, text.size() + 1);
  out_.append(text).push_back('\0');
  inspect::wipe(text);
  state_ = State::kAnswered;
  return Step::kSend;
}

UpstreamLogin::Step UpstreamLogin::on_mechanisms(std::string_view list) {
  if (state_ != State::kStart) {
    return fail(LoginFailure::kUnexpected);
  }
  const Offered offered = read_mechanisms(list);
  if (!offered.is_well_formed) {
    return fail(LoginFailure::kMalformed);
  }
  if (const auto refusal = refuses(LoginMethod::kScram)) {
    return fail(*refusal);
  }
  const bool can_bind = account_.channel != Channel::kPlain && !account_.end_point.empty();
  const bool binds = can_bind && offered.scram_plus;
  if (!binds && !offered.scram) {
    return fail(LoginFailure::kMethod);
  }
  ScramChannel channel;
  if (can_bind) {
    channel.binding = binds ? ScramChannel::Binding::kEndPoint : ScramChannel::Binding::kNotOffered;
    channel.end_point = account_.end_point;
  }
  scram_.emplace(crypto_, account_.secret, keys_);
  if (const ScramError error = scram_->begin(channel); error != ScramError::kNone) {
    return fail(error);
  }
  const std::string_view name = binds ? kScramPlusName : kScramName;
  const std::string_view first = scram_->client_message();
  begin_answer(out_, name.size() + 1 + 4 + first.size());
  out_.append(name).push_back('\0');
  put_int32(out_, first.size());
  out_.append(first);
  state_ = State::kScramFirst;
  return Step::kSend;
}

UpstreamLogin::Step UpstreamLogin::on_scram_continue(std::string_view message) {
  if (state_ != State::kScramFirst) {
    return fail(LoginFailure::kUnexpected);
  }
  if (const ScramError error = scram_->on_server_first(message); error != ScramError::kNone) {
    return fail(error);
  }
  begin_answer(out_, scram_->client_message().size());
  out_.append(scram_->client_message());
  state_ = State::kScramFinal;
  return Step::kSend;
}

UpstreamLogin::Step UpstreamLogin::on_scram_final(std::string_view message) {
  if (state_ != State::kScramFinal) {
    return fail(LoginFailure::kUnexpected);
  }
  if (const ScramError error = scram_->on_server_final(message); error != ScramError::kNone) {
    return fail(error);
  }
  state_ = State::kScramProven;
  return Step::kWait;
}

}  // namespace gabion::proxy::postgres
