// Parameters are read to the letter, or the offer is not passed on: see deflate_terms.h.
#include "proxy/protocol/websocket/deflate_terms.h"

#include <algorithm>
#include <utility>

#include "proxy/protocol/http1/field_id.h"

namespace gabion::proxy::websocket {
namespace {

using http1::equals_lower;
using http1::is_token;
using http1::trim_ows;

constexpr std::size_t kMostElements = 64;

struct Parameter {
  std::string_view name;
  std::optional<std::string_view> value;
};

struct Extension {
  std::string_view name;
  std::vector<Parameter> parameters;
};

/// Cuts `rest` at the next `mark` outside quotes.
std::string_view take_until(std::string_view& rest, char mark) noexcept {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < rest.size() && (quoted || rest[i] != mark); ++i) {
    quoted = quoted != (rest[i] == '"');
  }
  const auto part = rest.substr(0, i);
  rest.remove_prefix(std::min(rest.size(), i + 1));
  return trim_ows(part);
}

/// A token, quoted or not: what is quoted must be a token all the same (RFC 6455 §9.1).
std::optional<std::string_view> unquoted(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return is_token(text) ? std::optional(text) : std::nullopt;
}

std::optional<Extension> read_extension(std::string_view text) {
  Extension extension;
  extension.name = take_until(text, ';');
  bool more = !text.empty();
  if (!is_token(extension.name)) {
    return std::nullopt;
  }
  while (more) {
    std::string_view item = take_until(text, ';');
    more = !text.empty();
    Parameter parameter;
    const auto equals = item.find('=');
    parameter.name = trim_ows(item.substr(0, equals));
    if (equals != std::string_view::npos) {
      parameter.value = unquoted(trim_ows(item.substr(equals + 1)));
    }
    if (!is_token(parameter.name) || (equals != std::string_view::npos && !parameter.value)) {
      return std::nullopt;
    }
    extension.parameters.push_back(parameter);
    if (extension.parameters.size() > kMostElements) {
      return std::nullopt;
    }
  }
  return extension;
}

std::optional<std::vector<Extension>> read_extensions(const std::vector<std::string_view>& fields) {
  std::vector<Extension> all;
  for (std::string_view field : fields) {
    while (!field.empty()) {
      const auto text = take_until(field, ',');
      if (text.empty()) {
        continue;  // RFC 9110 §5.6.1: empty elements are read over
      }
      auto extension = read_extension(text);
      if (!extension || all.size() == kMostElements) {
        return std::nullopt;
      }
      all.push_back(*std::move(extension));
    }
  }
  return all;
}

/// 8 to 15 without leading zeros (RFC 7692 §7.1.2).
std::optional<std::uint8_t> window_bits(const Parameter& parameter) noexcept {
  const auto text = parameter.value.value_or("");
  if (text == "8" || text == "9") {
    return static_cast<std::uint8_t>(text[0] - '0');
  }
  if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5') {
    return static_cast<std::uint8_t>(10 + text[1] - '0');
  }
  return std::nullopt;
}

/// False: a second time, or not as it should be.
bool set_flag(bool& flag, const Parameter& parameter) noexcept {
  return !parameter.value && !std::exchange(flag, true);
}

bool read_parameter(const Parameter& parameter, DeflateOffer& offer) noexcept {
  if (equals_lower(parameter.name, "server_no_context_takeover")) {
    return set_flag(offer.server_no_context_takeover, parameter);
  }
  if (equals_lower(parameter.name, "client_no_context_takeover")) {
    return set_flag(offer.client_no_context_takeover, parameter);
  }
  if (equals_lower(parameter.name, "server_max_window_bits")) {
    const bool is_new = !offer.server_max_window_bits;
    offer.server_max_window_bits = window_bits(parameter);
    return is_new && offer.server_max_window_bits;
  }
  if (equals_lower(parameter.name, "client_max_window_bits")) {
    const bool is_new = !std::exchange(offer.has_client_max_window_bits, true);
    offer.client_max_window_bits = window_bits(parameter);
    return is_new && (!parameter.value || offer.client_max_window_bits);
  }
  return false;
}

std::optional<DeflateOffer> read_deflate(const Extension& extension) noexcept {
  DeflateOffer offer;
  const bool ok = equals_lower(extension.name, "permessage-deflate") &&
                  std::all_of(extension.parameters.begin(), extension.parameters.end(),
                              [&offer](const Parameter& parameter) { return read_parameter(parameter, offer); });
  return ok ? std::optional(offer) : std::nullopt;
}

/// RFC 7692 §7.1.1, §7.1.2.
bool accepts(const DeflateOffer& answer, const DeflateOffer& offer) noexcept {
  const bool server_window =
      !offer.server_max_window_bits ||
      (answer.server_max_window_bits && *answer.server_max_window_bits <= *offer.server_max_window_bits);
  const bool client_window =
      !answer.has_client_max_window_bits ||
      (offer.has_client_max_window_bits && answer.client_max_window_bits &&
       *answer.client_max_window_bits <= offer.client_max_window_bits.value_or(std::uint8_t{15}));
  return server_window && client_window && (!offer.server_no_context_takeover || answer.server_no_context_takeover);
}

}  // namespace

std::optional<std::vector<DeflateOffer>> read_offers(const std::vector<std::string_view>& fields) {
  const auto extensions = read_extensions(fields);
  if (!extensions) {
    return std::nullopt;
  }
  std::vector<DeflateOffer> offers;
  for (const Extension& extension : *extensions) {
    if (const auto offer = read_deflate(extension); offer && offers.size() < kMostOffers) {
      offers.push_back(*offer);
    }
  }
  return offers;
}

std::string to_field(const std::vector<DeflateOffer>& offers) {
  std::string text;
  for (const DeflateOffer& offer : offers) {
    text += text.empty() ? "permessage-deflate" : ", permessage-deflate";
    text += offer.server_no_context_takeover ? "; server_no_context_takeover" : "";
    text += offer.client_no_context_takeover ? "; client_no_context_takeover" : "";
    if (offer.server_max_window_bits) {
      text += "; server_max_window_bits=" + std::to_string(*offer.server_max_window_bits);
    }
    if (offer.has_client_max_window_bits) {
      text += "; client_max_window_bits";
      text += offer.client_max_window_bits ? "=" + std::to_string(*offer.client_max_window_bits) : "";
    }
  }
  return text;
}

DeflateAnswer read_answer(const std::vector<std::string_view>& fields, const std::vector<DeflateOffer>& offers) {
  const auto extensions = read_extensions(fields);
  if (!extensions || extensions->size() > 1) {
    return {};
  }
  if (extensions->empty()) {
    return {.ok = true, .terms = {}};
  }
  const auto answer = read_deflate(extensions->front());
  const bool fits = answer && (!answer->has_client_max_window_bits || answer->client_max_window_bits) &&
                    std::any_of(offers.begin(), offers.end(),
                                [&answer](const DeflateOffer& offer) { return accepts(*answer, offer); });
  if (!fits) {
    return {};
  }
  DeflateTerms terms;
  terms.server_no_context_takeover = answer->server_no_context_takeover;
  terms.client_no_context_takeover = answer->client_no_context_takeover;
  terms.server_max_window_bits = answer->server_max_window_bits.value_or(terms.server_max_window_bits);
  terms.client_max_window_bits = answer->client_max_window_bits.value_or(terms.client_max_window_bits);
  return {.ok = true, .terms = terms};
}

}  // namespace gabion::proxy::websocket
