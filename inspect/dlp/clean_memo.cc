// A line end parts name and value: no name has one.
#include "inspect/dlp/clean_memo.h"

#include "inspect/memorable.h"

namespace gabion::inspect::dlp {
namespace {

bool is_memorable(std::string_view name) noexcept {
  return is_memorable_header(name) || is_memorable_answer_header(name);
}

}  // namespace

bool CleanMemo::write_key(std::string_view name, std::string_view value) {
  if (name.size() + 1 + value.size() > Memo::kMostValueBytes) {
    return false;
  }
  key_.assign(name);
  key_.push_back('\n');
  key_.append(value);
  return true;
}

bool CleanMemo::knows(std::string_view name, std::string_view value) {
  return write_key(name, value) && memo_.find(0, key_) != nullptr;
}

/// The head of a key is one if a key follows it.
bool CleanMemo::depends_on_next(std::string_view value) noexcept {
  return value.find("-----") != std::string_view::npos;
}

void CleanMemo::keep(std::string_view name, std::string_view value) {
  if (is_memorable(name) && is_public(value) && !depends_on_next(value) && write_key(name, value) &&
      memo_.find(0, key_) == nullptr) {
    memo_.keep(0, key_, {});
  }
}

}  // namespace gabion::inspect::dlp
