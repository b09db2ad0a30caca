// The subcommands of `gabion dlp`: each looks at text offline with the scanner the proxy runs.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "inspect/dlp/body_scanner.h"
#include "inspect/dlp/scanner.h"
#include "proxy/commands/commands.h"

namespace gabion::proxy::dlp {

void add_scan(CLI::App& group, Command& chosen);
void add_types(CLI::App& group, Command& chosen);
void add_test(CLI::App& group, Command& chosen);

/// A match in a text, by the text's own bytes.
struct TextFinding {
  inspect::dlp::Match match;  ///< begin and end count raw bytes, whole escapes
  std::string field;          ///< "" without structure
  inspect::dlp::ValueKind kind = inspect::dlp::ValueKind::kText;
  inspect::dlp::RawForm form = inspect::dlp::RawForm::kSame;
};

/// A compiled set and what scans with it, for one text after the other.
class TextScanner {
 public:
  [[nodiscard]] static config::CheckedResult<std::unique_ptr<TextScanner>> make(
      const inspect::dlp::Selection& selection);

  /// Everything found, joined and sorted by start, end and type. Valid until the next call. nullptr: the pattern engine
  /// could not look.
  [[nodiscard]] const std::vector<inspect::dlp::Match>* scan(std::string_view text);

  /// The same of a body of that media type, all of it below names (a column).
  [[nodiscard]] const std::vector<TextFinding>* scan_body(std::string_view body, std::string_view media_type,
                                                          const std::vector<std::string>& below);

  [[nodiscard]] const inspect::dlp::TypeSet& types() const noexcept { return types_; }

 private:
  explicit TextScanner(inspect::dlp::TypeSet types)
      : types_(std::move(types)), scanner_(types_), body_scanner_(types_) {}

  inspect::Scratch scratch_;
  inspect::dlp::TypeSet types_;
  inspect::dlp::Scanner scanner_;
  inspect::dlp::BodyScanner body_scanner_;
  std::vector<inspect::dlp::Match> found_;
  std::vector<TextFinding> found_in_body_;
};

/// `text` with what was found with at least `min_score` covered as the proxy masks it, of a card the last four digits
/// kept. Same length.
[[nodiscard]] std::string mask(std::string_view text, const std::vector<TextFinding>& found,
                               const inspect::dlp::TypeSet& types, std::uint8_t min_score);

/// One error a line on standard error. Answers kExitConfiguration.
int refuse(const config::Errors& errors);

}  // namespace gabion::proxy::dlp
