// Stands in the server's messages of one session: see row_guard.h.
#include "proxy/protocol/postgres/rows/row_guard.h"

#include <algorithm>

#include "proxy/protocol/postgres/rows/side_channels.h"

namespace gabion::proxy::postgres {
namespace {

std::string_view text_of(std::span<const char> bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

}  // namespace

RowGuard::Fate RowGuard::end(std::string_view why) noexcept {
  why_ = why;
  return Fate::kEnd;
}

RowGuard::Fate RowGuard::take(const FrameReader::Step& step, const Answering& answering, std::string& out) {
  return step.event == FrameReader::Event::kPiece ? take_rest(step, answering, out)
                                                  : begin_message(step, answering, out);
}

RowGuard::Fate RowGuard::begin_message(const FrameReader::Step& step, const Answering& answering, std::string& out) {
  type_ = step.type;
  rest_ = Rest::kPass;
  constexpr std::string_view kSaidAnyTime = "NASZ";
  if (is_silent_ && kSaidAnyTime.find(step.type) == std::string_view::npos) {
    rest_ = Rest::kDrop;
    return Fate::kReplace;
  }
  switch (step.type) {
    case 'Z':
      is_silent_ = is_planned_ = is_copied_ = false;
      own_limit_.reset();
      return Fate::kPass;
    case 'T':
      return plans() ? gather(step, answering, out) : Fate::kPass;
    case 'E':
      if (const Fate ended = take_end(RowLimit::Ended::kByError, answering); ended != Fate::kPass) {
        rest_ = Rest::kDrop;
        return ended;
      }
      return plans() ? gather(step, answering, out) : Fate::kPass;
    case 'N':
    case 'A':
      return plans() ? gather(step, answering, out) : Fate::kPass;
    case 'S':
      return has_masks() ? gather(step, answering, out) : Fate::kPass;
    case 'D':
    case 'd':
      return take_row(step, answering, out);
    case 'H':
    case 'W':
      return begin_copy(step, answering);
    case 'c':
      return end_copy();
    case 'C':
    case 'I':
      return take_end(RowLimit::Ended::kComplete, answering);
    case 's':
      return take_end(RowLimit::Ended::kSuspended, answering);
    default:
      return Fate::kPass;
  }
}

PlanRules RowGuard::plan_rules() const noexcept {
  return {
      .masks = rules_.masks, .lost = rules_.lost, .scan = rules_.judge != nullptr ? ScanTexts::kYes : ScanTexts::kNo};
}

void RowGuard::begin_answer() {
  if (rules_.judge != nullptr) {
    rules_.judge->begin_answer();
  }
}

RowGuard::Fate RowGuard::take_rest(const FrameReader::Step& step, const Answering& answering, std::string& out) {
  switch (rest_) {
    case Rest::kPass:
      return Fate::kPass;
    case Rest::kDrop:
      return Fate::kReplace;
    case Rest::kGather:
      return gather(step, answering, out);
    case Rest::kRow:
      return feed_row(text_of(step.body), answering, out);
    case Rest::kCopy:
      return feed_copy(step, answering, out);
  }
  return Fate::kPass;
}

RowGuard::Fate RowGuard::gather(const FrameReader::Step& step, const Answering& answering, std::string& out) {
  const std::string_view body = text_of(step.body);
  if (step.event == FrameReader::Event::kWhole) {
    return take_whole(type_, body, answering, out);
  }
  const std::size_t most = type_ == 'T' ? RowDescription::kMostBytes : kMostSideBytes;
  if (step.length > most) {
    return end("a description or an error that is too long");
  }
  rest_ = Rest::kGather;
  gathered_.append(body);
  if (gathered_.size() < step.length) {
    return Fate::kReplace;
  }
  const Fate fate = take_whole(type_, gathered_, answering, out);
  if (fate == Fate::kPass) {  // its beginning was kept back
    put_message(out, type_, gathered_);
  }
  gathered_ = std::string();
  rest_ = Rest::kPass;
  return fate == Fate::kPass ? Fate::kReplace : fate;
}

RowGuard::Fate RowGuard::take_whole(char type, std::string_view body, const Answering& answering, std::string& out) {
  bool done = false;
  switch (type) {
    case 'T':
      return take_description(body, answering);
    case 'S':
      done = append_parameter_without_free_text(out, body);
      break;
    default:
      done = append_side_message(out, type, body);
      break;
  }
  return done ? Fate::kReplace : end("a message that is none");
}

bool RowGuard::append_side_message(std::string& out, char type, std::string_view body) {
  const auto hide = [this, type](std::string& to, std::string_view from) {
    return !has_masks()  ? (put_message(to, type, from), true)
           : type == 'A' ? append_notification_without_payload(to, from)
                         : append_without_values(to, type, from);
  };
  if (rules_.judge == nullptr) {
    return hide(out, body);
  }
  std::string hidden;
  return hide(hidden, body) &&
         append_judged(out, type, std::string_view(hidden).substr(FrameReader::kHeaderBytes), *rules_.judge);
}

RowGuard::Fate RowGuard::take_description(std::string_view body, const Answering& answering) {
  RowDescription description;
  if (!description.read(body)) {
    return end("a description that is none");
  }
  if (answering.to == Answering::To::kDescribe) {
    // Planned all the same: what may not be told is refused before it is run.
    if (!plan(description, answering.rules) && gap_ != Gap::kUnknown) {
      return end("lost lineage");
    }
    is_planned_ = false;
    if (KnownColumns* const known = columns_of(answering.rules); known != nullptr) {
      known->keep(std::move(description));
    } else if (answering.portal_columns != nullptr) {  // another text's, which may change
      answering.portal_columns->keep(std::move(description));
    }
    return Fate::kPass;
  }
  own_limit_.reset();
  begin_answer();
  if (plan(description, answering.rules)) {
    return Fate::kPass;
  }
  return gap_ == Gap::kUnknown ? cut(limit_of(answering), Cut::kUnknown) : end("lost lineage");
}

bool RowGuard::plan(const RowDescription& description, const RowRules* of) {
  auto made = plan_rows(description, only_statement(of), plan_rules(), gap_);
  wants_catalogue_ = wants_catalogue_ || gap_ == Gap::kUnknown;
  if (!made) {
    return false;
  }
  plan_ = *std::move(made);
  rewriter_.use(plan_, rules_.judge);
  is_planned_ = true;
  return true;
}

RowLimit& RowGuard::limit_of(const Answering& answering) {
  if (answering.limit != nullptr) {
    return *answering.limit;
  }
  if (!own_limit_) {
    const bool is_known = answering.rules != nullptr;
    own_limit_.emplace(is_known ? answering.rules->limits : RowLimits{},
                       is_known ? answering.rules->effect : Effect::kWrites);
  }
  return *own_limit_;
}

RowLimit* RowGuard::only_counts_rows(const Answering& answering) {
  const bool are_read = plans() && !(is_planned_ && plan_.keeps_all());
  return is_silent_ || is_cut_ || are_read ? nullptr : &limit_of(answering);
}

/// Before any of the message under way has left.
RowGuard::Fate RowGuard::cut(RowLimit& limit, Cut why) {
  limit.cut(why);
  is_cut_ = wants_cancel_ = true;
  rest_ = Rest::kDrop;
  return Fate::kReplace;
}

RowGuard::Fate RowGuard::take_row(const FrameReader::Step& step, const Answering& answering, std::string& out) {
  const auto counted = limit_of(answering).row(step.length);
  if (counted != RowLimit::Row::kPasses) {
    wants_cancel_ = wants_cancel_ || !is_cut_;
    is_cut_ = true;
    rest_ = Rest::kDrop;
    return Fate::kReplace;
  }
  if (step.type == 'd') {
    rest_ = is_copied_ ? Rest::kCopy : Rest::kPass;
    return is_copied_ ? feed_copy(step, answering, out) : Fate::kPass;
  }
  if (!plans()) {
    return Fate::kPass;
  }
  if (!is_planned_ && answering.to == Answering::To::kExecute && answering.rules != nullptr &&
      !plan_execute(answering)) {
    return gap_ == Gap::kUnknown ? cut(limit_of(answering), Cut::kUnknown) : Fate::kEnd;
  }
  if (!is_planned_) {
    return end("rows of columns that nobody described");
  }
  if (plan_.keeps_all()) {
    return Fate::kPass;
  }
  rewriter_.begin(step.length);
  rest_ = Rest::kRow;
  return feed_row(text_of(step.body), answering, out);
}

/// By what was said of its columns earlier. False: why() tells; nothing was said and nothing is planned: true.
bool RowGuard::plan_execute(const Answering& answering) {
  gap_ = Gap::kNone;
  const KnownColumns* const of_text = columns_of(answering.rules);
  const RowDescription* const known = of_text != nullptr ? of_text->find() : nullptr;
  if (known != nullptr) {
    RowDescription description = *known;
    if (!description.set_formats(answering.formats)) {
      why_ = "formats that do not fit the columns";
      return false;
    }
    begin_answer();
    why_ = "lost lineage";
    return plan(description, answering.rules);
  }
  const RowDescription* const of_portal =
      answering.portal_columns != nullptr ? answering.portal_columns->find() : nullptr;
  if (of_portal == nullptr || has_masks()) {
    return true;
  }
  auto made = plan_texts(*of_portal);
  why_ = "rows in binary of a text that is not known";
  if (made) {
    plan_ = *std::move(made);
    begin_answer();
    rewriter_.use(plan_, rules_.judge);
    is_planned_ = true;
  }
  return made.has_value();
}

RowGuard::Fate RowGuard::feed_row(std::string_view bytes, const Answering& answering, std::string& out) {
  const std::size_t begin = out.size();
  switch (rewriter_.feed(bytes, out)) {
    case RowResult::kOk:
      return Fate::kReplace;
    case RowResult::kMalformed:
      return end("a row that does not fit its description");
    case RowResult::kRefused:
      out.resize(begin);
      return cut(limit_of(answering), Cut::kSensitive);
    case RowResult::kTooLong:
      return end("a long row with a value that cannot be withheld");
  }
  return end("");
}

RowGuard::Fate RowGuard::take_end(RowLimit::Ended how, const Answering& answering) {
  RowLimit* const limit = answering.limit != nullptr ? answering.limit : own_limit_ ? &*own_limit_ : nullptr;
  const auto told = limit != nullptr ? limit->end(how, answering.following) : RowLimit::End::kAsItIs;
  cut_by_ = limit != nullptr ? limit->why() : Cut::kNone;
  is_planned_ = is_copied_ = is_cut_ = false;
  own_limit_.reset();
  switch (told) {
    case RowLimit::End::kAsItIs:
      return Fate::kPass;
    case RowLimit::End::kOurError:
      return Fate::kCut;
    case RowLimit::End::kErrorInstead:
      is_silent_ = answering.to == Answering::To::kQuery;
      return Fate::kCut;
    case RowLimit::End::kClose:
      return end(cut_by_ == Cut::kLimit ? "more rows than the rule allows, of a statement that was done"
                                        : "sensitive data in the answer to a statement that was done");
  }
  return Fate::kPass;
}

}  // namespace gabion::proxy::postgres
