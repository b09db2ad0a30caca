// The forgiving reader of raw requests.
#include <charconv>

#include "inspect/message.h"
#include "proxy/commands/waf/replay_request.h"

namespace gabion::proxy::waf {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The next line without its LF or CRLF; takes it off `rest`.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  return line;
}

const std::string* field(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (inspect::equals_without_case(key, name)) {
      return &value;
    }
  }
  return nullptr;
}

void read_start(std::string_view line, Request& request) {
  const auto start = line.find(' ');
  request.method = line.substr(0, start);
  if (start == std::string_view::npos) {
    return;
  }
  const auto end = line.rfind(' ');
  request.uri = end > start ? line.substr(start + 1, end - start - 1) : line.substr(start + 1);
  request.version = end > start ? std::string(line.substr(end + 1)) : "HTTP/0.9";
}

/// nullopt: the framing is broken.
std::optional<std::string> without_chunks(std::string_view rest) {
  std::string body;
  while (!rest.empty()) {
    const auto line = take_line(rest);
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

std::string body_of(const Fields& headers, std::string_view rest) {
  const auto* coding = field(headers, "transfer-encoding");
  if (coding != nullptr && coding->find("chunked") != std::string::npos) {
    return without_chunks(rest).value_or(std::string(rest));
  }
  std::size_t length = rest.size();
  if (const auto* said = field(headers, "content-length"); said != nullptr) {
    std::from_chars(said->data(), said->data() + said->size(), length);
  }
  return std::string(rest.substr(0, length));
}

}  // namespace

void take_apart(std::string_view bytes, Request& request) {
  read_start(take_line(bytes), request);
  while (!bytes.empty()) {
    const auto line = take_line(bytes);
    if (line.empty()) {
      break;
    }
    if ((line.front() == ' ' || line.front() == '\t') && !request.headers.empty()) {
      request.headers.back().second.append(" ").append(trimmed(line));
      continue;
    }
    const auto colon = line.find(':');
    const auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    request.headers.emplace_back(trimmed(line.substr(0, colon)), trimmed(value));
  }
  request.body = body_of(request.headers, bytes);
}

}  // namespace gabion::proxy::waf
