// What a server says of the columns of a result: see row_description.h.
#include "proxy/protocol/postgres/rows/row_description.h"

#include <optional>

#include "proxy/protocol/postgres/messages.h"

namespace gabion::proxy::postgres {
namespace {

/// Once a read went beyond the end, every later one answers nothing.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) noexcept : rest_(bytes) {}

  template <std::size_t Size>
  [[nodiscard]] std::uint32_t number() noexcept {
    std::uint32_t value = 0;
    for (const char c : take(Size)) {
      value = value << 8U | static_cast<unsigned char>(c);
    }
    return value;
  }
  [[nodiscard]] std::string_view take(std::size_t count) noexcept {
    if (count > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view found = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return found;
  }
  [[nodiscard]] std::string_view text() noexcept {
    const std::size_t end = rest_.find('\0');
    const std::string_view found = take(end == std::string_view::npos ? rest_.size() + 1 : end);
    (void)take(1);
    return found;
  }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool at_end() const noexcept { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

std::optional<Format> to_format(std::uint32_t code) noexcept {
  if (code > 1) {
    return std::nullopt;
  }
  return code == 0 ? Format::kText : Format::kBinary;
}

}  // namespace

void RowDescription::clear() noexcept {
  columns_.clear();
  names_.clear();
}

bool RowDescription::read(std::string_view body) {
  clear();
  Cursor cursor(body);
  const std::uint32_t count = cursor.number<2>();
  if (cursor.failed() || count > kMostColumns) {
    return false;
  }
  columns_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    ResultColumn column;
    const std::string_view name = cursor.text();
    column.name_begin = static_cast<std::uint32_t>(names_.size());
    column.name_size = static_cast<std::uint32_t>(name.size());
    names_.append(name);
    column.table = cursor.number<4>();
    column.number = static_cast<std::int16_t>(cursor.number<2>());
    column.type = cursor.number<4>();
    (void)cursor.take(6);  // width and modifier
    const auto format = to_format(cursor.number<2>());
    if (cursor.failed() || !format) {
      clear();
      return false;
    }
    column.format = *format;
    columns_.push_back(column);
  }
  if (!cursor.at_end()) {
    clear();
    return false;
  }
  return true;
}

bool RowDescription::set_formats(std::span<const Format> formats) noexcept {
  if (formats.size() > 1 && formats.size() != columns_.size()) {
    return false;
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].format = formats.empty() ? Format::kText : formats[formats.size() == 1 ? 0 : i];
  }
  return true;
}

bool read_formats(std::string_view codes, std::vector<Format>& out) {
  out.clear();
  Cursor cursor(codes);
  while (!cursor.at_end()) {
    const auto format = to_format(cursor.number<2>());
    if (!format || cursor.failed()) {
      return false;
    }
    out.push_back(*format);
  }
  return true;
}

bool read_result_formats(std::string_view bind, std::vector<Format>& out) {
  const auto message = read_bind(bind);
  return message && read_formats(message->result_formats, out);
}

}  // namespace gabion::proxy::postgres
