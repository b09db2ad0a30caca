// A login as it passes: see postgres_login.h.
#include "proxy/session/postgres_login.h"

#include <array>
#include <utility>

#include "proxy/protocol/postgres/body_reader.h"
#include "proxy/protocol/postgres/messages.h"
#include "proxy/protocol/postgres/write.h"
#include "proxy/session/postgres_back.h"

namespace gabion::proxy {
namespace {

using postgres::Authentication;
using postgres::FrameReader;

constexpr std::size_t kMostMechanisms = 16;
constexpr std::size_t kMostCatalogueBytes = 32U << 20U;
constexpr std::size_t kMostLoginBytes = 1U << 20U;  // that a server says in it; each answer needs a request
constexpr std::string_view kBindsToChannel = "-PLUS";

std::string_view text_of(std::span<const char> bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

}  // namespace

PostgresLogin::PostgresLogin(const Parts& parts, std::optional<OwnLogin> own)
    : parts_(parts),
      own_(std::move(own)),
      from_server_(postgres::Sender::kServer, 0),
      from_client_(postgres::Sender::kClient, 0) {
  if (own_) {
    const DatabaseLoginPlan& plan = own_->plan;
    own_login_.emplace(
        postgres::UpstreamLogin::Account{plan.role, plan.secret->text(), plan.methods, own_->channel, own_->end_point},
        *own_->crypto, own_->keys);
  }
}

PostgresLogin::Fate PostgresLogin::fail(Reason reason, std::string_view detail) noexcept {
  state_ = State::kFailed;
  reason_ = reason;
  detail_ = detail;
  return Fate::kStop;
}

std::size_t PostgresLogin::take_server(std::span<char> bytes) {
  std::size_t at = 0;
  while (state_ == State::kGoing) {
    const Step step = from_server_.next(bytes.subspan(at));
    if (step.event == FrameReader::Event::kNeedMore) {
      break;
    }
    if (step.event == FrameReader::Event::kError) {
      [[maybe_unused]] const Fate failed = fail(Reason::kUpstreamMalformed, to_string(from_server_.error()));
      break;
    }
    if (!reads_catalogue_ && step.event != FrameReader::Event::kPiece) {
      passed_ += FrameReader::kHeaderBytes + step.length;  // all of it: what is too much is refused before it begins
    }
    if (passed_ > kMostLoginBytes) {
      [[maybe_unused]] const Fate failed = fail(Reason::kUpstreamMalformed, "a login that does not end");
      break;
    }
    const Fate fate = reads_catalogue_                           ? take_catalogue(step)
                      : step.event == FrameReader::Event::kPiece ? Fate::kPass
                                                                 : take_answer(step);
    if (fate == Fate::kStop) {
      break;
    }
    if (fate == Fate::kPass) {
      pass(step, text_of(bytes.subspan(at, step.consumed)));
    }
    at += step.consumed;
  }
  return at;
}

void PostgresLogin::pass(const Step& step, std::string_view bytes) {
  parts_.to_client.append(bytes);
  is_within_message_ =
      step.event == FrameReader::Event::kBegin || (step.event == FrameReader::Event::kPiece && !step.ends);
  if (denied_ && !is_within_message_) {
    state_ = State::kDenied;
  }
}

PostgresLogin::Fate PostgresLogin::take_answer(const Step& step) {
  const std::string_view body = text_of(step.body);
  if (!std::exchange(settled_, true)) {
    if (step.type == 'v') {
      return take_version(body);
    }
    parts_.owner.settle_version(parts_.minor);
  }
  switch (step.type) {
    case 'R':
      return own_login_ ? take_own_request(body) : take_request(body);
    case 'E':
      denied_ = true;
      sqlstate_ = postgres::read_error(body).code;
      return Fate::kPass;
    case 'N':
      return Fate::kPass;
    case 'S':
      if (!accepted_) {
        break;
      }
      return take_setting(body);
    case 'K':
      if (!accepted_) {
        break;
      }
      return take_key(body);
    case 'Z':
      return take_end(body);
    default:
      break;
  }
  return fail(Reason::kUpstreamMalformed, "a message that has no place in a login");
}

/// NegotiateProtocolVersion. We asked for no options, so that none can be unknown.
PostgresLogin::Fate PostgresLogin::take_version(std::string_view body) {
  postgres::BodyReader reader(body);
  const auto version = reader.int32();
  const auto unknown = reader.int32();
  constexpr std::uint32_t kVersion3 = 3U << 16U;
  if (!unknown || *unknown != 0 || !reader.at_end() || *version < kVersion3 || *version > (kVersion3 | parts_.minor)) {
    return fail(Reason::kUpstreamMalformed, "a version nobody asked for");
  }
  parts_.owner.settle_version(static_cast<std::uint16_t>(*version));
  return Fate::kReplaced;
}

/// The client hears nothing of it but the ReadyForQuery at its end.
PostgresLogin::Fate PostgresLogin::take_catalogue(const Step& step) {
  constexpr std::size_t kMostRowBytes = 1024;
  if (step.event != FrameReader::Event::kPiece) {
    row_.clear();
  }
  catalogue_bytes_ += step.consumed;
  if (catalogue_bytes_ > kMostCatalogueBytes) {
    return fail(Reason::kUpstreamMalformed, "a catalogue that does not end");
  }
  if (step.type == 'D' || step.type == 'S') {
    row_.append(text_of(step.body));
  }
  const bool is_whole = step.event == FrameReader::Event::kWhole || step.ends;
  switch (step.type) {
    case 'T':
    case 'C':
    case 'N':
      return Fate::kReplaced;
    case 'D':
      if (row_.size() > kMostRowBytes || (is_whole && !add_catalogue_row())) {
        break;
      }
      return Fate::kReplaced;
    case 'S':
      return is_safe_setting(row_) ? Fate::kPass : fail(Reason::kUnsafeSetting, "a setting");
    case 'Z':
      state_ = State::kDone;
      return Fate::kPass;
    default:
      break;
  }
  return fail(Reason::kUpstreamMalformed, "the server does not tell its columns");
}

bool PostgresLogin::add_catalogue_row() {
  postgres::BodyReader reader(row_);
  std::array<std::string_view, postgres::MaskCatalogue::kQueryColumns> values;
  if (reader.int16() != values.size()) {
    return false;
  }
  for (std::string_view& value : values) {
    const auto size = reader.int32();
    const auto text = size ? reader.bytes(*size) : std::nullopt;
    if (!text) {
      return false;
    }
    value = *text;
  }
  return reader.at_end() && parts_.masks->add(values);
}

PostgresLogin::Fate PostgresLogin::take_setting(std::string_view body) {
  if (!is_safe_setting(body)) {
    return fail(Reason::kUnsafeSetting, "standard_conforming_strings or client_encoding of the role");
  }
  const auto setting = postgres::read_parameter_status(body);
  told_strings_ = told_strings_ || setting->name == "standard_conforming_strings";
  told_encoding_ = told_encoding_ || setting->name == "client_encoding";
  return Fate::kPass;
}

/// Without the server's word on both settings nobody knows what a text means (PG-08).
PostgresLogin::Fate PostgresLogin::take_end(std::string_view body) {
  if (!accepted_ || body != "I") {
    return fail(Reason::kUpstreamMalformed, "a message that has no place in a login");
  }
  if (!told_strings_ || !told_encoding_) {
    return fail(Reason::kUnsafeSetting, "the server did not tell standard_conforming_strings and client_encoding");
  }
  if (parts_.masks != nullptr) {
    reads_catalogue_ = true;
    std::string question;
    postgres::write_query(question, parts_.masks->query());
    parts_.to_server.append(question);
    return Fate::kReplaced;
  }
  state_ = State::kDone;
  return Fate::kPass;
}

PostgresLogin::Fate PostgresLogin::take_request(std::string_view body) {
  const auto request = postgres::read_authentication(body);
  if (!request || asked_ || accepted_) {
    return fail(Reason::kUpstreamMalformed, "an authentication request that has no place");
  }
  switch (request->kind) {
    case Authentication::kOk:
      accepted_ = true;
      return Fate::kPass;
    case Authentication::kCleartext:
      if (parts_.road == PasswordRoad::kReadable) {
        advice_ = "a password in clear text needs TLS on every hop, to a server that is verified";
        return fail(Reason::kLoginMethod, "the server wants a password in clear text, and not every hop is encrypted");
      }
      asked_ = true;
      return Fate::kPass;
    case Authentication::kMd5:
    case Authentication::kSaslContinue:
      asked_ = true;
      return Fate::kPass;
    case Authentication::kSasl:
      asked_ = chooses_ = true;
      return take_sasl(request->rest);
    case Authentication::kSaslFinal:
      return Fate::kPass;
    case Authentication::kOpaque:
      break;
  }
  return fail(Reason::kLoginMethod, "the server wants a method that is not relayed (Kerberos, GSSAPI, SSPI)");
}

/// The client hears of nothing but the end.
PostgresLogin::Fate PostgresLogin::take_own_request(std::string_view body) {
  using postgres::LoginFailure;
  using OwnStep = postgres::UpstreamLogin::Step;
  if (accepted_) {
    return fail(Reason::kUpstreamMalformed, "an authentication request that has no place");
  }
  switch (own_login_->on_message('R', body)) {
    case OwnStep::kSend:
      parts_.to_server.append(own_login_->to_send());
      return Fate::kReplaced;
    case OwnStep::kWait:
      return Fate::kReplaced;
    case OwnStep::kDone:
      accepted_ = true;
      return Fate::kPass;
    case OwnStep::kFailed:
      break;
  }
  switch (own_login_->failure()) {
    case LoginFailure::kMalformed:
    case LoginFailure::kUnexpected:
      return fail(Reason::kUpstreamMalformed, to_string(own_login_->failure()));
    case LoginFailure::kScram:
      return fail(Reason::kLoginMethod, to_string(own_login_->scram_error()));
    case LoginFailure::kNone:
    case LoginFailure::kMethod:
    case LoginFailure::kNeedsTls:
    case LoginFailure::kUnproven:
    case LoginFailure::kRefused:
      break;
  }
  return fail(Reason::kLoginMethod, to_string(own_login_->failure()));
}

/// A channel that ends here cannot be bound to there.
PostgresLogin::Fate PostgresLogin::take_sasl(std::string_view mechanisms) {
  std::array<std::string_view, kMostMechanisms> kept;
  std::size_t count = 0;
  postgres::BodyReader reader(mechanisms);
  for (auto name = reader.text(); name && !name->empty(); name = reader.text()) {
    const bool stays = parts_.binding == ChannelBinding::kKept || !name->ends_with(kBindsToChannel);
    took_out_ = took_out_ || !stays;
    if (stays && count < kept.size()) {
      kept[count++] = *name;
    }
  }
  if (!reader.at_end()) {
    return fail(Reason::kUpstreamMalformed, "a list of SASL mechanisms that does not end");
  }
  if (count == 0) {
    return fail(Reason::kLoginMethod, "the server offers no mechanism without channel binding");
  }
  std::string offer;
  postgres::write_sasl_offer(offer, std::span(kept).first(count));
  parts_.to_client.append(offer);
  return Fate::kReplaced;
}

PostgresLogin::Fate PostgresLogin::take_key(std::string_view body) {
  postgres::BodyReader reader(body);
  const auto process = reader.int32();
  if (!process) {
    return fail(Reason::kUpstreamMalformed, "a key that is none");
  }
  const PostgresKey ours = parts_.owner.replace_key({*process, std::string(reader.rest())});
  std::string message;
  postgres::write_backend_key(message, ours.process, ours.key);
  parts_.to_client.append(message);
  return Fate::kReplaced;
}

/// SASLInitialResponse: the mechanism, and what SCRAM begins with. A client that could bind and was offered nothing
/// says so, and a server that did offer it takes that for an attack (RFC 5802 §6).
bool PostgresLogin::can_answer(std::string_view body) noexcept {
  if (!std::exchange(chooses_, false) || parts_.binding == ChannelBinding::kKept) {
    return true;
  }
  postgres::BodyReader reader(body);
  const auto mechanism = reader.text();
  const auto size = reader.int32();
  const bool binds = mechanism && mechanism->ends_with(kBindsToChannel);
  if (!binds && !(took_out_ && size && reader.rest().starts_with('y'))) {
    return true;
  }
  advice_ = "channel binding ends at the proxy: connect with channel_binding=disable";
  [[maybe_unused]] const Fate failed =
      fail(Reason::kLoginMethod, "the client would bind to a channel that ends at the proxy");
  return false;
}

std::size_t PostgresLogin::take_client(std::span<char> bytes) {
  std::size_t at = 0;
  while (state_ == State::kGoing && asked_) {
    const Step step = from_client_.next(bytes.subspan(at));
    if (step.event == FrameReader::Event::kNeedMore) {
      break;
    }
    const bool is_answer = step.event == FrameReader::Event::kWhole && step.type == 'p';
    if (step.event == FrameReader::Event::kWhole && step.type == 'X') {
      state_ = State::kEnded;
      break;
    }
    if (!is_answer) {
      [[maybe_unused]] const Fate failed = fail(Reason::kMalformedRequest, "not an answer to what was asked");
      break;
    }
    if (!can_answer(text_of(step.body))) {
      break;
    }
    asked_ = false;
    parts_.to_server.append(text_of(bytes.subspan(at, step.consumed)));
    at += step.consumed;
  }
  return at;
}

}  // namespace gabion::proxy
