// Replay input: strict about its JSON.
#include "proxy/commands/waf/replay_request.h"

#include <boost/json.hpp>

#include "proxy/commands/waf/base64.h"
#include "proxy/protocol/http1/decoder.h"

namespace gabion::proxy::waf {
namespace {

namespace json = boost::json;

/// A member is not what it should be.
struct Wrong {
  std::string what;
};

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    throw Wrong{std::string(name) + " is no string"};
  }
  return {value->get_string().data(), value->get_string().size()};
}

std::string bytes_of(const json::object& object, std::string_view name) {
  if (!object.contains(name)) {
    return {};
  }
  auto decoded = decode_base64(text_of(object, name));
  if (!decoded) {
    throw Wrong{std::string(name) + " is no base64"};
  }
  return std::move(*decoded);
}

Fields fields_of(const json::object& object) {
  Fields fields;
  const auto* headers = object.if_contains("headers");
  if (headers == nullptr) {
    return fields;
  }
  const auto* list = headers->if_array();
  for (const auto& pair : list == nullptr ? json::array{*headers} : *list) {
    const auto* both = pair.if_array();
    if (both == nullptr || both->size() != 2 || !(*both)[0].is_string() || !(*both)[1].is_string()) {
      throw Wrong{"headers is no list of [name, value]"};
    }
    fields.emplace_back((*both)[0].get_string(), (*both)[1].get_string());
  }
  return fields;
}

Answer answer_of(const json::object& object) {
  Answer answer;
  if (const auto* status = object.if_contains("status"); status != nullptr) {
    if (!status->is_int64() || status->get_int64() < 100 || status->get_int64() > 999) {
      throw Wrong{"status is no number from 100 to 999"};
    }
    answer.status = static_cast<std::uint16_t>(status->get_int64());
  }
  answer.headers = fields_of(object);
  answer.body = bytes_of(object, "body_b64");
  return answer;
}

/// Reads `bytes` as the proxy would.
void take_strictly(std::string bytes, Request& request) {
  http1::Decoder decoder(http1::Role::kRequest, http1::DecoderLimits{});
  std::span<char> rest(bytes);
  for (;;) {
    const auto step = decoder.next(rest);
    rest = rest.subspan(step.consumed);
    switch (step.event) {
      case http1::Decoder::Event::kHead:
        request.method = decoder.head().method;
        request.uri = decoder.head().target;
        request.version = decoder.head().minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
        for (const auto& each : decoder.head().fields) {
          request.headers.emplace_back(each.name, each.value);
        }
        break;
      case http1::Decoder::Event::kBody:
        request.body.append(step.body.data(), step.body.size());
        break;
      case http1::Decoder::Event::kEnd:
        return;
      case http1::Decoder::Event::kNeedMore:
        static_cast<void>(decoder.on_eof());
        request.refused = "the request is cut short";
        return;
      case http1::Decoder::Event::kError:
        request.refused = decoder.detail();
        return;
    }
  }
}

Request request_of(const json::object& object, RawReading reading) {
  Request request;
  request.id = text_of(object, "id");
  if (object.contains("request_b64")) {
    auto bytes = bytes_of(object, "request_b64");
    if (reading == RawReading::kStrict) {
      take_strictly(std::move(bytes), request);
    } else {
      take_apart(bytes, request);
    }
  } else {
    request.method = text_of(object, "method");
    request.uri = text_of(object, "uri");
    request.version = text_of(object, "version");
    request.headers = fields_of(object);
    request.body = bytes_of(object, "body_b64");
  }
  if (const auto* response = object.if_contains("response"); response != nullptr && !response->is_null()) {
    if (!response->is_object()) {
      throw Wrong{"response is no object"};
    }
    request.response = answer_of(response->get_object());
  }
  return request;
}

}  // namespace

config::Result<Request> read_request(std::string_view line, RawReading reading) {
  json::error_code failed;
  const auto parsed = json::parse(json::string_view(line.data(), line.size()), failed);
  if (failed || !parsed.is_object()) {
    return config::Error{failed ? "no JSON: " + failed.message() : "no JSON object", ""};
  }
  try {
    return request_of(parsed.get_object(), reading);
  } catch (const Wrong& wrong) {
    return config::Error{wrong.what, ""};
  }
}

}  // namespace gabion::proxy::waf
