// The binary format of COPY: signature, flags, extension, rows of lengths and bytes, trailer. See copy_rewriter.h.
#include <algorithm>

#include "inspect/wipe.h"
#include "proxy/protocol/postgres/rows/copy_rewriter.h"
#include "proxy/protocol/postgres/rows/copy_text.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::uint32_t kNull = 0xffffffff;
constexpr std::uint32_t kTrailerCount = 0xffff;
constexpr std::uint32_t kCriticalFlags = 0xffff0000;  // none that we know
constexpr std::uint32_t kMostValueBytes = 0x3fffffff;

void put_int32(std::string& out, std::uint32_t value) {
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> (shift - 8U)));
  }
}

}  // namespace

void CopyRewriter::begin_part(Part part, std::uint32_t bytes) noexcept {
  part_ = part;
  rest_ = bytes;
  number_ = 0;
}

RowResult CopyRewriter::feed_binary(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    RowResult result = RowResult::kOk;
    if (part_ == Part::kExtension || part_ == Part::kValue) {
      const std::string_view part = bytes.substr(0, rest_);
      result = move_bytes(part, out);
      bytes.remove_prefix(part.size());
    } else {
      const char c = bytes[0];
      bytes.remove_prefix(1);
      const bool is_signature = part_ != Part::kSignature || c == kCopySignature[kCopySignature.size() - rest_];
      if (part_ == Part::kTrailer || !is_signature) {
        return RowResult::kMalformed;
      }
      number_ = number_ << 8U | static_cast<unsigned char>(c);
      result = --rest_ == 0 ? take_number(out) : RowResult::kOk;
    }
    if (result != RowResult::kOk) {
      return result;
    }
  }
  return RowResult::kOk;
}

/// The last byte of a part that is a number has come.
RowResult CopyRewriter::take_number(std::string& out) {
  const std::uint32_t number = number_;
  switch (part_) {
    case Part::kSignature:
      out.append(kCopySignature);
      begin_part(Part::kFlags, 4);
      return RowResult::kOk;
    case Part::kFlags:
      put_int32(out, number);
      begin_part(Part::kExtensionLength, 4);
      return (number & kCriticalFlags) == 0 ? RowResult::kOk : RowResult::kMalformed;
    case Part::kExtensionLength:
      put_int32(out, number);
      number == 0 ? begin_part(Part::kCount, 2) : begin_part(Part::kExtension, number);
      return number <= kMostValueBytes ? RowResult::kOk : RowResult::kMalformed;
    case Part::kCount:
      out.push_back(static_cast<char>(number >> 8U));
      out.push_back(static_cast<char>(number));
      if (number == kTrailerCount) {
        begin_part(Part::kTrailer, 0);
        return RowResult::kOk;
      }
      column_ = 0;
      next_value();
      return number == plan_->columns.size() ? RowResult::kOk : RowResult::kMalformed;
    case Part::kLength:
      return begin_value(out);
    case Part::kExtension:
    case Part::kValue:
    case Part::kTrailer:
      break;
  }
  return RowResult::kMalformed;
}

void CopyRewriter::next_value() noexcept {
  if (column_ == plan_->columns.size()) {
    ++lines_;
    begin_part(Part::kCount, 2);
  } else {
    begin_part(Part::kLength, 4);
  }
}

RowResult CopyRewriter::begin_value(std::string& out) {
  const std::uint32_t length = number_;
  if (length == kNull) {
    put_int32(out, kNull);
    ++column_;
    next_value();
    return RowResult::kOk;
  }
  if (length > kMostValueBytes) {
    return RowResult::kMalformed;
  }
  move_ = move_of(column_);
  const Reading reading = plan_->columns[column_].stand_in.reading;
  if (move_ == Move::kHold && (length > bounds_.hold_bytes ||
                               (reading != Reading::kText && reading != Reading::kJson && reading != Reading::kRaw))) {
    move_ = bounds_.unread == Unread::kKeep ? Move::kCopy : Move::kWithhold;
  }
  if (move_ == Move::kWithhold) {
    ++withheld_;
    put_int32(out, kNull);
  } else if (move_ == Move::kCopy) {
    put_int32(out, length);
  }
  begin_part(Part::kValue, length);
  return length == 0 ? end_value(out) : RowResult::kOk;
}

RowResult CopyRewriter::move_bytes(std::string_view bytes, std::string& out) {
  rest_ -= static_cast<std::uint32_t>(bytes.size());
  if (part_ == Part::kExtension) {
    out.append(bytes);
    if (rest_ == 0) {
      begin_part(Part::kCount, 2);
    }
    return RowResult::kOk;
  }
  switch (move_) {
    case Move::kCopy:
      out.append(bytes);
      break;
    case Move::kWithhold:
      break;
    case Move::kHold:
      held_.append(bytes);
      break;
  }
  return rest_ == 0 ? end_value(out) : RowResult::kOk;
}

RowResult CopyRewriter::end_value(std::string& out) {
  RowResult result = RowResult::kOk;
  if (move_ == Move::kHold) {
    const bool is_json = plan_->columns[column_].stand_in.reading == Reading::kJson;
    std::optional<std::string> instead;
    result = judge(held_, is_json ? inspect::RowText::Kind::kJson : inspect::RowText::Kind::kText, instead);
    const bool is_lost = plan_->columns[column_].stand_in.reading == Reading::kRaw && instead &&
                         instead->size() != held_.size();  // lengths may be among its bytes
    if (result == RowResult::kOk && is_lost) {
      put_int32(out, kNull);
    } else if (result == RowResult::kOk) {
      const std::string_view leaves = instead ? std::string_view(*instead) : std::string_view(held_);
      put_int32(out, static_cast<std::uint32_t>(leaves.size()));
      out.append(leaves);
    }
    inspect::wipe(held_);
  }
  ++column_;
  next_value();
  return result;
}

}  // namespace gabion::proxy::postgres
