// The request's body, by the processor that was chosen for it.
#include "inspect/waf/engine/bodies.h"

#include <algorithm>

#include "inspect/http/utf8.h"
#include "inspect/message.h"

namespace gabion::inspect::waf::engine {
namespace {

std::string_view flag(bool value) {
  return value ? "1" : "0";
}

void set_error(State& state, std::string_view processor, http::BodyError error) {
  const bool failed = error != http::BodyError::kNone;
  state.single(Variable::kReqbodyError) = flag(failed);
  state.single(Variable::kReqbodyProcessorError) = flag(failed);
  if (!failed) {
    return;
  }
  state.name_buffer.assign(processor);
  state.name_buffer += " parsing error: ";
  state.name_buffer += http::to_string(error);
  const auto message = state.keep(state.name_buffer);
  state.single(Variable::kReqbodyErrorMsg) = message;
  state.single(Variable::kReqbodyProcessorErrorMsg) = message;
}

std::uint32_t arguments_left(const State& state) {
  const auto limit = state.plan->engine.arguments_limit;
  const auto used = state.list(List::kArgs).size();
  return used >= limit ? 0 : limit - static_cast<std::uint32_t>(used);
}

void add_arguments(State& state, std::span<const http::NamedValue> values, std::size_t combined_size) {
  auto& args = state.list(List::kArgs);
  args.insert(args.end(), values.begin(), values.end());
  state.combined_size += combined_size;
  state.single(Variable::kArgsCombinedSize) =
      state.keep(digits_of(state, static_cast<std::int64_t>(state.combined_size)));
}

void assign(State& state, List list, std::span<const http::NamedValue> values) {
  state.list(list).assign(values.begin(), values.end());
}

void read_form(State& state, Parsers& parsers) {
  note_limit(state, parsers.form.parse(state.body, state.plan->engine.argument_separator, arguments_left(state)));
  add_arguments(state, parsers.form.values(), parsers.form.combined_size());
  if (parsers.form.invalid_encoding()) {
    state.single(Variable::kUrlencodedError) = "1";
  }
}

/// Beyond the limit of arguments the rest is left out, as ModSecurity v3 does; rule 200007 counts them.
http::BodyError without_limit(http::BodyError error) {
  return error == http::BodyError::kTooManyValues ? http::BodyError::kNone : error;
}

void read_json(State& state, Parsers& parsers) {
  const auto error =
      parsers.json.parse(state.body, {state.plan->engine.request_body_json_depth, arguments_left(state)});
  note_limit(state, error);
  add_arguments(state, parsers.json.values(), parsers.json.combined_size());
  set_error(state, "JSON", without_limit(error));
}

/// UTF-8 without NUL.
bool is_text(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const std::size_t size = bytes.front() == '\0' ? 0 : http::utf8_size(bytes);
    if (size == 0) {
      return false;
    }
    bytes.remove_prefix(size);
  }
  return true;
}

/// A message has no head that says what it is. What is no JSON is text, and no error.
void read_message(State& state, Parsers& parsers) {
  const auto error =
      parsers.json.parse(state.body, {state.plan->engine.request_body_json_depth, arguments_left(state)});
  set_error(state, {}, http::BodyError::kNone);
  if (without_limit(error) == http::BodyError::kNone) {
    note_limit(state, error);
    add_arguments(state, parsers.json.values(), parsers.json.combined_size());
    return;
  }
  if (state.body_unit == BodyUnit::kBinaryMessage && !is_text(state.body)) {
    return;
  }
  const http::NamedValue whole[] = {{"message", state.body}};
  add_arguments(state, whole, whole[0].name.size() + state.body.size());
}

void read_xml(State& state, Parsers& parsers) {
  set_error(state, "XML", parsers.xml.parse(state.body, {}));
  if (parsers.xml.has_root()) {
    state.list(List::kXmlText).push_back({"/*", parsers.xml.text()});
  }
  assign(state, List::kXmlAttributes, parsers.xml.attributes());
}

void set_multipart_flags(State& state, const http::MultipartFlags& flags) {
  const auto set = [&](Variable variable, bool value) { state.single(variable) = flag(value); };
  set(Variable::kMultipartBoundaryQuoted, flags.boundary_quoted);
  set(Variable::kMultipartBoundaryWhitespace, flags.boundary_whitespace);
  set(Variable::kMultipartDataBefore, flags.data_before);
  set(Variable::kMultipartDataAfter, flags.data_after);
  set(Variable::kMultipartHeaderFolding, flags.header_folding);
  set(Variable::kMultipartInvalidHeaderFolding, flags.invalid_header_folding);
  set(Variable::kMultipartCrlfLfLines, flags.crlf_lf_lines());
  set(Variable::kMultipartLfLine, flags.lf_line);
  set(Variable::kMultipartMissingSemicolon, flags.missing_semicolon);
  set(Variable::kMultipartInvalidQuoting, flags.invalid_quoting);
  set(Variable::kMultipartInvalidPart, flags.invalid_part);
  set(Variable::kMultipartFileLimitExceeded, flags.file_limit_exceeded);
  set(Variable::kMultipartStrictError, flags.strict_error());
  state.single(Variable::kMultipartUnmatchedBoundary) = flags.unmatched_boundary == 0   ? "0"
                                                        : flags.unmatched_boundary == 1 ? "1"
                                                                                        : "2";
}

void read_multipart(State& state, Parsers& parsers) {
  const auto& headers = state.list(List::kRequestHeaders);
  std::string_view type;
  for (const auto& header : headers) {
    if (equals_without_case(header.name, "content-type")) {
      type = header.value;
      break;
    }
  }
  auto& parser = parsers.multipart;
  const auto error = parser.parse(type, state.body, {state.plan->engine.arguments_limit, 0});
  note_limit(state, error);
  add_arguments(state, parser.arguments(), parser.arguments_combined_size());
  assign(state, List::kFiles, parser.files());
  assign(state, List::kFilesSizes, parser.file_sizes());
  assign(state, List::kPartHeaders, parser.part_headers());
  assign(state, List::kMultipartName, parser.names());
  assign(state, List::kMultipartFilename, parser.filenames());
  state.single(Variable::kFilesCombinedSize) =
      state.keep(digits_of(state, static_cast<std::int64_t>(parser.files_combined_size())));
  set_multipart_flags(state, parser.flags());
  set_error(state, "Multipart", without_limit(error));
}

/// REQUEST_BODY: always, or (compatible with version 2) only what a form or a ctl makes of it.
bool shows_body(const State& state) {
  if (state.plan->options.request_body == plan::Options::RequestBody::kAlways) {
    return true;
  }
  const auto processor = state.single(Variable::kReqbodyProcessor);
  return processor == "URLENCODED" || (processor.empty() && state.force_body_variable);
}

/// FULL_REQUEST as ModSecurity v3 makes it, without the request's line: fields, two empty lines, the body.
void join_request(State& state) {
  constexpr std::string_view kColon = ": ";
  constexpr std::string_view kEnd = "\n\n";
  const auto& headers = state.list(List::kRequestHeaders);
  std::size_t size = kEnd.size() + state.body.size();
  for (const auto& header : headers) {
    size += header.name.size() + kColon.size() + header.value.size() + 1;
  }
  char* const begin = state.arena.allocate(size);
  char* out = begin;
  const auto add = [&out](std::string_view text) { out = std::copy(text.begin(), text.end(), out); };
  for (const auto& header : headers) {
    add(header.name);
    add(kColon);
    add(header.value);
    add("\n");
  }
  add(kEnd);
  add(state.body);
  state.single(Variable::kFullRequest) = {begin, size};
  state.single(Variable::kFullRequestLength) = state.keep(digits_of(state, static_cast<std::int64_t>(size)));
}

}  // namespace

void read_message(State& state, std::span<const http::NamedValue> values) {
  if (values.size() > arguments_left(state)) {
    note_limit(state, http::BodyError::kTooManyValues);
    values = values.first(arguments_left(state));
  }
  auto& args = state.list(List::kArgs);
  std::size_t combined = 0;
  for (const http::NamedValue& value : values) {
    args.push_back({state.keep(value.name), state.keep(value.value)});
    combined += value.name.size() + value.value.size();
  }
  add_arguments(state, {}, combined);
}

void read_body(State& state, Parsers& parsers) {
  const auto processor = state.single(Variable::kReqbodyProcessor);
  if (state.body_unit != BodyUnit::kBody) {
    read_message(state, parsers);
  } else if (processor == "XML") {
    read_xml(state, parsers);
  } else if (processor == "JSON") {
    read_json(state, parsers);
  } else if (processor == "MULTIPART") {
    read_multipart(state, parsers);
  } else if (processor == "URLENCODED") {
    read_form(state, parsers);
  } else {
    set_error(state, {}, http::BodyError::kNone);
  }
  if (!state.body.empty() && shows_body(state)) {
    state.single(Variable::kRequestBody) = state.body;
    state.single(Variable::kRequestBodyLength) =
        state.keep(digits_of(state, static_cast<std::int64_t>(state.body.size())));
  }
  if (state.plan->reads_full_request) {
    join_request(state);
  }
}

}  // namespace gabion::inspect::waf::engine
