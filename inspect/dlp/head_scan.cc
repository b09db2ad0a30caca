// One scan for all fields; those with percent escapes get a reader of their own.
#include "inspect/dlp/head_scan.h"

#include <algorithm>
#include <utility>

#include "inspect/dlp/checks/text.h"
#include "inspect/dlp/field_path.h"
#include "inspect/dlp/message_id.h"
#include "inspect/dlp/type_tables.h"
#include "inspect/match/scratch_impl.h"
#include "inspect/message.h"

namespace gabion::inspect::dlp {
namespace {

using config::DlpAction;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::size_t kMaxName = 64;

/// Fields that say who the caller is: told, never touched.
bool is_credential(std::string_view name) noexcept {
  constexpr std::string_view kNames[] = {"authorization", "proxy-authorization", "cookie", "set-cookie"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view one) { return equals_without_case(one, name); });
}

bool has_escapes(std::string_view value, std::size_t index) noexcept {
  return value.find('%') != std::string_view::npos ||
         (index == FieldEdit::kQuery && value.find('+') != std::string_view::npos);
}

}  // namespace

HeadScan::HeadScan(const Profile& profile) : profile_(profile), scanner_(profile.types()), encoded_(profile.types()) {}

void HeadScan::begin() noexcept {
  fields_.clear();
  text_.clear();
  noted_.clear();
  edits_.clear();
}

void HeadScan::add(std::string_view name, std::string_view value, std::size_t index) {
  if (value.empty()) {
    return;
  }
  fields_.push_back({.name = name, .value = value, .index = index});
}

void HeadScan::write_text(CleanMemo* memo) {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    Field& field = fields_[i];
    if (memo != nullptr) {
      look_up(field, *memo);
    }
    if (!field.is_known) {
      field.begin = text_.text().size();
      text_.add(field.name, field.value, i);
      memo = CleanMemo::depends_on_next(field.value) ? nullptr : memo;
    }
  }
}

void HeadScan::look_up(Field& field, CleanMemo& memo) {
  if (is_message_id(field.name, field.value)) {
    field.is_known = true;
    return;
  }
  const auto known = memo.look_up(field.name, field.value);
  field.is_known = known == CleanMemo::Known::kClean;
  field.is_new = known == CleanMemo::Known::kNew;
  if (known == CleanMemo::Known::kNever) {
    field.mark = memo.private_ones().mark_of(field.name, field.value);
    field.is_known = memo.private_ones().holds(field.mark);
  }
}

void HeadScan::remember(CleanMemo& memo) {
  for (const Field& field : fields_) {
    if (field.is_known || !field.is_clean) {
      continue;
    }
    if (field.is_new) {
      memo.keep(field.name, field.value);
    } else if (field.mark != CleanMarks::kNone && !CleanMemo::depends_on_next(field.value)) {
      memo.private_ones().keep(field.mark);
    }
  }
}

HeadScan::Outcome HeadScan::scan(Ledger& ledger, Scratch& scratch) {
  refused_ = false;
  ledger_ = &ledger;
  // A pattern of the user's own may reach from one field into the next: then each head is looked at as a whole.
  CleanMemo* const memo =
      profile_.types().tables().custom.empty() ? &scratch.impl().clean->of(profile_.types().shared_tables()) : nullptr;
  write_text(memo);
  Outcome outcome = text_.text().empty() ? Outcome::kDone : scan_text(scratch);
  for (std::size_t i = 0; i < fields_.size() && outcome == Outcome::kDone; ++i) {
    if (!fields_[i].is_known && has_escapes(fields_[i].value, fields_[i].index)) {
      outcome = scan_encoded(i, scratch);
    }
  }
  if (outcome == Outcome::kDone && memo != nullptr) {
    remember(*memo);
  }
  if (outcome == Outcome::kDone && !noted_.empty()) {
    write_edits();
  }
  return outcome;
}

HeadScan::Outcome HeadScan::scan_text(Scratch& scratch) {
  matches_.clear();
  if (scanner_.begin() != match::ScanStatus::kDone ||
      scanner_.scan(text_.text(), 0, Scanner::More::kEnd, text_, scratch, matches_) != match::ScanStatus::kDone) {
    return Outcome::kFailed;
  }
  join_touching(matches_);
  for (const Match& match : matches_) {
    const HeadText::Entry& entry = text_.entry_at(match.begin);
    Sighting sighting;
    sighting.match = match;
    sighting.text = text_.text().substr(match.begin, match.end - match.begin);
    sighting.offset = match.begin - entry.begin;
    sighting.length = static_cast<std::uint32_t>(match.end - match.begin);
    const auto at = static_cast<std::size_t>(sighting.offset);
    judge(sighting, entry.index,
          {at - std::min<std::size_t>(at, match.more_before), at + sighting.length + match.more_behind},
          Spelling::kPlain);
  }
  return refused_ ? Outcome::kRefused : Outcome::kDone;
}

HeadScan::Outcome HeadScan::scan_encoded(std::size_t field, Scratch& scratch) {
  encoded_field_ = field;
  const std::string_view value = fields_[field].value;
  if (!encoded_.begin(kForm, BodyScanner::Hold::kNothing) ||
      !encoded_.read(value, 0, value.size(), End::kHere, scratch, *this)) {
    return Outcome::kFailed;
  }
  return refused_ ? Outcome::kRefused : Outcome::kDone;
}

void HeadScan::take(const BodyFinding& finding, const FieldReader& /*reader*/) {
  const auto size = static_cast<std::size_t>(finding.raw.end - finding.raw.begin);
  const FlatOffset begin = fields_[encoded_field_].begin + finding.raw.begin;
  const bool is_known = std::any_of(matches_.begin(), matches_.end(), [&](const Match& match) {
    return match.type == finding.match.type && match.begin <= begin && begin + size <= match.end;
  });
  if (is_known) {
    return;  // seen in the text as it stands
  }
  Sighting sighting;
  sighting.match = finding.match;
  sighting.text = finding.text;
  sighting.offset = finding.raw.begin;
  sighting.length = static_cast<std::uint32_t>(size);
  sighting.piece = finding.piece;
  const auto at = static_cast<std::size_t>(finding.raw.begin);
  judge(sighting, encoded_field_, {at, at + size},
        finding.form == RawForm::kSame ? Spelling::kPlain : Spelling::kEscaped);
}

void HeadScan::judge(const Sighting& sighting, std::size_t field, ByteRange covers, Spelling spelling) {
  Field& holder = fields_[field];
  holder.is_clean = false;
  const bool is_target = holder.index == FieldEdit::kPath || holder.index == FieldEdit::kQuery;
  if (is_target) {
    name_ = holder.name;
  } else {  // a name comes from traffic and may be a value itself
    std::string name(holder.name.substr(0, kMaxName));
    std::transform(name.begin(), name.end(), name.begin(), &lower);
    const std::string_view names[] = {name};
    name_ = "header:" + field_path(names).substr(1);
  }
  Sighting named = sighting;
  named.field = name_;
  const Touch touch = is_credential(holder.name) ? Touch::kForbidden : Touch::kAllowed;
  Ruling ruling = ledger_->judge(named, touch);
  refused_ = refused_ || ruling.what == Ruling::Do::kRefuse;
  if (ruling.what != Ruling::Do::kCover) {
    return;
  }
  Noted* const last = noted_.empty() ? nullptr : &noted_.back();
  if (sighting.piece == Piece::kNext && last != nullptr && last->field == field && last->end == covers.begin &&
      last->type == sighting.match.type) {
    last->end = std::min(covers.end, holder.value.size());
    last->spelling = std::max(last->spelling, spelling);
  } else {
    noted_.push_back({field, covers.begin, std::min(covers.end, holder.value.size()), sighting.match.type, spelling,
                      std::move(ruling)});
  }
}

std::string HeadScan::covered(const Noted& noted, std::string_view raw) const {
  const auto& treatment = noted.ruling.treatment;
  const std::size_t index = fields_[noted.field].index;
  const bool is_target = index == FieldEdit::kPath || index == FieldEdit::kQuery;
  if (treatment.action == DlpAction::kToken) {
    return token(treatment, profile_.hash(), noted.ruling.digest, raw.size(), ValueKind::kText);
  }
  if (treatment.action == DlpAction::kReplace && !is_target) {
    return replacement(treatment, profile_.types().name(noted.type), ValueKind::kText);
  }
  std::string text(raw);
  mask(text, treatment, profile_.value_class(noted.type), ValueKind::kText, noted.spelling);
  return text;
}

void HeadScan::write_edits() {
  std::sort(noted_.begin(), noted_.end(),
            [](const Noted& a, const Noted& b) { return std::pair(a.field, a.begin) < std::pair(b.field, b.begin); });
  for (std::size_t i = 0; i < noted_.size();) {
    const std::size_t field = noted_[i].field;
    const std::string_view value = fields_[field].value;
    FieldEdit& edit = edits_.emplace_back();
    edit.index = fields_[field].index;
    std::size_t at = 0;
    for (; i < noted_.size() && noted_[i].field == field; ++i) {
      const std::size_t begin = std::max(noted_[i].begin, at);  // what overlaps is covered already
      if (noted_[i].end <= begin) {
        continue;
      }
      edit.value.append(value.substr(at, begin - at));
      edit.value.append(covered(noted_[i], value.substr(begin, noted_[i].end - begin)));
      at = noted_[i].end;
    }
    edit.value.append(value.substr(at));
  }
}

}  // namespace gabion::inspect::dlp
