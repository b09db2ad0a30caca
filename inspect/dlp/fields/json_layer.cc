// Clean text costs two searches: for a backslash, and backwards for the quote that began the last string.
#include "inspect/dlp/fields/json_layer.h"

#include <algorithm>

namespace gabion::inspect::dlp {
namespace {

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

void JsonLayer::begin_json() noexcept {
  escape_.reset();
  state_ = State::kJson;
  if (nested_ != nullptr) {
    nested_->begin_text();
  }
}

void JsonLayer::begin_unknown() noexcept {
  begin_json();
  state_ = State::kAwaited;
}

void JsonLayer::begin_text() noexcept {
  begin_json();
  state_ = State::kText;
}

void JsonLayer::finish() {
  escape_.finish(out_);
  if (nested_ != nullptr) {
    nested_->finish();
  }
}

void JsonLayer::await_value() {
  escape_.finish(out_);
  state_ = State::kAwaited;
}

JsonLayer::State JsonLayer::state_for(char c) noexcept {
  if (is_blank(c)) {
    return State::kAwaited;
  }
  return c == '{' || c == '[' ? State::kJson : State::kText;
}

/// Passes on blanks until the first byte tells what the text is.
void JsonLayer::settle(std::string_view& bytes) {
  const auto first = std::find_if_not(bytes.begin(), bytes.end(), is_blank);
  const auto blanks = static_cast<std::size_t>(first - bytes.begin());
  out_.plain(bytes.substr(0, blanks));
  bytes.remove_prefix(blanks);
  if (!bytes.empty()) {
    state_ = state_for(bytes.front());
  }
}

void JsonLayer::plain(std::string_view bytes) {
  if (state_ == State::kAwaited) {
    settle(bytes);
  }
  if (state_ == State::kText) {
    out_.plain(bytes);
    return;
  }
  while (!bytes.empty()) {
    if (!escape_.is_idle()) {
      escape_.feed(bytes.front(), 1, 0, out_);
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t run = std::min(bytes.find('\\'), bytes.size());
    pass_json(bytes.substr(0, run));
    bytes.remove_prefix(run);
    if (!bytes.empty()) {
      escape_.feed('\\', 1, 0, out_);
      bytes.remove_prefix(1);
    }
  }
}

/// Tells the nested layer where strings begin. Strings without a backslash do not matter to it, so the last quote does.
void JsonLayer::pass_json(std::string_view bytes) {
  if (nested_ != nullptr && !nested_->is_idle()) {
    const std::size_t end = std::min(bytes.find('"'), bytes.size());
    out_.plain(bytes.substr(0, end));
    bytes.remove_prefix(end);
    if (!bytes.empty()) {
      nested_->await_value();
    }
  }
  const std::size_t last = nested_ == nullptr ? std::string_view::npos : bytes.rfind('"');
  if (last != std::string_view::npos) {
    nested_->finish();
    nested_->state_ = State::kText;
    out_.plain(bytes.substr(0, last + 1));
    nested_->await_value();
    bytes.remove_prefix(last + 1);
  }
  out_.plain(bytes);
}

void JsonLayer::unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) {
  if (flat.empty() && !escape_.is_idle()) {
    escape_.drop(raw_bytes);
    return;
  }
  if (flat.size() != 1) {
    escape_.finish(out_);
    state_ = state_ == State::kAwaited && !flat.empty() ? State::kText : state_;
    out_.unit(flat, raw_bytes, level);
    return;
  }
  const char c = flat.front();
  state_ = state_ == State::kAwaited ? state_for(c) : state_;
  if (state_ == State::kJson && (c == '\\' || !escape_.is_idle())) {
    escape_.feed(c, raw_bytes, level, out_);
    return;
  }
  const bool is_quote = state_ == State::kJson && c == '"' && level <= level_ && nested_ != nullptr;
  if (is_quote) {
    nested_->await_value();
  }
  out_.unit(flat, raw_bytes, level);
  if (is_quote) {
    nested_->await_value();
  }
}

}  // namespace gabion::inspect::dlp
