// Feeds the patterns, follows long values, and says what is decided; candidates are judged here too.
#include "inspect/dlp/scanner.h"

#include <algorithm>
#include <tuple>

#include "inspect/dlp/cues.h"
#include "inspect/dlp/scan_call.h"
#include "inspect/dlp/score.h"

namespace gabion::inspect::dlp {

using match::ScanStatus;

std::string_view Scanner::Call::behind(FlatOffset end) const noexcept {
  return text.from(end, static_cast<std::size_t>(std::min<FlatOffset>(nearby.place.end - end, kCueBytesBehind + 1)));
}

std::string_view Scanner::Call::before(FlatOffset begin) noexcept {
  const FlatOffset first = std::max(nearby.place.begin, begin - std::min<FlatOffset>(begin, nearby.copied.size()));
  const std::size_t size = first < begin ? static_cast<std::size_t>(begin - first) : 0;
  if (first >= text.base) {
    return text.from(first, size);
  }
  for (std::size_t at = 0; at < size; ++at) {
    nearby.copied[at] = text.at(first + at);
  }
  return {nearby.copied.data(), size};
}

void Scanner::Call::look_around(FlatOffset begin, FlatOffset end) noexcept {
  if (nearby.begin != begin) {
    nearby.begin = begin;
    nearby.end = Nearby::kNowhere;
    nearby.place = fields.at(begin);
    nearby.before = before(begin);
    nearby.words = {};
    add_names(nearby.place.names, nearby.words);
    add_before(nearby.place.label, nearby.words);
    add_before(nearby.before, nearby.words);
  }
  if (nearby.end != end && end <= nearby.place.end) {
    nearby.end = end;
    nearby.words_behind = {};
    add_behind(behind(end), nearby.words_behind);
  }
}

bool Scanner::Call::may_count(TypeIndex type, const Worth& worth, FlatOffset begin, FlatOffset end) noexcept {
  if (worth.alone >= tables.min_score || worth.with_cue < tables.min_score) {
    return worth.with_cue >= tables.min_score;
  }
  look_around(begin, end);
  const CueWords& cues = tables.types[type].cue_words;
  return nearby.words.meet(cues) || nearby.words_behind.meet(cues);
}

std::optional<Match> Scanner::Call::judge(TypeIndex type, const Worth& worth, FlatOffset begin,
                                          FlatOffset end) noexcept {
  look_around(begin, end);
  if (begin < nearby.place.begin || end > nearby.place.end) {
    return std::nullopt;
  }
  const auto& named = tables.types[type];
  const Surroundings around{nearby.before, behind(end), nearby.place.names, nearby.place.label};
  Match found{
      .type = type, .begin = begin, .end = end, .score = worth.alone, .validated = worth.is_validated, .cue = {}};
  if (nearby.words.meet(named.cue_words) || nearby.words_behind.meet(named.cue_words)) {
    found.cue = find_cue(named.cues, around);
  }
  if (!found.cue.empty()) {
    found.score = worth.with_cue;
  }
  if (found.score >= tables.min_score && worth.heeds_anti_cues && has_anti_cue(around)) {
    found.score = found.score > kAntiCue ? static_cast<std::uint8_t>(found.score - kAntiCue) : std::uint8_t{0};
  }
  return found.score < tables.min_score ? std::nullopt : std::optional(found);
}

namespace {

LongValue::More to_long(Scanner::More more) noexcept {
  return more == Scanner::More::kEnd ? LongValue::More::kEnd : LongValue::More::kFollows;
}

}  // namespace

Scanner::Scanner(const TypeSet& set) noexcept : tables_(&set.tables()) {
  if (tables_->stream) {
    stream_.emplace(*tables_->stream);
  }
}

ScanStatus Scanner::begin() noexcept {
  decided_ = fed_ = cursor_ = 0;
  in_long_token_ = false;
  history_size_ = taken_size_ = 0;
  anchors_.clear();
  pending_.clear();
  for (LongValue& value : long_values_) {
    value.stop();
  }
  return stream_ ? stream_->begin() : ScanStatus::kDone;
}

ScanStatus Scanner::scan(std::string_view flat, FlatOffset offset, More more, const FieldSource& fields,
                         Scratch& scratch, std::vector<Match>& out) {
  if (offset != decided_) {
    return ScanStatus::kFailed;
  }
  Call call{.text = {flat, offset, {history_.data(), history_size_}},
            .more = more,
            .fields = fields,
            .scratch = scratch,
            .out = out,
            .tables = *tables_,
            .nearby = {}};
  follow_long_values(call);
  if (scan_patterns(call) != ScanStatus::kDone) {
    return ScanStatus::kFailed;
  }
  scan_tokens(call);
  decide(call);
  return ScanStatus::kDone;
}

void Scanner::follow_long_values(Call& call) {
  for (std::size_t at = 0; at < kMostLong; ++at) {
    if (long_values_[at].is_active()) {
      follow_long_value(call, at);
    }
  }
}

/// What stands at another place than the value began at is another value.
void Scanner::follow_long_value(Call& call, std::size_t index) {
  LongValue& value = long_values_[index];
  FlatOffset place_end = FieldPlace::kUnknownEnd;
  if (value.end() < call.text.end()) {
    const FieldPlace place = call.fields.at(value.end());
    place_end = place.begin == long_places_[index] ? place.end : value.end();
  }
  value.follow(call.text, to_long(call.more), place_end, call.out);
  if (!value.is_active()) {
    take(long_types_[index], value.end());
  }
}

ScanStatus Scanner::scan_patterns(Call& call) {
  if (!stream_) {
    return ScanStatus::kDone;
  }
  const FlatOffset end = call.text.end();
  const FlatOffset to = call.more == More::kEnd ? end : end - std::min<FlatOffset>(end, kBytesBehind);
  std::span<const match::Match> hits;
  while (fed_ < to) {
    const auto most = static_cast<std::size_t>(std::min<FlatOffset>(to - fed_, match::Stream::kEveryBytes));
    const std::string_view fresh = call.text.from(fed_, most);
    if (stream_->feed_every(fresh, call.scratch, hits) != ScanStatus::kDone) {
      return ScanStatus::kFailed;
    }
    fed_ += fresh.size();
    accept(call, hits);
  }
  if (call.more == More::kEnd) {
    if (stream_->finish_every(call.scratch, hits) != ScanStatus::kDone) {
      return ScanStatus::kFailed;
    }
    accept(call, hits);
  }
  scan_anchors(call);
  return ScanStatus::kDone;
}

void Scanner::accept(Call& call, std::span<const match::Match> hits) {
  for (const match::Match& hit : hits) {
    const StreamTarget target = tables_->targets[hit.pattern];
    switch (target.kind) {
      case StreamTarget::Kind::kCustom:
        try_custom(call, hit.end, tables_->custom[target.index]);
        break;
      case StreamTarget::Kind::kForm:
        if (anchors_.is_full()) {
          look_at_anchor(call, anchors_.end(), tables_->forms[anchors_.form()]);
          anchors_.pop();
        }
        anchors_.push(hit.end, target.index);
        scan_anchors(call);
        break;
    }
  }
}

void Scanner::decide(Call& call) {
  const HeldText& text = call.text;
  if (call.more == More::kEnd) {
    pending_.report_before(text.end(), call.out);
    decided_ = text.end();
    return;
  }
  FlatOffset leaving = text.end() - std::min<FlatOffset>(text.end(), kHeldBytes);
  for (const LongValue& value : long_values_) {
    leaving = value.is_active() ? std::min(leaving, value.piece_begin()) : leaving;
  }
  leaving = std::max(leaving, decided_);
  pending_.report_begun(leaving, call.out);
  decided_ = leaving;
  keep_history(text);
}

void Scanner::keep_history(const HeldText& text) noexcept {
  const auto known =
      static_cast<std::size_t>(std::min<FlatOffset>(decided_ - text.base + history_size_, kHistoryBytes));
  std::array<char, kHistoryBytes> kept{};
  for (std::size_t at = 0; at < known; ++at) {
    kept[at] = text.at(decided_ - known + at);
  }
  history_ = kept;
  history_size_ = static_cast<std::uint8_t>(known);
}

void sort_matches(std::vector<Match>& matches) {
  std::sort(matches.begin(), matches.end(), [](const Match& one, const Match& other) {
    return std::tie(one.begin, one.end, one.type) < std::tie(other.begin, other.end, other.type);
  });
}

void join_touching(std::vector<Match>& matches) {
  std::sort(matches.begin(), matches.end(), [](const Match& one, const Match& other) {
    return one.type != other.type ? one.type < other.type : one.begin < other.begin;
  });
  std::size_t kept = 0;
  for (std::size_t at = 1; at < matches.size(); ++at) {
    if (matches[at].type == matches[kept].type && matches[at].begin == matches[kept].end) {
      matches[kept].end = matches[at].end;
    } else {
      matches[++kept] = matches[at];
    }
  }
  matches.resize(matches.empty() ? 0 : kept + 1);
  sort_matches(matches);
}

}  // namespace gabion::inspect::dlp
