// Rewrites what COPY … TO STDOUT answers: see copy_rewriter.h. What is of binary alone is in copy_binary.cc.
#include "proxy/protocol/postgres/rows/copy_rewriter.h"

#include "inspect/wipe.h"
#include "proxy/protocol/postgres/rows/copy_text.h"
#include "proxy/protocol/postgres/rows/value_text.h"

namespace gabion::proxy::postgres {

void CopyRewriter::begin(const RowPlan& plan, inspect::RowJudge* judge, CopyFormat format, Header header) {
  plan_ = &plan;
  judge_ = judge;
  format_ = format;
  header_ = header;
  lines_ = 0;
  column_ = 0;
  escaped_ = quoted_ = false;
  inspect::wipe(held_);
  begin_part(Part::kSignature, static_cast<std::uint32_t>(kCopySignature.size()));
  begin_field();
}

RowResult CopyRewriter::feed(std::string_view bytes, std::string& out) {
  return format_ == CopyFormat::kBinary ? feed_binary(bytes, out) : feed_lines(bytes, out);
}

RowResult CopyRewriter::end() const noexcept {
  const bool is_whole =
      format_ == CopyFormat::kBinary ? part_ == Part::kTrailer : column_ == 0 && is_empty_ && !escaped_ && !quoted_;
  return is_whole ? RowResult::kOk : RowResult::kMalformed;
}

CopyRewriter::Move CopyRewriter::move_of(std::size_t column) const noexcept {
  const bool is_header = header_ == Header::kFirstLine && lines_ == 0;
  if (column >= plan_->columns.size() || is_header) {
    return Move::kCopy;
  }
  switch (plan_->columns[column].fate) {
    case ColumnFate::kKeep:
      return Move::kCopy;
    case ColumnFate::kRedact:
      return Move::kWithhold;
    case ColumnFate::kScan:
      return Move::kHold;
  }
  return Move::kWithhold;
}

RowResult CopyRewriter::judge(std::string_view text, inspect::RowText::Kind kind, std::optional<std::string>& instead) {
  covers_.clear();
  const inspect::RowText shown{plan_->columns[column_].name, text, kind};
  if (judge_ == nullptr || !judge_->judge({&shown, 1}, covers_)) {
    return RowResult::kRefused;
  }
  if (!covers_.empty()) {
    ++covered_;
    instead = std::move(covers_.front().text);
  }
  return RowResult::kOk;
}

RowResult CopyRewriter::feed_lines(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    if (const RowResult result = take_byte(c, out); result != RowResult::kOk) {
      return result;
    }
  }
  return RowResult::kOk;
}

RowResult CopyRewriter::take_byte(char c, std::string& out) {
  const bool is_text = format_ == CopyFormat::kText;
  const bool is_data = escaped_ || quoted_;
  if (!is_data && c == '\n') {
    return end_line(c, out);
  }
  if (!is_data && c == (is_text ? '\t' : ',')) {
    const RowResult result = end_field(out);
    out.push_back(c);
    ++column_;
    begin_field();
    return column_ < plan_->columns.size() ? result : RowResult::kMalformed;
  }
  escaped_ = is_text && !escaped_ && c == '\\';
  quoted_ = quoted_ != (!is_text && c == '"');
  put(c, out);
  return RowResult::kOk;
}

void CopyRewriter::begin_field() noexcept {
  move_ = move_of(column_);
  is_empty_ = true;
}

void CopyRewriter::put(char c, std::string& out) {
  is_empty_ = false;
  switch (move_) {
    case Move::kCopy:
      out.push_back(c);
      break;
    case Move::kWithhold:
      break;
    case Move::kHold:
      held_.push_back(c);
      if (held_.size() <= bounds_.hold_bytes) {
        break;
      }
      move_ = bounds_.unread == Unread::kKeep ? Move::kCopy : Move::kWithhold;
      if (move_ == Move::kCopy) {
        out.append(held_);
      }
      inspect::wipe(held_);
      break;
  }
}

RowResult CopyRewriter::end_field(std::string& out) {
  switch (move_) {
    case Move::kCopy:
      return RowResult::kOk;
    case Move::kWithhold:
      ++withheld_;
      out.append(copy_null(format_));
      return RowResult::kOk;
    case Move::kHold:
      break;
  }
  const RowResult result = leave_held(out);
  inspect::wipe(held_);
  return result;
}

RowResult CopyRewriter::leave_held(std::string& out) {
  if (held_ == copy_null(format_)) {
    out.append(held_);
    return RowResult::kOk;
  }
  std::string text = decode_copy_field(held_, format_);
  const bool is_array = holds_many_values(text);
  auto digits = without_exponents(text);
  const bool is_replaced_whole = digits && is_array;
  if (digits) {
    inspect::wipe(text);
    text = *std::move(digits);
  }
  std::optional<std::string> instead;
  const RowResult result = judge(text, inspect::RowText::Kind::kText, instead);
  inspect::wipe(text);
  if (!instead) {
    out.append(result == RowResult::kOk ? std::string_view(held_) : std::string_view());
    return result;
  }
  if (is_replaced_whole) {
    out.append(copy_null(format_));  // its elements are no more
  } else {
    append_copy_field(out, *instead, format_);
  }
  return result;
}

RowResult CopyRewriter::end_line(char c, std::string& out) {
  const bool has_columns = !plan_->columns.empty() || !is_empty_;
  if (has_columns && column_ + 1 != plan_->columns.size()) {
    return RowResult::kMalformed;
  }
  const RowResult result = has_columns ? end_field(out) : RowResult::kOk;
  out.push_back(c);
  ++lines_;
  column_ = 0;
  begin_field();
  return result;
}

}  // namespace gabion::proxy::postgres
