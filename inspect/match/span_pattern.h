// One pattern of bounded length: where a match that ends at a known place begins.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "config/result.h"
#include "inspect/match/pattern.h"
#include "inspect/scratch.h"

namespace gabion::inspect::match {

/// Immutable, shared by all workers. Letters are exact unless the expression says (?i).
class SpanPattern {
 public:
  /// Never on a worker. Error: it does not compile, or can match the empty string.
  [[nodiscard]] static config::Result<SpanPattern> compile(const Pattern& pattern);
  SpanPattern(SpanPattern&&) noexcept;
  SpanPattern& operator=(SpanPattern&&) noexcept;
  ~SpanPattern();

  /// REQUIRED once for each scratch before begin_of().
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const;

  /// Bytes its shortest and its longest match have.
  [[nodiscard]] std::size_t shortest() const noexcept;
  /// kUnbounded: there is no longest.
  [[nodiscard]] std::size_t longest() const noexcept;
  static constexpr std::size_t kUnbounded = ~std::size_t{0};

  /// Begin of the longest match in `window` that ends at `end`; nothing: none does. Give a byte before and behind
  /// where there is one, for \b.
  [[nodiscard]] std::optional<std::size_t> begin_of(std::string_view window, std::size_t end,
                                                    Scratch& scratch) const noexcept;

 private:
  struct Impl;
  explicit SpanPattern(std::unique_ptr<const Impl> impl) noexcept;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gabion::inspect::match
