// The order of questions: is it meant at all, what does its rule say, is it one too many.
#include "inspect/dlp/ledger.h"

#include <algorithm>
#include <cstring>

#include "inspect/dlp/cover.h"
#include "inspect/dlp/long_value.h"
#include "inspect/wipe.h"

namespace gabion::inspect::dlp {
namespace {

using config::DlpAction;

constexpr std::string_view kDetectorName = "dlp";
constexpr std::string_view kBudgetRule = "budget";

std::uint64_t mark_of(const KeyedHash::Digest& digest) noexcept {
  std::uint64_t mark = 0;
  std::memcpy(&mark, digest.data(), sizeof mark);
  return mark;
}

std::string_view word_for(const Ruling& ruling, DlpAction action) noexcept {
  switch (ruling.what) {
    case Ruling::Do::kNothing:
      return "log";
    case Ruling::Do::kRefuse:
      return "block";
    case Ruling::Do::kCover:
      break;
  }
  switch (action) {
    case DlpAction::kReplace:
      return "replace";
    case DlpAction::kToken:
      return "token";
    case DlpAction::kDropField:
      return "dropField";
    case DlpAction::kLog:
    case DlpAction::kMask:
    case DlpAction::kBlock:
      return "mask";
  }
  return "mask";
}

}  // namespace

Ledger::Ledger(const Profile& profile) : profile_(profile), of_type_(profile.types().size(), 0) {}

void Ledger::begin(Direction direction, Demand demand, FindingList& findings, std::string_view peer, Spends spends,
                   Budget::Clock::time_point now) {
  direction_ = direction;
  demand_ = demand;
  findings_ = &findings;
  peer_ = peer;
  spends_ = spends;
  now_ = now;
  rule_ = {};
  for (Open& open : open_) {
    open.is_used = false;
  }
  if (!seen_.empty()) {
    seen_.clear();
    std::fill(of_type_.begin(), of_type_.end(), 0);
  }
}

void Ledger::release() noexcept {
  seen_ = {};
}

bool Ledger::is_new(const KeyedHash::Digest& digest) {
  const std::uint64_t mark = mark_of(digest);
  const auto at = std::lower_bound(seen_.begin(), seen_.end(), mark);
  if (at != seen_.end() && *at == mark) {
    return false;
  }
  if (seen_.size() < kMaxDistinct) {
    seen_.insert(at, mark);
  }
  return true;
}

bool Ledger::is_within(const config::DlpTreatment& treatment, TypeIndex type, bool is_new_value) {
  if (!is_new_value) {
    return true;
  }
  const std::uint32_t count = ++of_type_[type];
  if (treatment.block_over > 0 && count > treatment.block_over) {
    rule_ = profile_.types().name(type);
    return false;
  }
  if (spends_ == Spends::kThePeers && profile_.budget() != nullptr && demand_ != Demand::kLog &&
      profile_.budget()->spend(peer_, 1, now_) == Budget::Answer::kSpent) {
    rule_ = kBudgetRule;
    return false;
  }
  return true;
}

const Ledger::Open* Ledger::open_value(TypeIndex type) const noexcept {
  const auto* const open =
      std::find_if(open_.begin(), open_.end(), [type](const Open& one) { return one.is_used && one.type == type; });
  return open == open_.end() ? nullptr : open;
}

Ruling Ledger::judge(const Sighting& sighting, Touch touch) {
  const TypeIndex type = sighting.match.type;
  const Open* const open = sighting.piece == Piece::kWhole ? nullptr : open_value(type);
  if (sighting.piece == Piece::kNext && open != nullptr) {
    findings_->grow(open->finding, sighting.offset + sighting.length);
    return open->ruling;
  }
  const std::size_t finding = findings_->items().size();
  Ruling ruling = judge_value(sighting, touch);
  if (sighting.piece != Piece::kWhole) {
    const std::size_t place =
        open != nullptr ? static_cast<std::size_t>(open - open_.data()) : next_open_++ % open_.size();
    open_[place] = {true, type, findings_->items().size() > finding ? finding : FindingList::kMaxFindings, ruling};
  }
  return ruling;
}

Ruling Ledger::judge_value(const Sighting& sighting, Touch touch) {
  Ruling ruling;
  const TypeIndex type = sighting.match.type;
  make_canonical(sighting.text, profile_.value_class(type), canonical_);
  const bool is_meant = !profile_.has_allowed() || !profile_.is_allowed(canonical_);
  ruling.digest = profile_.hash().digest(profile_.types().name(type),
                                         std::string_view(canonical_).substr(0, LongValue::kPieceBytes));
  wipe(canonical_);
  if (!is_meant) {
    return ruling;
  }
  ruling.treatment = profile_.treatment(type, direction_, demand_);
  const bool is_spared = touch == Touch::kForbidden || profile_.is_excepted(type, direction_, sighting.field);
  if (!is_spared) {
    const bool within = is_within(ruling.treatment, type, is_new(ruling.digest));
    if (!within) {
      ruling.what = Ruling::Do::kRefuse;
    } else if (ruling.treatment.action == DlpAction::kBlock) {
      ruling.what = Ruling::Do::kRefuse;
      rule_ = profile_.types().name(type);
    } else if (ruling.treatment.action != DlpAction::kLog) {
      ruling.what = Ruling::Do::kCover;
    }
  }
  tell(sighting, ruling, ruling.treatment, ruling.digest);
  return ruling;
}

void Ledger::tell(const Sighting& sighting, const Ruling& ruling, const config::DlpTreatment& treatment,
                  const KeyedHash::Digest& digest) {
  if (findings_->is_full()) {
    findings_->drop();
    return;
  }
  const TypeIndex type = sighting.match.type;
  Finding finding;
  finding.detector = kDetectorName;
  finding.rule = profile_.types().name(type);
  finding.direction = direction_;
  finding.field = sighting.field.empty() ? std::string("body") : std::string(sighting.field);
  finding.offset = sighting.offset;
  finding.length = sighting.length;
  finding.sample = sample(sighting.text, profile_.value_class(type), profile_.public_prefix(type, sighting.text));
  finding.hash = profile_.hash().name(digest);
  finding.cue = sighting.match.cue;
  finding.confidence = sighting.match.score;
  finding.validated = sighting.match.validated;
  finding.profile = profile_.name();
  finding.action = word_for(ruling, treatment.action);
  finding.covered = ruling.what == Ruling::Do::kCover;
  finding.blocked = ruling.what == Ruling::Do::kRefuse;
  findings_->add(std::move(finding));
}

}  // namespace gabion::inspect::dlp
