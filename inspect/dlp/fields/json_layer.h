// Undoes the escapes of a text that is JSON, and of JSON within its strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/json_escape.h"
#include "inspect/dlp/fields/text_sink.h"

namespace gabion::inspect::dlp {

/// One layer of escapes: on its way to the flat text, in front of a second layer or alone.
class JsonLayer final : public TextSink {
 public:
  /// `level` is that of its own quotes and backslashes. `nested`, if any, gets the strings of this layer: it is `out`,
  /// too. Both are borrowed.
  JsonLayer(TextSink& out, EscapeLevel level, JsonLayer* nested = nullptr) noexcept
      : out_(out), nested_(nested), escape_(static_cast<EscapeLevel>(level + 1)), level_(level) {}

  /// What comes is JSON, whatever it looks like.
  void begin_json() noexcept;
  /// What comes is JSON if it begins with '{' or '['.
  void begin_unknown() noexcept;
  /// What comes is passed on as it is.
  void begin_text() noexcept;

  /// The same in the middle of a message: passes on what is kept back first.
  void await_value();

  void plain(std::string_view bytes) override;
  void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) override;
  /// Passes on what is kept back, in both layers. Another text begins.
  void finish();
  [[nodiscard]] bool is_idle() const noexcept { return escape_.is_idle(); }

 private:
  enum class State : std::uint8_t { kText, kAwaited, kJson };
  [[nodiscard]] static State state_for(char c) noexcept;
  void settle(std::string_view& bytes);
  void pass_json(std::string_view bytes);

  TextSink& out_;
  JsonLayer* nested_;
  JsonEscape escape_;
  State state_ = State::kText;
  EscapeLevel level_;
};

}  // namespace gabion::inspect::dlp
