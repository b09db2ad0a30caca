// The request's head as ModSecurity v3 reads it: paths are decoded once, the query is not.
#include <algorithm>
#include <array>
#include <limits>

#include "inspect/message.h"
#include "inspect/waf/engine/bodies.h"

namespace gabion::inspect::waf::engine {
namespace {

int hex_of(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char letter = static_cast<char>(c | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// %XX decoded where both digits are there; nothing else changes.
std::string_view decode_path(State& state, std::string_view text) {
  if (text.find('%') == std::string_view::npos) {
    return text;
  }
  char* const begin = state.arena.allocate(text.size());
  char* out = begin;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_of(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_of(text[i + 2]);
    if (low < 0) {
      *out++ = text[i];
    } else {
      *out++ = static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

/// Without scheme and authority where both are there.
std::string_view without_authority(std::string_view uri) {
  if (uri.empty() || uri.front() == '/') {
    return uri;
  }
  const auto scheme = uri.find(':');
  if (scheme == std::string_view::npos || uri.substr(scheme + 1, 2) != "//") {
    return uri;
  }
  const auto path = uri.find('/', scheme + 3);
  return path == std::string_view::npos ? uri : uri.substr(path);
}

std::string_view join(State& state, std::string_view method, std::string_view target, std::string_view protocol) {
  const std::size_t size = method.size() + target.size() + protocol.size() + 2;
  char* const begin = state.arena.allocate(size);
  char* out = std::copy(method.begin(), method.end(), begin);
  *out++ = ' ';
  out = std::copy(target.begin(), target.end(), out);
  *out++ = ' ';
  std::copy(protocol.begin(), protocol.end(), out);
  return {begin, size};
}

void read_query(State& state, Parsers& parsers, std::string_view query) {
  state.single(Variable::kQueryString) = query;
  note_limit(state,
             parsers.query.parse(query, state.plan->engine.argument_separator, state.plan->engine.arguments_limit));
  auto& args = state.list(List::kArgs);
  args.assign(parsers.query.values().begin(), parsers.query.values().end());
  state.query_args = args.size();
  state.combined_size = parsers.query.combined_size();
  state.single(Variable::kArgsCombinedSize) =
      state.combined_size == 0 ? "0" : state.keep(digits_of(state, static_cast<std::int64_t>(state.combined_size)));
  if (parsers.query.invalid_encoding()) {
    state.single(Variable::kUrlencodedError) = "1";
  }
}

bool starts_without_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equals_without_case(text.substr(0, start.size()), start);
}

}  // namespace

void Parsers::reset() noexcept {
  query.reset();
  form.reset();
  cookies.reset();
  multipart.reset();
  json.reset();
  xml.reset();
}

void read_target(State& state, Parsers& parsers, std::string_view method, std::string_view target,
                 std::string_view protocol) {
  const auto line = join(state, method, target, protocol);
  const auto raw = line.substr(method.size() + 1, target.size());
  state.single(Variable::kRequestLine) = line;
  state.single(Variable::kRequestMethod) = line.substr(0, method.size());
  state.single(Variable::kRequestProtocol) = line.substr(line.size() - protocol.size());
  state.single(Variable::kRequestUriRaw) = raw;
  const auto target_only = raw.substr(0, raw.find('#'));  // a fragment is nobody's to see
  const auto decoded = decode_path(state, target_only);
  const auto path = decoded.substr(0, decoded.find('?'));
  state.single(Variable::kRequestUri) = without_authority(decoded);
  state.single(Variable::kRequestFilename) = path;
  state.single(Variable::kPathInfo) = path;
  if (const auto slash = path.find_last_of("/\\"); slash != std::string_view::npos) {
    state.single(Variable::kRequestBasename) = path.substr(slash + 1);
  }
  if (const auto mark = target_only.find('?'); mark != std::string_view::npos) {
    read_query(state, parsers, target_only.substr(mark + 1));
  }
}

void read_header(State& state, Parsers& parsers, std::string_view name, std::string_view value) {
  const auto kept_name = state.keep(name);
  const auto kept = state.keep(value);
  state.list(List::kRequestHeaders).push_back({kept_name, kept});
  if (equals_without_case(name, "cookie")) {
    // No limit but the head's own size: a cookie that is not looked at is a place to hide.
    static_cast<void>(parsers.cookies.add(kept, std::numeric_limits<std::uint32_t>::max()));
    state.list(List::kCookies).assign(parsers.cookies.values().begin(), parsers.cookies.values().end());
  } else if (equals_without_case(name, "content-type")) {
    if (starts_without_case(kept, "multipart/form-data")) {
      state.single(Variable::kReqbodyProcessor) = "MULTIPART";
    } else if (starts_without_case(kept, "application/x-www-form-urlencoded")) {
      state.single(Variable::kReqbodyProcessor) = "URLENCODED";
    }
  } else if (equals_without_case(name, "host")) {
    state.single(Variable::kServerName) = kept.substr(0, kept.find(':'));
  } else if (equals_without_case(name, "authorization")) {
    state.single(Variable::kAuthType) = kept.substr(0, kept.find(' '));
  }
}

}  // namespace gabion::inspect::waf::engine
