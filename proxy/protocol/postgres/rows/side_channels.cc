// What else than rows may carry a withheld value: see side_channels.h.
#include "proxy/protocol/postgres/rows/side_channels.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace gabion::proxy::postgres {
namespace {

constexpr std::string_view kWithheld = "(withheld by gabion)";

/// Message formats, fields of errors and notices.
constexpr std::string_view kKeptFields = "SVCPsctdnFLR";
constexpr char kMessage = 'M';
constexpr char kSqlState = 'C';
constexpr char kContext = 'W';
constexpr char kFile = 'F';

/// Files of the languages that ship with PostgreSQL: their texts are a function's own.
constexpr std::array<std::string_view, 6> kLanguageFiles = {"pl_exec.c",         "plperl.c", "plpy_elog.c",
                                                            "plpy_plpymodule.c", "pltcl.c",  "pl_funcs.c"};

/// GUC_REPORT settings whose values are words, numbers, and names that the server checks.
constexpr std::array<std::string_view, 13> kClosedSettings = {"client_encoding",
                                                              "DateStyle",
                                                              "default_transaction_read_only",
                                                              "in_hot_standby",
                                                              "integer_datetimes",
                                                              "IntervalStyle",
                                                              "is_superuser",
                                                              "scram_iterations",
                                                              "server_encoding",
                                                              "server_version",
                                                              "session_authorization",
                                                              "standard_conforming_strings",
                                                              "TimeZone"};

/// Classes of SQLSTATE whose texts are constants but for what stands between quotation marks, and single states of
/// other classes of which that is true: 22001 too long, 22012 division by zero, 22P02 not of the type.
constexpr std::array<std::string_view, 24> kQuotingStates = {"00", "01", "02", "03", "08", "0A",    "0P",    "23",
                                                             "25", "26", "28", "34", "3D", "3F",    "40",    "42",
                                                             "53", "55", "57", "58", "F0", "22001", "22012", "22P02"};

template <std::size_t Size>
bool is_among(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Up to the next NUL, taken off `rest` with it.
std::optional<std::string_view> take_text(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view found = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return found;
}

/// Calls `each(type, text)` for the fields. False: the body is none of an error or a notice.
template <class Each>
bool for_each_field(std::string_view body, Each each) {
  while (!body.empty() && body[0] != '\0') {
    const char type = body[0];
    body.remove_prefix(1);
    const auto text = take_text(body);
    if (!text) {
      return false;
    }
    each(type, *text);
  }
  return body.size() == 1;
}

void append_int32(std::string& out, std::uint32_t value) {
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> (shift - 8U)));
  }
}

void append_text(std::string& out, std::string_view text) {
  out.append(text).push_back('\0');
}

/// Its end writes the length.
class Message {
 public:
  Message(std::string& out, char type) : out_(out), begin_(out.size() + 1) {
    out_.push_back(type);
    append_int32(out_, 0);
  }
  ~Message() {
    std::string length;
    append_int32(length, static_cast<std::uint32_t>(out_.size() - begin_));
    out_.replace(begin_, length.size(), length);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

 private:
  std::string& out_;
  std::size_t begin_;
};

/// A value may hold quotation marks itself, so that only the first and the last ones tell where values are: ASCII's
/// two, and every byte beyond it, since translated messages have marks of their own.
void append_message(std::string& out, std::string_view text) {
  const auto is_mark = [](char c) {
    return c == '"' || c == '\'' || c == '`' || static_cast<unsigned char>(c) >= 0x80;
  };
  const auto first = std::find_if(text.begin(), text.end(), is_mark);
  if (first == text.end()) {
    append_text(out, text);
    return;
  }
  const auto last = std::find_if(text.rbegin(), text.rend(), is_mark).base();
  out.append(text.begin(), first).append(kWithheld);
  append_text(out, text.substr(static_cast<std::size_t>(last - text.begin())));
}

/// "M", "D" and their like name what they are; no name of theirs is a cue.
std::string judged(std::string_view text, inspect::RowJudge& judge) {
  std::vector<inspect::RowCover> covers;
  const inspect::RowText shown{{}, text, inspect::RowText::Kind::kText};
  if (text.empty()) {
    return {};
  }
  if (!judge.judge({&shown, 1}, covers)) {
    return std::string(kWithheld);
  }
  return covers.empty() ? std::string(text) : std::move(covers.front().text);
}

}  // namespace

void put_message(std::string& out, char type, std::string_view body) {
  out.push_back(type);
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    out.push_back(static_cast<char>((body.size() + 4) >> (shift - 8U)));
  }
  out.append(body);
}

bool append_judged(std::string& out, char type, std::string_view body, inspect::RowJudge& judge) {
  constexpr std::string_view kTexts = "MDHWq";
  constexpr std::size_t kProcessBytes = 4;
  if (type == 'A') {
    std::string_view rest = body.substr(std::min(body.size(), kProcessBytes));
    const auto channel = take_text(rest);
    const auto payload = channel ? take_text(rest) : std::nullopt;
    if (!payload || !rest.empty()) {
      return false;
    }
    const Message message(out, type);
    append_text(out.append(body.substr(0, kProcessBytes)), *channel);
    append_text(out, judged(*payload, judge));
    return true;
  }
  if (!for_each_field(body, [](char, std::string_view) {})) {
    return false;
  }
  const Message message(out, type);
  (void)for_each_field(body, [&](char field, std::string_view text) {
    out.push_back(field);
    append_text(out, kTexts.find(field) == std::string_view::npos ? std::string(text) : judged(text, judge));
  });
  out.push_back('\0');
  return true;
}

bool append_without_values(std::string& out, char type, std::string_view body) {
  bool is_users = false;
  const bool is_well_formed = for_each_field(body, [&is_users](char field, std::string_view text) {
    is_users = is_users || field == kContext || (field == kFile && is_among(kLanguageFiles, text)) ||
               (field == kSqlState && !is_among(kQuotingStates, text.substr(0, 2)) && !is_among(kQuotingStates, text));
  });
  if (!is_well_formed) {
    return false;
  }
  const Message message(out, type);
  (void)for_each_field(body, [&out, is_users](char field, std::string_view text) {
    if (field == kMessage) {
      out.push_back(field);
      is_users ? append_text(out, kWithheld) : append_message(out, text);
    } else if (kKeptFields.find(field) != std::string_view::npos) {
      out.push_back(field);
      append_text(out, text);
    }
  });
  out.push_back('\0');
  return true;
}

bool append_notification_without_payload(std::string& out, std::string_view body) {
  constexpr std::size_t kProcessBytes = 4;
  std::string_view rest = body.substr(std::min(body.size(), kProcessBytes));
  const auto channel = take_text(rest);
  const auto payload = channel ? take_text(rest) : std::nullopt;
  if (!payload || !rest.empty()) {
    return false;
  }
  const Message message(out, 'A');
  out.append(body.substr(0, kProcessBytes));
  append_text(out, *channel);
  append_text(out, "");
  return true;
}

bool append_parameter_without_free_text(std::string& out, std::string_view body) {
  std::string_view rest = body;
  const auto name = take_text(rest);
  const auto value = name ? take_text(rest) : std::nullopt;
  if (!value || !rest.empty()) {
    return false;
  }
  const Message message(out, 'S');
  append_text(out, *name);
  append_text(out, is_among(kClosedSettings, *name) ? *value : std::string_view());
  return true;
}

}  // namespace gabion::proxy::postgres
