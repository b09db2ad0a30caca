// Writes one JSON object on one line of printable ASCII, whatever bytes its values are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gabion::proxy {

/// Appends `bytes` as the inside of a JSON string (RFC 8259 §7), in at most `max_bytes` of output: the rest is cut
/// between two characters. Quotes, backslashes, control characters and everything beyond ASCII are escaped; bytes that
/// are not UTF-8 become \ufffd. So no value can end its string or its line, or steer a terminal.
void append_escaped(std::string& out, std::string_view bytes, std::size_t max_bytes);

/// Fields in the order of the calls. Borrows the buffer, which is cleared first; its capacity is reused.
/// Keys are literals of ours: they are written as they are.
class JsonLine {
 public:
  static constexpr std::size_t kMaxTextBytes = 1024;  ///< of one value, escaped

  explicit JsonLine(std::string& buffer);

  void text(std::string_view key, std::string_view value, std::size_t max_bytes = kMaxTextBytes);
  /// Like text(), and null when `value` is empty.
  void optional_text(std::string_view key, std::string_view value, std::size_t max_bytes = kMaxTextBytes);
  void number(std::string_view key, std::uint64_t value);
  void boolean(std::string_view key, bool value);
  void null(std::string_view key);

  void begin_list(std::string_view key);
  void end_list();
  /// An object in a list.
  void begin_item();
  void end_item();

  /// Closes the object; the line has no newline. Nothing may be written afterwards.
  void finish();

 private:
  void open_key(std::string_view key);

  std::string& out_;
  bool first_ = true;  ///< of the innermost object or list
};

}  // namespace gabion::proxy
