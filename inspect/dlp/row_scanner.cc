// Looks for sensitive values in the rows that a database answers: see row_scanner.h.
#include "inspect/dlp/row_scanner.h"

#include <algorithm>
#include <utility>

#include "inspect/dlp/body_sink.h"
#include "inspect/wipe.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::string_view kEngineRule = "engine";
constexpr std::string_view kEditsRule = "edits";

/// `text` with the edits that lie in [begin, end). Nothing: none does.
std::optional<std::string> edited(const EditList& edits, std::string_view text, std::size_t begin, std::size_t end) {
  std::optional<std::string> found;
  std::size_t at = begin;
  edits.for_each_settled([&](std::uint64_t offset, std::uint64_t length, std::string_view instead) {
    if (offset < at || offset >= end) {
      return;
    }
    found = found ? std::move(found) : std::optional<std::string>(std::in_place);
    found->append(text.substr(at, static_cast<std::size_t>(offset) - at)).append(instead);
    at = static_cast<std::size_t>(std::min<std::uint64_t>(offset + length, end));
  });
  if (found) {
    found->append(text.substr(at, end - at));
  }
  return found;
}

}  // namespace

RowScanner::RowScanner(std::shared_ptr<const Profile> profile, Scratch& scratch, FindingList& findings)
    : profile_(std::move(profile)),
      scratch_(scratch),
      findings_(findings),
      ledger_(*profile_),
      scanner_(profile_->types()),
      cover_(*profile_) {}

void RowScanner::begin_answer(Demand demand, std::string_view peer, Budget::Clock::time_point now) {
  demand_ = demand;
  peer_ = peer;
  const auto spends = peer.empty() ? Ledger::Spends::kNobodys : Ledger::Spends::kThePeers;
  ledger_.begin(Direction::kResponse, demand, findings_, peer, spends, now);
  refusal_ = Refusal::kNone;
  rule_ = {};
}

void RowScanner::begin_answer() {
  begin_answer(demand_, peer_, Budget::Clock::now());
}

bool RowScanner::refuse(Refusal refusal, std::string_view rule) noexcept {
  refusal_ = refusal;
  rule_ = rule;
  return false;
}

bool RowScanner::judge(std::span<const RowText> texts, std::vector<RowCover>& covers) {
  bool allowed = judge_plain(texts, covers);
  for (std::size_t i = 0; i < texts.size() && allowed; ++i) {
    allowed = texts[i].kind != RowText::Kind::kJson || judge_json(texts[i], i, covers);
  }
  std::sort(covers.begin(), covers.end(), [](const RowCover& a, const RowCover& b) { return a.index < b.index; });
  wipe(text_);
  return allowed;
}

/// What scanner_ was begun with, whole. Its edits are settled then.
bool RowScanner::read(std::string_view text, Format format) {
  edits_.clear();
  edits_.begin_window(0, text.size());
  cover_.begin(format);
  BodySink sink(ledger_, cover_);
  if (!scanner_.read(text, 0, text.size(), End::kHere, scratch_, sink)) {
    return refuse(Refusal::kNotInspectable, kEngineRule);
  }
  if (sink.refused()) {
    return refuse(Refusal::kSensitive, ledger_.rule());
  }
  const BodyWindow window{.bytes = {const_cast<char*>(text.data()), text.size()},  // only looked at
                          .fresh = text.size(),
                          .end = true,
                          .edits = &edits_};
  if (!cover_.apply(window, BodyCover::Window::kPart)) {
    return refuse(Refusal::kNotInspectable, kEditsRule);
  }
  (void)edits_.settle(text.size(), EditList::Part::kLast);
  return !edits_.failed() || refuse(Refusal::kNotInspectable, kEditsRule);
}

bool RowScanner::judge_plain(std::span<const RowText> texts, std::vector<RowCover>& covers) {
  text_.clear();
  fields_.clear();
  indices_.clear();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].kind != RowText::Kind::kText) {
      continue;
    }
    TextField& field = fields_.emplace_back();
    field.name = texts[i].column;
    field.begin = text_.size();
    text_.append(texts[i].text);
    field.end = text_.size();
    text_.push_back('\n');
    indices_.push_back(i);
  }
  if (fields_.empty()) {
    return true;
  }
  const MessageText message{text_, text_, text_.size(), fields_, &edits_};
  if (!scanner_.begin(message)) {
    return refuse(Refusal::kNotInspectable, kEngineRule);
  }
  if (!read(text_, Format::kText)) {
    return false;
  }
  for (std::size_t i = 0; i < fields_.size() && !edits_.empty(); ++i) {
    if (auto text = edited(edits_, text_, fields_[i].begin, fields_[i].end)) {
      covers.push_back({indices_[i], *std::move(text)});
    }
  }
  return true;
}

bool RowScanner::judge_json(const RowText& text, std::size_t index, std::vector<RowCover>& covers) {
  const std::string_view below[] = {text.column};
  if (!scanner_.begin("application/json", BodyScanner::Hold::kUndecided, below)) {
    return refuse(Refusal::kNotInspectable, kEngineRule);
  }
  if (!read(text.text, Format::kJson)) {
    return false;
  }
  if (auto instead = edited(edits_, text.text, 0, text.text.size())) {
    covers.push_back({index, *std::move(instead)});
  }
  return true;
}

}  // namespace gabion::inspect::dlp
