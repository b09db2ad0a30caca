// `gabion dlp`: what is sensitive in a text, asked offline.
#include "proxy/commands/dlp/dlp.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <span>
#include <tuple>

#include "inspect/dlp/cover.h"

namespace gabion::proxy {

void add_dlp(CLI::App& app, Command& chosen) {
  auto* group = app.add_subcommand("dlp", "Find sensitive values in text, without traffic");
  group->require_subcommand(1);
  group->footer("Example:\n  echo 'card 4111 1111 1111 1111' | gabion dlp scan -");
  dlp::add_scan(*group, chosen);
  dlp::add_types(*group, chosen);
  dlp::add_test(*group, chosen);
}

namespace dlp {

using inspect::dlp::Match;
using inspect::dlp::Scanner;
using inspect::dlp::TypeSet;

config::CheckedResult<std::unique_ptr<TextScanner>> TextScanner::make(const inspect::dlp::Selection& selection) {
  auto types = TypeSet::compile(selection);
  if (!types) {
    return types.error();
  }
  std::unique_ptr<TextScanner> made(new TextScanner(std::move(*types)));
  if (const auto ready = made->types_.prepare(made->scratch_); !ready) {
    return config::Errors{ready.error()};
  }
  return made;
}

const std::vector<Match>* TextScanner::scan(std::string_view text) {
  using inspect::match::ScanStatus;
  found_.clear();
  if (scanner_.begin() != ScanStatus::kDone ||
      scanner_.scan(text, 0, Scanner::More::kEnd, inspect::dlp::NoFields(), scratch_, found_) != ScanStatus::kDone) {
    return nullptr;
  }
  inspect::dlp::join_touching(found_);
  return &found_;
}

namespace {

class TextFindings final : public inspect::dlp::BodyFindingSink {
 public:
  explicit TextFindings(std::vector<TextFinding>& out) noexcept : out_(out) {}
  void take(const inspect::dlp::BodyFinding& finding, const inspect::dlp::FieldReader& /*reader*/) override {
    Match match = finding.match;
    match.begin = finding.raw.begin;
    match.end = finding.raw.end;
    const auto before =
        std::find_if(out_.rbegin(), out_.rend(), [&](const TextFinding& one) { return one.match.type == match.type; });
    if (finding.piece == inspect::dlp::Piece::kNext && before != out_.rend()) {
      before->match.end = match.end;
      before->form = std::max(before->form, finding.form);
    } else {
      out_.push_back({match, finding.field, finding.kind, finding.form});
    }
  }

 private:
  std::vector<TextFinding>& out_;
};

}  // namespace

const std::vector<TextFinding>* TextScanner::scan_body(std::string_view body, std::string_view media_type,
                                                       const std::vector<std::string>& below) {
  using inspect::dlp::BodyScanner;
  found_in_body_.clear();
  TextFindings findings(found_in_body_);
  const std::vector<std::string_view> names(below.begin(), below.end());
  if (!body_scanner_.begin(media_type, BodyScanner::Hold::kUndecided, names) ||
      !body_scanner_.read(body, 0, body.size(), inspect::dlp::End::kHere, scratch_, findings)) {
    return nullptr;
  }
  body_scanner_.release();
  std::stable_sort(found_in_body_.begin(), found_in_body_.end(), [](const TextFinding& one, const TextFinding& other) {
    return std::tie(one.match.begin, one.match.end, one.match.type) <
           std::tie(other.match.begin, other.match.end, other.match.type);
  });
  return &found_in_body_;
}

std::string mask(std::string_view text, const std::vector<TextFinding>& found, const TypeSet& types,
                 std::uint8_t min_score) {
  constexpr std::uint8_t kShownOfCard = 4;
  std::string masked(text);
  for (const TextFinding& one : found) {
    if (one.match.score < min_score) {
      continue;
    }
    config::DlpTreatment treatment;
    treatment.keep_last = types.name(one.match.type) == "CREDIT_CARD" ? kShownOfCard : std::uint8_t{0};
    const auto raw = std::span(masked).subspan(static_cast<std::size_t>(one.match.begin),
                                               static_cast<std::size_t>(one.match.end - one.match.begin));
    inspect::dlp::mask(raw, treatment, inspect::dlp::ValueClass::kNumber, one.kind, one.form);
  }
  return masked;
}

int refuse(const config::Errors& errors) {
  for (const auto& error : errors) {
    std::cerr << error.to_string() << '\n';
  }
  return kExitConfiguration;
}

}  // namespace dlp
}  // namespace gabion::proxy
