// Incremental decoders of request bodies and queries: the output is the same wherever the input is cut.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gabion::inspect::attack {

/// A byte as the signatures see it: an edge from outside becomes 0x1f; NUL, vertical tab and form feed, which SQL and
/// HTML read as blanks or not at all, become a blank.
[[nodiscard]] char remap(char c) noexcept;

/// What a percent-decoder makes of the other special bytes.
enum class PercentSyntax : std::uint8_t {
  kPath,  ///< %XX only
  kForm   ///< '+' is a blank; an undecoded '&' ends a value (kValueEdge)
};

/// %XX, and %uXXXX as some servers read it. A broken escape is passed on as it is.
class PercentDecoder {
 public:
  explicit PercentDecoder(PercentSyntax syntax) noexcept : syntax_(syntax) {}

  void reset() noexcept;
  /// Appends what is certain so far to `out`: at most as many bytes as were fed plus 5.
  void feed(std::string_view in, std::string& out);
  /// Appends an escape that was never completed.
  void finish(std::string& out);

  /// No byte is kept back.
  [[nodiscard]] bool is_idle() const noexcept { return pending_size_ == 0; }
  /// Input bytes since the last escape that was decoded.
  [[nodiscard]] std::uint64_t quiet_bytes() const noexcept { return quiet_bytes_; }

 private:
  void feed_plain(char c, std::string& out);
  void feed_escape(char c, std::string& out);
  void flush_pending(std::string& out);

  PercentSyntax syntax_;
  std::array<char, 6> pending_{};  ///< "%", "%4", "%u00"…
  std::size_t pending_size_ = 0;
  std::uint64_t quiet_bytes_ = 0;
};

/// Decodes JSON string escapes wherever they stand and turns undecoded quotes into kValueEdge. Not a parser: broken
/// JSON is decoded as far as its escapes go. \uXXXX becomes UTF-8, one escape at a time.
class JsonUnescaper {
 public:
  void reset() noexcept;
  /// Appends at most as many bytes as were fed plus 5.
  void feed(std::string_view in, std::string& out);
  void finish(std::string& out);

 private:
  void feed_escape(char c, std::string& out);

  std::array<char, 6> pending_{};  ///< "\", "\u", "\u00"…
  std::size_t pending_size_ = 0;
};

/// Replaces SQL comments by one blank and shortens runs of blanks to one. Of MySQL's executable comments
/// (/*!50000 … */) only the marks go. What follows an unclosed comment is dropped: it is judged without this view.
class CommentCollapser {
 public:
  void reset() noexcept;
  /// Appends at most as many bytes as were fed plus 1.
  void feed(std::string_view in, std::string& out);
  void finish(std::string& out);

  [[nodiscard]] bool is_idle() const noexcept { return state_ == State::kText; }
  /// Input bytes since the last change that was more than a run of blanks; 0 inside a comment.
  [[nodiscard]] std::uint64_t quiet_bytes() const noexcept { return quiet_bytes_; }

 private:
  enum class State : std::uint8_t { kText, kSlash, kOpened, kVersion, kComment, kCommentStar, kStar };
  void feed_text(char c, std::string& out);
  void feed_byte(char c, std::string& out);
  void put(char c, std::string& out);

  State state_ = State::kText;
  bool blank_before_ = false;
  std::uint64_t quiet_bytes_ = 0;
};

}  // namespace gabion::inspect::attack
