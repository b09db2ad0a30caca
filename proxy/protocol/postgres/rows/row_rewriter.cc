// Rewrites DataRow messages by a plan while they pass: see row_rewriter.h.
#include "proxy/protocol/postgres/rows/row_rewriter.h"

#include <utility>

#include "inspect/wipe.h"
#include "proxy/protocol/postgres/rows/json_numbers.h"
#include "proxy/protocol/postgres/rows/value_text.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::uint32_t kNull = 0xffffffff;
constexpr std::size_t kKeptBytes = 4 * 1024;  // of what a row needed, for the next

std::uint32_t read_int32(std::string_view at) noexcept {
  std::uint32_t value = 0;
  for (const char c : at.substr(0, 4)) {
    value = value << 8U | static_cast<unsigned char>(c);
  }
  return value;
}

void put_int32(std::string& out, std::uint32_t value) {
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> (shift - 8U)));
  }
}

void forget(std::string& text) noexcept {
  inspect::wipe(text);
  if (text.capacity() > kKeptBytes) {
    text.shrink_to_fit();
  }
}

}  // namespace

void RowRewriter::begin(std::uint32_t length) noexcept {
  length_ = length;
  received_ = walked_ = value_rest_ = header_ = 0;
  column_ = 0;
  header_bytes_ = 0;
  is_open_ = false;
}

RowResult RowRewriter::feed(std::string_view piece, std::string& out) {
  received_ += static_cast<std::uint32_t>(piece.size());
  RowResult result = RowResult::kOk;
  if (is_open_) {
    result = run(piece, out);
  } else if (held_.empty() && (received_ == length_ || piece.size() >= bounds_.hold_bytes)) {
    result = open(piece, out);
  } else {
    held_.append(piece);
    if (received_ == length_ || held_.size() >= bounds_.hold_bytes) {
      result = open(held_, out);
      forget(held_);
    }
  }
  if (result != RowResult::kOk || received_ != length_) {
    return result;
  }
  const bool is_whole = column_ == plan_->columns.size() && value_rest_ == 0 && header_bytes_ == 0;
  is_open_ = is_open_ && !is_whole;
  return is_whole ? RowResult::kOk : RowResult::kMalformed;
}

/// `prefix` is the row, or as much of it as is held.
RowResult RowRewriter::open(std::string_view prefix, std::string& out) {
  if (const RowResult measured = measure(prefix); measured != RowResult::kOk) {
    return measured;
  }
  std::int64_t length = length_;
  std::size_t at = 2;
  for (const Decision& decision : decisions_) {
    const std::uint32_t value = read_int32(prefix.substr(at));
    const std::uint32_t bytes = value == kNull ? 0 : value;
    at += std::size_t{4} + bytes;
    if (decision.leaves != Decision::Leaves::kItself) {
      length += static_cast<std::int64_t>(decision.size) - static_cast<std::int64_t>(bytes);
    }
  }
  is_open_ = true;
  out.push_back('D');
  put_int32(out, static_cast<std::uint32_t>(length + 4));
  out.append(prefix.substr(0, 2));
  walked_ = 2;
  const RowResult result = run(prefix.substr(2), out);
  forget(texts_);
  return result;
}

RowResult RowRewriter::measure(std::string_view prefix) {
  decisions_.clear();
  shown_.clear();
  shown_columns_.clear();
  made_.clear();
  made_.reserve(plan_->columns.size());  // shown_ views them
  const bool is_whole = prefix.size() == length_;
  if (prefix.size() < 2 || (read_int32(prefix.substr(0, 2)) != plan_->columns.size())) {
    return RowResult::kMalformed;
  }
  std::uint64_t at = 2;
  for (const PlannedColumn& column : plan_->columns) {
    if (at + 4 > prefix.size()) {
      if (is_whole) {
        return RowResult::kMalformed;
      }
      break;
    }
    const std::uint32_t length = read_int32(prefix.substr(at));
    at += 4;
    if (length == kNull) {
      decisions_.emplace_back();
      continue;
    }
    if (length > length_ - at) {
      return RowResult::kMalformed;
    }
    decide(column, at < prefix.size() ? prefix.substr(at, length) : std::string_view(), length);
    at += length;
  }
  if (is_whole && at != prefix.size()) {
    return RowResult::kMalformed;
  }
  return judge_texts() ? RowResult::kOk : RowResult::kRefused;
}

void RowRewriter::redact(Decision& decision, const PlannedColumn& column) {
  if (column.stand_in.is_null) {
    decision.leaves = Decision::Leaves::kNull;
    decision.size = 0;
    return;
  }
  replace(decision, {}, column.stand_in.value);
}

void RowRewriter::replace(Decision& decision, std::string_view before, std::string_view text) {
  decision.leaves = Decision::Leaves::kText;
  decision.begin = texts_.size();
  decision.size = before.size() + text.size();
  texts_.append(before).append(text);
}

/// `value` is as much of it as is held.
void RowRewriter::decide(const PlannedColumn& column, std::string_view value, std::uint32_t length) {
  Decision& decision = decisions_.emplace_back();
  switch (column.fate) {
    case ColumnFate::kKeep:
      return;
    case ColumnFate::kRedact:
      ++withheld_;
      redact(decision, column);
      return;
    case ColumnFate::kScan:
      decide_scan(column, value, length);
      return;
  }
}

void RowRewriter::decide_scan(const PlannedColumn& column, std::string_view value, std::uint32_t length) {
  const Reading reading = column.stand_in.reading;
  if (reading == Reading::kNothing || length == 0) {
    return;
  }
  if (value.size() != length) {
    if (bounds_.unread == Unread::kRedact) {
      ++covered_;
      redact(decisions_.back(), column);
    }
    return;
  }
  Shown shown{decisions_.size() - 1, length, false, false};
  inspect::RowText text{column.name, value, inspect::RowText::Kind::kText};
  switch (reading) {
    case Reading::kJson:
    case Reading::kJsonb:
      text.kind = inspect::RowText::Kind::kJson;
      text.text.remove_prefix(reading == Reading::kJsonb ? 1 : 0);
      if (auto digits = json_without_exponents(text.text)) {
        shown.is_replaced_whole = true;
        text.text = made_.emplace_back(*std::move(digits));
      }
      break;
    case Reading::kNumber:
    case Reading::kInt8:
    case Reading::kNumeric:
    case Reading::kFloat8: {
      auto digits = digits_of(value, reading);
      if (!digits) {
        return;
      }
      text.text = made_.emplace_back(*std::move(digits));
      break;
    }
    case Reading::kHex:
      if (auto bytes = from_hex(value)) {
        text.text = made_.emplace_back(*std::move(bytes));
        shown.is_hex = true;
      } else {
        read_exponents(text, shown);
      }
      break;
    case Reading::kInt8s:
    case Reading::kNumerics:
    case Reading::kFloat8s:
    case Reading::kHexes: {
      auto elements = elements_of(value, reading);
      if (!elements) {
        return;
      }
      text.text = made_.emplace_back(*std::move(elements));
      break;
    }
    case Reading::kText:
    case Reading::kNumbers:
      read_exponents(text, shown);
      break;
    case Reading::kNothing:
    case Reading::kRaw:
      break;
  }
  shown_.push_back(text);
  shown_columns_.push_back(shown);
}

/// Numbers that are written with an exponent are shown by their digits; of an array of them, and of JSON, nothing else
/// can leave.
void RowRewriter::read_exponents(inspect::RowText& text, Shown& shown) {
  if (auto digits = without_exponents(text.text)) {
    shown.is_replaced_whole = holds_many_values(text.text);
    text.text = made_.emplace_back(*std::move(digits));
  }
}

/// What leaves in the place of a value of which `cover` is left.
void RowRewriter::cover(const Shown& shown, std::string_view text) {
  Decision& decision = decisions_[shown.column];
  const PlannedColumn& column = plan_->columns[shown.column];
  if (shown.is_replaced_whole) {
    redact(decision, column);
    return;
  }
  switch (column.stand_in.reading) {
    case Reading::kNumber:
    case Reading::kInt8:
    case Reading::kNumeric:
    case Reading::kFloat8:
    case Reading::kNumbers:
    case Reading::kInt8s:
    case Reading::kNumerics:
    case Reading::kFloat8s:
    case Reading::kHexes:
      redact(decision, column);
      break;
    case Reading::kRaw:
      text.size() == shown.length ? replace(decision, {}, text) : redact(decision, column);
      break;
    case Reading::kHex: {
      std::string hex = shown.is_hex ? to_hex(text) : std::string(text);
      replace(decision, {}, hex);
      inspect::wipe(hex);
      break;
    }
    case Reading::kJsonb:
      replace(decision, "\x01", text);
      break;
    case Reading::kNothing:
    case Reading::kText:
    case Reading::kJson:
      replace(decision, {}, text);
      break;
  }
}

bool RowRewriter::judge_texts() {
  if (shown_.empty()) {
    return true;
  }
  covers_.clear();
  const bool goes_on = judge_ != nullptr && judge_->judge(shown_, covers_);
  for (inspect::RowCover& found : covers_) {
    ++covered_;
    cover(shown_columns_[found.index], found.text);
    inspect::wipe(found.text);
  }
  for (std::string& text : made_) {
    inspect::wipe(text);
  }
  return goes_on;
}

RowResult RowRewriter::run(std::string_view bytes, std::string& out) {
  walked_ += static_cast<std::uint32_t>(bytes.size());
  std::uint32_t rest_of_row = length_ - walked_;  // behind `bytes`
  while (!bytes.empty()) {
    if (value_rest_ != 0) {
      const std::string_view part = bytes.substr(0, value_rest_);
      move_value(part, out);
      bytes.remove_prefix(part.size());
      continue;
    }
    if (column_ == plan_->columns.size()) {
      return RowResult::kMalformed;
    }
    header_ = header_ << 8U | static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    if (++header_bytes_ != 4) {
      continue;
    }
    header_bytes_ = 0;
    if (header_ != kNull && header_ > rest_of_row + bytes.size()) {
      return RowResult::kMalformed;
    }
    if (const RowResult begun = begin_value(header_, out); begun != RowResult::kOk) {
      return begun;
    }
  }
  return RowResult::kOk;
}

RowResult RowRewriter::begin_value(std::uint32_t length, std::string& out) {
  const std::size_t index = column_++;
  if (length == kNull) {
    put_int32(out, kNull);
    return RowResult::kOk;
  }
  value_length_ = value_rest_ = length;
  if (index >= decisions_.size()) {
    return begin_late_value(plan_->columns[index], length, out);
  }
  const Decision& decision = decisions_[index];
  switch (decision.leaves) {
    case Decision::Leaves::kItself:
      move_ = Move::kCopy;
      put_int32(out, length);
      break;
    case Decision::Leaves::kNull:
      move_ = Move::kSkip;
      put_int32(out, kNull);
      break;
    case Decision::Leaves::kText:
      move_ = Move::kSkip;
      put_int32(out, static_cast<std::uint32_t>(decision.size));
      out.append(texts_, decision.begin, decision.size);
      break;
  }
  return RowResult::kOk;
}

/// Its length must stay.
RowResult RowRewriter::begin_late_value(const PlannedColumn& column, std::uint32_t length, std::string& out) {
  const StandIn& stand_in = column.stand_in;
  const bool is_kept =
      column.fate == ColumnFate::kKeep || length == 0 ||
      (column.fate == ColumnFate::kScan && (stand_in.reading == Reading::kNothing || bounds_.unread == Unread::kKeep));
  put_int32(out, length);
  if (is_kept) {
    move_ = Move::kCopy;
    return RowResult::kOk;
  }
  ++(column.fate == ColumnFate::kRedact ? withheld_ : covered_);
  if (!stand_in.is_null && stand_in.value.size() == length) {
    move_ = Move::kSkip;
    out.append(stand_in.value);
    return RowResult::kOk;
  }
  move_ = Move::kFill;
  return stand_in.stretch == Stretch::kNone ? RowResult::kTooLong : RowResult::kOk;
}

void RowRewriter::move_value(std::string_view bytes, std::string& out) {
  switch (move_) {
    case Move::kCopy:
      out.append(bytes);
      break;
    case Move::kSkip:
      break;
    case Move::kFill:
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto at = static_cast<std::uint32_t>(value_length_ - value_rest_ + i);
        out.push_back(stretched_byte(plan_->columns[column_ - 1].stand_in.stretch, at, value_length_));
      }
      break;
  }
  value_rest_ -= static_cast<std::uint32_t>(bytes.size());
}

}  // namespace gabion::proxy::postgres
