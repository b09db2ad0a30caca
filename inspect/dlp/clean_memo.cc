// A line end parts name and value: no name has one.
#include "inspect/dlp/clean_memo.h"

#include <algorithm>

#include "inspect/memorable.h"

namespace gabion::inspect::dlp {
namespace {

constexpr char kMark = '\n';

bool is_memorable(std::string_view name) noexcept {
  return is_memorable_header(name) || is_memorable_answer_header(name);
}

}  // namespace

bool CleanMemo::fits(std::string_view name, std::string_view value) noexcept {
  return name.size() + 1 + value.size() <= Memo::kMostValueBytes;
}

std::string_view CleanMemo::write_key(std::string_view name, std::string_view value) noexcept {
  char* end = std::copy(name.begin(), name.end(), key_.data());
  *end++ = kMark;
  end = std::copy(value.begin(), value.end(), end);
  return {key_.data(), end};
}

/// What is expected next needs no look at the list of names: only what is on it was kept.
CleanMemo::Known CleanMemo::look_up(std::string_view name, std::string_view value) {
  if (!fits(name, value)) {
    return Known::kNever;
  }
  const auto is_this = [&](std::string_view key) noexcept {
    return key.size() == name.size() + 1 + value.size() && key.ends_with(value) && key.starts_with(name) &&
           key[name.size()] == kMark;
  };
  if (memo_.find_expected(0, is_this) != nullptr) {
    return Known::kClean;
  }
  if (!is_memorable(name)) {
    return Known::kNever;
  }
  return memo_.find_hashed(0, write_key(name, value)) != nullptr ? Known::kClean : Known::kNew;
}

/// The head of a key is one if a key follows it.
bool CleanMemo::depends_on_next(std::string_view value) noexcept {
  return value.find("-----") != std::string_view::npos;
}

void CleanMemo::keep(std::string_view name, std::string_view value) {
  if (!fits(name, value) || !is_memorable(name) || !is_public(value) || depends_on_next(value)) {
    return;
  }
  const std::string_view key = write_key(name, value);
  if (memo_.find(0, key) == nullptr) {
    memo_.keep(0, key, {});
  }
}

}  // namespace gabion::inspect::dlp
