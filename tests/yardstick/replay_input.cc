// Replay input: strict about its JSON, forgiving about the HTTP in it.
#include "tests/yardstick/replay_input.h"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace gabion::yardstick {
namespace {

namespace json = boost::json;

std::string decoded(const json::value& value, std::string_view name) {
  const json::string& text = value.as_string();
  if (text.size() % 4 != 0) {
    throw std::runtime_error(std::string(name) + " is no base64");
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) {
    throw std::runtime_error(std::string(name) + " is no base64");
  }
  // EVP_DecodeBlock counts the padding as bytes.
  const auto padding = static_cast<std::size_t>(
      std::count(text.end() - std::min<std::ptrdiff_t>(2, text.end() - text.begin()), text.end(), '='));
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

std::string text_of(const json::object& object, std::string_view name) {
  return std::string(object.at(name).as_string());
}

std::string body_of(const json::object& object) {
  const json::value* body = object.if_contains("body_b64");
  return body == nullptr ? std::string() : decoded(*body, "body_b64");
}

Fields fields_of(const json::object& object) {
  Fields fields;
  const json::value* headers = object.if_contains("headers");
  if (headers == nullptr) {
    return fields;
  }
  for (const json::value& pair : headers->as_array()) {
    const json::array& both = pair.as_array();
    if (both.size() != 2) {
      throw std::runtime_error("a header is [name, value]");
    }
    fields.emplace_back(both[0].as_string(), both[1].as_string());
  }
  return fields;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(
      left, right, {}, [](unsigned char byte) { return std::tolower(byte); },
      [](unsigned char byte) { return std::tolower(byte); });
}

std::optional<std::string_view> field(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (same_name(key, name)) {
      return value;
    }
  }
  return std::nullopt;
}

/// The next line without its LF or CRLF; takes it off `rest`.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

void read_request_line(std::string_view line, Asked& asked) {
  const auto start = line.find(' ');
  asked.method = line.substr(0, start);
  if (start == std::string_view::npos) {
    return;
  }
  const auto end = line.rfind(' ');
  asked.uri = end > start ? line.substr(start + 1, end - start - 1) : line.substr(start + 1);
  asked.version = end > start ? std::string(line.substr(end + 1)) : "HTTP/0.9";
}

/// nullopt when the framing is broken: then the bytes stay as they are.
std::optional<std::string> without_chunks(std::string_view rest) {
  std::string body;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    std::size_t size = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (read.ec != std::errc() || size > rest.size()) {
      return std::nullopt;
    }
    if (size == 0) {
      return body;
    }
    body += rest.substr(0, size);
    rest.remove_prefix(size);
    if (!take_line(rest).empty()) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string framed(const Fields& headers, std::string_view rest) {
  const auto coding = field(headers, "transfer-encoding");
  if (coding && coding->find("chunked") != std::string_view::npos) {
    return without_chunks(rest).value_or(std::string(rest));
  }
  std::size_t length = rest.size();
  if (const auto said = field(headers, "content-length")) {
    std::from_chars(said->data(), said->data() + said->size(), length);
  }
  return std::string(rest.substr(0, length));
}

Answered read_response(const json::object& object) {
  Answered answered;
  answered.status = object.contains("status") ? json::value_to<int>(object.at("status")) : 200;
  answered.headers = fields_of(object);
  answered.body = body_of(object);
  return answered;
}

}  // namespace

Asked take_apart(std::string_view bytes) {
  Asked asked;
  read_request_line(take_line(bytes), asked);
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    if (line.empty()) {
      break;
    }
    if ((line.front() == ' ' || line.front() == '\t') && !asked.headers.empty()) {
      asked.headers.back().second.append(" ").append(trimmed(line));
      continue;
    }
    const auto colon = line.find(':');
    const std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    asked.headers.emplace_back(trimmed(line.substr(0, colon)), trimmed(value));
  }
  asked.body = framed(asked.headers, bytes);
  return asked;
}

Asked read_line(std::string_view line) {
  const json::value parsed = json::parse(json::string_view(line.data(), line.size()));
  const json::object& object = parsed.as_object();
  Asked asked;
  if (const json::value* bytes = object.if_contains("request_b64")) {
    asked = take_apart(decoded(*bytes, "request_b64"));
  } else {
    asked.method = text_of(object, "method");
    asked.uri = text_of(object, "uri");
    asked.version = text_of(object, "version");
    asked.headers = fields_of(object);
    asked.body = body_of(object);
  }
  asked.id = text_of(object, "id");
  if (const json::value* response = object.if_contains("response")) {
    asked.response = read_response(response->as_object());
  }
  return asked;
}

}  // namespace gabion::yardstick
