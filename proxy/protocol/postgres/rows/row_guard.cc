// Stands in the server's messages of one session: see row_guard.h.
#include "proxy/protocol/postgres/rows/row_guard.h"

#include <algorithm>

#include "proxy/protocol/postgres/rows/side_channels.h"

namespace gabion::proxy::postgres {
namespace {

std::string_view text_of(std::span<const char> bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

void put_message(std::string& out, char type, std::string_view body) {
  out.push_back(type);
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    out.push_back(static_cast<char>((body.size() + 4) >> (shift - 8U)));
  }
  out.append(body);
}

/// Null: more than one, or one that runs what the text does not show.
const inspect::sql::Statement* only_statement(const RowRules* rules) noexcept {
  if (rules == nullptr || rules->facts.statements().size() != 1) {
    return nullptr;
  }
  const auto& statement = rules->facts.statements().front();
  return statement.used.empty() && statement.defined.empty() ? &statement : nullptr;
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
      is_silent_ = is_planned_ = false;
      own_limit_.reset();
      return Fate::kPass;
    case 'T':
      return plans() ? gather(step, answering, out) : Fate::kPass;
    case 'E':
      if (const Fate ended = take_end(RowLimit::Ended::kByError, answering); ended != Fate::kPass) {
        rest_ = Rest::kDrop;
        return ended;
      }
      return has_masks() ? gather(step, answering, out) : Fate::kPass;
    case 'N':
    case 'A':
    case 'S':
      return has_masks() ? gather(step, answering, out) : Fate::kPass;
    case 'D':
    case 'd':
      return take_row(step, answering, out);
    case 'H':
    case 'W':
      return may_copy(answering.rules) ? Fate::kPass : end("a COPY of who knows what");
    case 'C':
    case 'I':
      return take_end(RowLimit::Ended::kComplete, answering);
    case 's':
      return take_end(RowLimit::Ended::kSuspended, answering);
    default:
      return Fate::kPass;
  }
}

/// COPY tells no table of its columns: the text alone says what it reads, and a view may read more.
bool RowGuard::may_copy(const RowRules* of) const {
  if (!has_masks()) {
    return true;
  }
  const auto* const statement = only_statement(of);
  return statement != nullptr && !rules_.masks->is_read_by(*statement);
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
      return feed_row(text_of(step.body), out);
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
    case 'A':
      done = append_notification_without_payload(out, body);
      break;
    case 'S':
      done = append_parameter_without_free_text(out, body);
      break;
    default:
      done = append_without_values(out, type, body);
      break;
  }
  return done ? Fate::kReplace : end("a message that is none");
}

RowGuard::Fate RowGuard::take_description(std::string_view body, const Answering& answering) {
  RowDescription description;
  if (!description.read(body)) {
    return end("a description that is none");
  }
  if (answering.to == Answering::To::kDescribe) {
    // Planned all the same: what may not be told is refused before it is run.
    if (!plan(description, answering.rules)) {
      return end("lost lineage");
    }
    is_planned_ = false;
    if (only_statement(answering.rules) != nullptr) {  // else its columns are another text's, which may change
      answering.rules->described = std::move(description);
      answering.rules->is_described = true;
    }
    return Fate::kPass;
  }
  own_limit_.reset();
  return plan(description, answering.rules) ? Fate::kPass : end("lost lineage");
}

bool RowGuard::plan(const RowDescription& description, const RowRules* of) {
  auto made = plan_rows(
      description, only_statement(of),
      {.masks = rules_.masks, .lost = rules_.lost, .scan = rules_.judge != nullptr ? ScanTexts::kYes : ScanTexts::kNo});
  if (!made) {
    return false;
  }
  plan_ = *std::move(made);
  rewriter_.use(plan_, rules_.judge);
  is_planned_ = true;
  return true;
}

RowLimit* RowGuard::limit_of(const Answering& answering) {
  if (answering.limit != nullptr) {
    return answering.limit;
  }
  if (!own_limit_ && answering.rules != nullptr) {
    own_limit_.emplace(answering.rules->limits, answering.rules->effect);
  }
  return own_limit_ ? &*own_limit_ : nullptr;
}

RowGuard::Fate RowGuard::take_row(const FrameReader::Step& step, const Answering& answering, std::string& out) {
  RowLimit* const limit = limit_of(answering);
  if (limit != nullptr && limit->row(step.length) != RowLimit::Row::kPasses) {
    rest_ = Rest::kDrop;
    return Fate::kReplace;
  }
  if (step.type == 'd' || !plans()) {
    return Fate::kPass;
  }
  if (!is_planned_ && answering.to == Answering::To::kExecute && answering.rules != nullptr &&
      answering.rules->is_described && only_statement(answering.rules) != nullptr) {
    RowDescription description = answering.rules->described;
    if (!description.set_formats(answering.formats)) {
      return end("formats that do not fit the columns");
    }
    if (!plan(description, answering.rules)) {
      return end("lost lineage");
    }
  }
  if (!is_planned_) {
    return end("rows of columns that nobody described");
  }
  if (plan_.keeps_all()) {
    return Fate::kPass;
  }
  rewriter_.begin(step.length);
  rest_ = Rest::kRow;
  return feed_row(text_of(step.body), out);
}

RowGuard::Fate RowGuard::feed_row(std::string_view bytes, std::string& out) {
  switch (rewriter_.feed(bytes, out)) {
    case RowResult::kOk:
      return Fate::kReplace;
    case RowResult::kMalformed:
      return end("a row that does not fit its description");
    case RowResult::kRefused:
      return end("sensitive data");
    case RowResult::kTooLong:
      return end("a long row with a value that cannot be withheld");
  }
  return end("");
}

RowGuard::Fate RowGuard::take_end(RowLimit::Ended how, const Answering& answering) {
  RowLimit* const limit = answering.limit != nullptr ? answering.limit : own_limit_ ? &*own_limit_ : nullptr;
  const auto told = limit != nullptr ? limit->end(how, answering.following) : RowLimit::End::kAsItIs;
  is_planned_ = false;
  own_limit_.reset();
  switch (told) {
    case RowLimit::End::kAsItIs:
      return Fate::kPass;
    case RowLimit::End::kOurError:
      return Fate::kRowLimit;
    case RowLimit::End::kErrorInstead:
      is_silent_ = answering.to == Answering::To::kQuery;
      return Fate::kRowLimit;
    case RowLimit::End::kClose:
      return end("more rows than the rule allows, of a statement that was done");
  }
  return Fate::kPass;
}

}  // namespace gabion::proxy::postgres
