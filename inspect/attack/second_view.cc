// Percent-decoder and comment collapser in a row.
#include "inspect/attack/second_view.h"

#include <algorithm>
#include <cstring>

namespace gabion::inspect::attack {
namespace {

bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

bool is_escape(std::string_view at) noexcept {
  return at.size() >= 2 && ((at[1] | 0x20) == 'u' || (at.size() >= 3 && is_hex(at[1]) && is_hex(at[2])));
}

template <class Accept>
std::size_t find_mark(std::string_view text, char mark, Accept accept) noexcept {
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
    if (accept(text.substr(at))) {
      return at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::size_t find_second_view(std::string_view first_view) noexcept {
  const std::size_t escape = find_mark(first_view, '%', is_escape);
  const std::size_t comment =
      find_mark(first_view.substr(0, escape), '/', [](std::string_view at) { return at.size() >= 2 && at[1] == '*'; });
  return std::min(escape, comment);
}

std::size_t undecided_tail(std::string_view first_view) noexcept {
  const std::size_t size = first_view.size();
  if (size >= 1 && (first_view[size - 1] == '/' || first_view[size - 1] == '%')) {
    return 1;
  }
  return size >= 2 && first_view[size - 2] == '%' && is_hex(first_view[size - 1]) ? 2 : 0;
}

void SecondView::reset() noexcept {
  decoder_.reset();
  collapser_.reset();
}

void SecondView::feed(std::string_view in, std::string& between, std::string& out) {
  between.clear();
  out.clear();
  decoder_.feed(in, between);
  collapser_.feed(between, out);
}

void SecondView::finish(std::string& between, std::string& out) {
  between.clear();
  out.clear();
  decoder_.finish(between);
  collapser_.feed(between, out);
  collapser_.finish(out);
}

std::uint64_t SecondView::quiet_bytes() const noexcept {
  return std::min(decoder_.quiet_bytes(), collapser_.quiet_bytes());
}

}  // namespace gabion::inspect::attack
