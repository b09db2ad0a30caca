// For tests: rows written and read, and a plan of columns by their types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/protocol/postgres/rows/row_plan.h"
#include "proxy/protocol/postgres/rows/row_rewriter.h"

namespace gabion::proxy::postgres {

/// Nothing: NULL.
using Value = std::optional<std::string>;

inline void put_number(std::string& out, std::uint64_t value, unsigned bytes) {
  while (bytes-- != 0) {
    out.push_back(static_cast<char>(value >> (8 * bytes)));
  }
}

inline std::string row_body(const std::vector<Value>& values) {
  std::string body;
  put_number(body, values.size(), 2);
  for (const Value& value : values) {
    put_number(body, value ? value->size() : 0xffffffffU, 4);
    body += value.value_or("");
  }
  return body;
}

inline std::string row_message(const std::vector<Value>& values) {
  const std::string body = row_body(values);
  std::string message = "D";
  put_number(message, body.size() + 4, 4);
  return message + body;
}

/// The values of one whole DataRow message and nothing behind it.
inline std::optional<std::vector<Value>> read_row(std::string_view message) {
  std::vector<Value> values;
  const auto number = [&message](std::size_t bytes) -> std::optional<std::uint64_t> {
    if (message.size() < bytes) {
      return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const char c : message.substr(0, bytes)) {
      value = value << 8U | static_cast<unsigned char>(c);
    }
    message.remove_prefix(bytes);
    return value;
  };
  if (number(1) != std::uint64_t{'D'}) {
    return std::nullopt;
  }
  const std::size_t whole = message.size();
  const auto length = number(4);
  const auto count = number(2);
  if (!count || *length != whole) {
    return std::nullopt;
  }
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto size = number(4);
    if (!size || (*size != 0xffffffffU && *size > message.size())) {
      return std::nullopt;
    }
    if (*size == 0xffffffffU) {
      values.emplace_back();
      continue;
    }
    values.emplace_back(std::string(message.substr(0, *size)));
    message.remove_prefix(*size);
  }
  return message.empty() ? std::optional(values) : std::nullopt;
}

inline PlannedColumn planned(ColumnFate fate, std::uint32_t type = 25, Format format = Format::kText) {
  return {fate, "column", stand_in(type, format)};
}

struct Rewritten {
  RowResult result = RowResult::kOk;
  std::string out;
};

/// One row in pieces of at most `piece` bytes.
inline Rewritten rewrite(RowRewriter& rewriter, std::string_view body, std::size_t piece) {
  Rewritten rewritten;
  rewriter.begin(static_cast<std::uint32_t>(body.size()));
  do {
    const std::string copy(body.substr(0, piece));  // of its own: the sanitizer sees what is read outside
    body.remove_prefix(copy.size());
    rewritten.result = rewriter.feed(copy, rewritten.out);
  } while (!body.empty() && rewritten.result == RowResult::kOk);
  return rewritten;
}

/// Covers every 'x' run it is shown by stars.
class StarJudge final : public inspect::RowJudge {
 public:
  void begin_answer() override { ++answers; }
  [[nodiscard]] bool judge(std::span<const inspect::RowText> texts, std::vector<inspect::RowCover>& covers) override {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      seen += std::string(texts[i].text) + "|";
      if (texts[i].text.find("refuse") != std::string_view::npos) {
        return false;
      }
      if (texts[i].text.find("4111") != std::string_view::npos) {
        covers.push_back({i, "[CARD]"});
      }
    }
    return true;
  }
  std::string seen;
  int answers = 0;
};

}  // namespace gabion::proxy::postgres
