// The answers of a database, looked at by every profile that applies: see row_inspection.h.
#include "inspect/row_inspection.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "inspect/dlp/demand.h"
#include "inspect/dlp/row_scanner.h"
#include "inspect/wipe.h"

namespace gabion::inspect {

using dlp::Demand;
using dlp::RowScanner;

struct RowInspection::Part {
  Part(std::shared_ptr<const dlp::Profile> profile, Demand its_demand, Scratch& scratch, FindingList& findings)
      : scanner(std::move(profile), scratch, findings), demand(its_demand) {}
  RowScanner scanner;
  Demand demand;
};

RowInspection::RowInspection(const Subject& subject, Scratch& scratch) : scratch_(scratch) {
  use(subject);
}

RowInspection::~RowInspection() = default;

void RowInspection::use(const Subject& subject) {
  using Asked = dlp::DlpDetector::Asked;
  constexpr std::size_t kMostReplaced = 16;  // within one answer: then what was found before is forgotten
  if (replaced_.size() + parts_.size() > kMostReplaced) {
    forget_findings();
  }
  std::move(parts_.begin(), parts_.end(), std::back_inserter(replaced_));
  parts_.clear();
  peer_ = subject.peer;
  const auto& listeners = subject.snapshot.profile(subject.profile_index).config;
  on_limit_ = listeners.on_limit;
  const auto add = [&](std::string_view name, Asked asked) {
    auto profile = subject.snapshot.dlp_profile(name);
    const auto demand = dlp::demand_for(name, asked, Direction::kResponse, subject.demands);
    if (profile != nullptr && demand) {
      parts_.push_back(std::make_unique<Part>(std::move(profile), *demand, scratch_, findings_));
    }
  };
  if (!listeners.dlp.empty()) {
    add(listeners.dlp, Asked::kListeners);
  }
  for (std::size_t i = 0; i < subject.demands.size(); ++i) {
    const std::string_view name = subject.demands[i].profile;
    const auto before = subject.demands.first(i);
    const bool is_new =
        std::none_of(before.begin(), before.end(), [name](const auto& one) { return one.profile == name; });
    if (is_new && name != listeners.dlp) {
      add(name, Asked::kOnDemand);
    }
  }
  begin_answer();
}

void RowInspection::forget_findings() noexcept {
  findings_.clear();
  replaced_.clear();
}

void RowInspection::begin_answer() {
  const auto now = dlp::Budget::Clock::now();
  for (const auto& part : parts_) {
    part->scanner.begin_answer(part->demand, peer_, now);
  }
}

bool RowInspection::judge_by(Part& part, std::span<const RowText> texts, std::vector<RowCover>& covers) {
  if (part.scanner.judge(texts, covers)) {
    return true;
  }
  reason_ =
      part.scanner.refusal() == RowScanner::Refusal::kSensitive ? Reason::kSensitiveData : Reason::kNotInspectable;
  rule_ = part.scanner.rule();
  return false;
}

bool RowInspection::judge(std::span<const RowText> texts, std::vector<RowCover>& covers) {
  if (parts_.size() == 1) {
    return judge_by(*parts_.front(), texts, covers);
  }
  shown_.assign(texts.begin(), texts.end());
  covered_.resize(std::max(covered_.size(), texts.size()));  // texts that shown_ views stay where they are
  bool goes_on = true;
  for (const auto& part : parts_) {
    found_.clear();
    goes_on = goes_on && judge_by(*part, shown_, found_);
    for (RowCover& cover : found_) {
      wipe(covered_[cover.index]);
      covered_[cover.index] = std::move(cover.text);
      shown_[cover.index].text = covered_[cover.index];
    }
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (shown_[i].text.data() != texts[i].text.data() || shown_[i].text.size() != texts[i].text.size()) {
      covers.push_back({i, std::move(covered_[i])});
    }
    covered_[i].clear();
  }
  return goes_on;
}

}  // namespace gabion::inspect
