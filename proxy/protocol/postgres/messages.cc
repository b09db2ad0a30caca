// What messages say: see messages.h.
#include "proxy/protocol/postgres/messages.h"

#include "proxy/protocol/postgres/body_reader.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::uint32_t kNullValue = 0xffffffff;

/// Format codes, values, and again format codes: those are the answer.
std::optional<std::string_view> read_rest_of_bind(BodyReader& reader) noexcept {
  const auto formats = reader.int16();
  if (!formats || !reader.bytes(std::size_t{2} * *formats)) {
    return std::nullopt;
  }
  const auto values = reader.int16();
  if (!values || (*formats > 1 && *formats != *values)) {
    return std::nullopt;
  }
  for (std::uint32_t i = 0; i < *values; ++i) {
    const auto length = reader.int32();
    if (!length || (*length != kNullValue && !reader.bytes(*length))) {
      return std::nullopt;
    }
  }
  const auto results = reader.int16();
  const auto codes = results ? reader.bytes(std::size_t{2} * *results) : std::nullopt;
  return reader.at_end() ? codes : std::nullopt;
}

}  // namespace

std::optional<std::string_view> read_only_text(std::string_view body) noexcept {
  BodyReader reader(body);
  const auto text = reader.text();
  return reader.at_end() ? text : std::nullopt;
}

std::optional<std::string_view> read_query(std::string_view body) noexcept {
  return read_only_text(body);
}

std::optional<ParseMessage> read_parse(std::string_view body) noexcept {
  BodyReader reader(body);
  const auto name = reader.text();
  const auto text = reader.text();
  const auto types = reader.int16();
  if (!types || !reader.bytes(std::size_t{4} * *types) || !reader.at_end()) {
    return std::nullopt;
  }
  return ParseMessage{*name, *text};
}

std::optional<BindMessage> read_bind_beginning(std::string_view body) noexcept {
  BodyReader reader(body);
  const auto portal = reader.text();
  const auto statement = reader.text();
  return statement ? std::optional(BindMessage{*portal, *statement}) : std::nullopt;
}

std::optional<BindMessage> read_bind(std::string_view body) noexcept {
  BodyReader reader(body);
  const auto portal = reader.text();
  const auto statement = reader.text();
  const auto formats = statement ? read_rest_of_bind(reader) : std::nullopt;
  return formats ? std::optional(BindMessage{*portal, *statement, *formats}) : std::nullopt;
}

std::optional<TargetMessage> read_target(std::string_view body) noexcept {
  if (body.empty() || (body[0] != 'S' && body[0] != 'P')) {
    return std::nullopt;
  }
  const auto name = read_only_text(body.substr(1));
  return name ? std::optional(TargetMessage{body[0] == 'S' ? Target::kStatement : Target::kPortal, *name})
              : std::nullopt;
}

std::optional<std::string_view> read_execute(std::string_view body) noexcept {
  BodyReader reader(body);
  const auto portal = reader.text();
  return reader.int32() && reader.at_end() ? portal : std::nullopt;
}

ErrorMessage read_error(std::string_view body) noexcept {
  BodyReader reader(body);
  ErrorMessage found;
  std::string_view localised;
  for (auto field = reader.bytes(1); field && (*field)[0] != '\0'; field = reader.bytes(1)) {
    const auto value = reader.text();
    if (!value) {
      break;
    }
    switch ((*field)[0]) {
      case 'S':
        localised = *value;
        break;
      case 'V':
        found.severity = *value;
        break;
      case 'C':
        found.code = *value;
        break;
      default:
        break;
    }
  }
  if (found.severity.empty()) {  // before 9.6
    found.severity = localised;
  }
  return found;
}

std::optional<ParameterMessage> read_parameter_status(std::string_view body) noexcept {
  BodyReader reader(body);
  const auto name = reader.text();
  const auto value = reader.text();
  return reader.at_end() ? std::optional(ParameterMessage{*name, *value}) : std::nullopt;
}

std::optional<AuthenticationMessage> read_authentication(std::string_view body) noexcept {
  BodyReader reader(body);
  const auto code = reader.int32();
  if (!code) {
    return std::nullopt;
  }
  AuthenticationMessage found;
  found.rest = reader.rest();
  switch (*code) {
    case 0:
      found.kind = Authentication::kOk;
      break;
    case 3:
      found.kind = Authentication::kCleartext;
      break;
    case 5:
      found.kind = Authentication::kMd5;
      break;
    case 10:
      found.kind = Authentication::kSasl;
      break;
    case 11:
      found.kind = Authentication::kSaslContinue;
      break;
    case 12:
      found.kind = Authentication::kSaslFinal;
      break;
    default:
      break;
  }
  return found;
}

}  // namespace gabion::proxy::postgres
