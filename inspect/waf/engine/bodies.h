// Requests taken apart: the head and the body as the variables rules look at.
#pragma once

#include <span>
#include <string_view>

#include "inspect/http/arguments.h"
#include "inspect/http/cookies.h"
#include "inspect/http/json_body.h"
#include "inspect/http/multipart.h"
#include "inspect/http/xml_body.h"
#include "inspect/waf/engine/state.h"

namespace gabion::inspect::waf::engine {

/// The parsers of one transaction; their memory is reused.
struct Parsers {
  http::Arguments query;
  http::Arguments form;
  http::Cookies cookies;
  http::Multipart multipart;
  http::JsonBody json;
  http::XmlBody xml;

  void reset() noexcept;
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return query.held_bytes() + form.held_bytes() + cookies.held_bytes() + multipart.held_bytes() + json.held_bytes() +
           xml.held_bytes();
  }
};

/// REQUEST_LINE, REQUEST_URI, QUERY_STRING, … and the arguments of the query.
void read_target(State& state, Parsers& parsers, std::string_view method, std::string_view target,
                 std::string_view protocol);

/// Adds a header, the cookies in it, and what its value says about the body.
void read_header(State& state, Parsers& parsers, std::string_view name, std::string_view value);

/// Adds the values of a message to ARGS.
void read_message(State& state, std::span<const http::NamedValue> values);

/// Parses state.body with the processor that the header or a ctl chose; sets REQBODY_… and MULTIPART_….
void read_body(State& state, Parsers& parsers);

}  // namespace gabion::inspect::waf::engine
