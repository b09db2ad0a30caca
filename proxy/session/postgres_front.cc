// What a client says after its login: see postgres_front.h.
#include "proxy/session/postgres_front.h"

#include <algorithm>
#include <utility>

#include "proxy/protocol/postgres/write.h"

namespace gabion::proxy {
namespace {

using postgres::Conversation;
using postgres::FrameReader;
using postgres::kMostNameBytes;
using postgres::KnownStatement;
using postgres::NameUse;
using postgres::StatementRef;
using Expect = Conversation::Expect;

constexpr std::uint32_t kMostUnjudgedBytes = 1U << 20U;
constexpr std::size_t kMostBound = 16;  // meanings of one portal

std::string_view text_of(std::span<const char> bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

/// What the verdict views ends when another text is judged.
std::vector<NameUse> names_of(const StatementVerdict& verdict) {
  std::vector<NameUse> names;
  names.reserve(verdict.names.size());
  for (const StatementName& name : verdict.names) {
    names.push_back({name.use, std::string(name.name)});
  }
  return names;
}

}  // namespace

PostgresFront::PostgresFront(const Parts& parts)
    : talk_(parts.talk),
      out_(parts.out),
      owner_(parts.owner),
      judge_(parts.judge),
      nowhere_(parts.nowhere),
      reader_(postgres::Sender::kClient,
              parts.judge == nullptr ? kMostUnjudgedBytes : parts.judge->most_bytes() + 256) {}

bool PostgresFront::may_go_on() const noexcept {
  return state_ == State::kGoing && !is_paused() && talk_.has_room();
}

std::size_t PostgresFront::take(std::span<char> bytes) {
  const Taken taken = take_all(bytes);
  out_.append(text_of(bytes.subspan(taken.told, taken.bytes - taken.told)));
  return taken.bytes;
}

std::size_t PostgresFront::take(Buffer& in) {
  const Taken taken = take_all(in.bytes());
  in.consume(taken.told);
  out_.take_over(in, taken.bytes - taken.told);
  return taken.bytes;
}

PostgresFront::Taken PostgresFront::take_all(std::span<char> bytes) {
  std::size_t at = 0;
  std::size_t run = 0;  // of what passes as it came
  while (may_go_on()) {
    const Step step = reader_.next({bytes.data() + at, bytes.size() - at});
    if (step.event == FrameReader::Event::kNeedMore) {
      break;
    }
    const Fate fate = step.event == FrameReader::Event::kError ? violate(to_string(reader_.error())) : take_step(step);
    if (fate == Fate::kWait) {
      reader_.take_back();
    }
    if (fate == Fate::kStop || fate == Fate::kWait) {
      break;
    }
    if (fate != Fate::kPass) {
      out_.append(text_of(bytes.subspan(run, at - run)));
      if (fate == Fate::kReplace) {
        out_.append(scratch_);
      }
      run = at + step.consumed;
    }
    at += step.consumed;
  }
  return {at, run};
}

void PostgresFront::on_answered() noexcept {
  if (state_ == State::kHolding && !talk_.awaits_answer()) {
    state_ = State::kGoing;
  }
}

PostgresFront::Fate PostgresFront::violate(std::string_view what) {
  state_ = State::kViolated;
  violation_ = what;
  return Fate::kStop;
}

PostgresFront::Fate PostgresFront::take_step(const Step& step) {
  if (step.event == FrameReader::Event::kPiece) {
    const bool dropped = drops_;
    drops_ = drops_ && !step.ends;
    return dropped ? Fate::kDrop : long_bind_ ? follow_bind(step) : Fate::kPass;
  }
  const Fate fate = talk_.copies_in()                          ? take_during_copy(step)
                    : step.event == FrameReader::Event::kWhole ? take_message(step)
                                                               : take_beginning(step);
  if (has_waited_ && fate != Fate::kWait) {
    has_waited_ = refuses_text_ = false;
    if (judge_ != nullptr) {
      judge_->forget_read();
    }
  }
  drops_ = step.event == FrameReader::Event::kBegin && fate != Fate::kPass && fate != Fate::kWait;
  return fate;
}

PostgresFront::Fate PostgresFront::take_message(const Step& step) {
  const std::string_view body = text_of(step.body);
  switch (step.type) {
    case 'Q':
      return take_query(body);
    case 'P':
      return take_parse(body);
    case 'B':
      return take_bind(postgres::read_bind(body), Extent::kWhole);
    case 'D':
    case 'C':
      return take_target(step);
    case 'E':
      return take_execute(body);
    case 'S':
      talk_.said(Expect::kSync);
      if (std::exchange(hold_at_sync_, false)) {
        hold();
      }
      changes_ahead_ = false;
      is_failed_ = false;
      return Fate::kPass;
    case 'F':
      return take_function_call(body);
    case 'c':
    case 'f':
      talk_.said_copy_end();
      return Fate::kPass;
    case 'd':
    case 'H':
      return Fate::kPass;
    case 'X':
      state_ = State::kEnded;
      return Fate::kPass;
    default:
      return violate("a message that has no place here");
  }
}

/// Of a message longer than what is looked at.
PostgresFront::Fate PostgresFront::take_beginning(const Step& step) {
  switch (step.type) {
    case 'Q':
      return deny_query({"too-long", {}, {}});
    case 'P':
      return deny_parse({"too-long", {}, {}});
    case 'B':
      return take_long_bind(step);
    case 'F':
      return take_message(step);
    case 'd':
      return Fate::kPass;
    default:
      return violate("a message that has no place here");
  }
}

/// Sync and Flush are swallowed by the server then, and anything else ends it.
PostgresFront::Fate PostgresFront::take_during_copy(const Step& step) {
  switch (step.type) {
    case 'd':
    case 'H':
    case 'S':
      return Fate::kPass;
    case 'c':
    case 'f':
      talk_.said_copy_end();
      return Fate::kPass;
    case 'X':
      state_ = State::kEnded;
      return Fate::kPass;
    default:
      return violate("a message within COPY data");
  }
}

PostgresFront::Fate PostgresFront::take_query(std::string_view body) {
  const auto text = postgres::read_query(body);
  if (!text) {
    return violate("a Query whose text does not end where the message does");
  }
  ++statements_;
  if (judge_ == nullptr) {
    talk_.said(Expect::kQuery);
    return Fate::kPass;
  }
  if (changes_ahead_) {
    return deny_query({"setting", "a setting of the same batch", {}});
  }
  if (text->size() > judge_->most_bytes()) {
    return deny_query({"too-long", {}, {}});
  }
  StatementVerdict verdict = ask(*text);
  if (!verdict.allowed) {
    return deny_query({verdict.reason, verdict.object, verdict.rule, *text});
  }
  tell_note(verdict);
  if (!verdict.names.empty()) {
    return take_naming_query(verdict, *text);
  }
  const bool is_barrier = verdict.is_barrier;
  has_redefined_ = has_redefined_ || verdict.redefines;
  talk_.said_with_rows(Expect::kQuery, {.rules = std::move(verdict.rows), .tag = owner_.on_run(*text)});
  if (is_barrier) {
    hold();
  }
  return Fate::kPass;
}

/// Its text is kept by the names it makes, not by the query itself.
PostgresFront::Fate PostgresFront::take_naming_query(const StatementVerdict& verdict, std::string_view text) {
  const auto run = postgres::make_local<KnownStatement>();
  run->generation = generation();
  run->is_barrier = verdict.is_barrier;
  run->redefines = verdict.redefines;
  run->names = names_of(verdict);
  run->rows = verdict.rows;
  talk_.charge(*run);
  meanings_.assign(1, run);
  if (!resolve() || !make_names(*run, text) || !make_all_names() || !find_rules_of_run()) {
    return deny_query(found_);
  }
  talk_.said_run(Expect::kQuery, run,
                 {.rules = std::move(run_rules_), .cursor = std::move(run_cursor_), .tag = owner_.on_run(text)});
  if (meets_barrier()) {
    hold();
  }
  return Fate::kPass;
}

/// Where the server skips all that comes, there is nothing to wait for.
void PostgresFront::hold() noexcept {
  if (talk_.awaits_answer()) {
    state_ = State::kHolding;
  }
}

/// Most statements are unnamed and short, and replaced by the next: their memory goes round.
StatementRef PostgresFront::blank(std::size_t text_bytes) {
  constexpr std::size_t kKept = 8;
  constexpr std::size_t kShortBytes = 4096;
  if (text_bytes > kShortBytes) {
    return postgres::make_local<KnownStatement>();
  }
  for (const StatementRef& kept : short_ones_) {
    if (kept.local_use_count() == 1) {
      return kept;
    }
  }
  auto made = postgres::make_local<KnownStatement>();
  if (short_ones_.size() < kKept) {
    short_ones_.push_back(made);
  }
  return made;
}

PostgresFront::Fate PostgresFront::take_parse(std::string_view body) {
  const auto message = postgres::read_parse(body);
  if (!message) {
    return violate("a Parse that is not what it says");
  }
  ++statements_;
  auto statement = blank(message->text.size());
  if (judge_ != nullptr) {
    if (changes_ahead_) {
      return deny_parse({"setting", "a setting of the same batch", {}});
    }
    if (message->name.size() > kMostNameBytes) {
      return deny_parse({"name-too-long", {}, {}});
    }
    if (message->text.size() > judge_->most_bytes()) {
      return deny_parse({"too-long", {}, {}});
    }
    StatementVerdict verdict = ask(message->text);
    if (!verdict.allowed) {
      return deny_parse({verdict.reason, verdict.object, verdict.rule, message->text});
    }
    tell_note(verdict);
    if (!talk_.can_prepare(message->text.size())) {
      return deny_parse({"too-many-statements", {}, {}});
    }
    statement->is_barrier = verdict.is_barrier;
    statement->redefines = verdict.redefines;
    statement->names = names_of(verdict);
    statement->rows = std::move(verdict.rows);
    statement->text = message->text;
    statement->generation = generation();
    talk_.charge(*statement);
    meanings_.assign(1, statement);
    if (!resolve()) {
      return deny_parse(found_);
    }
  }
  talk_.said_parse(message->name, std::move(statement));
  return Fate::kPass;
}

PostgresFront::Fate PostgresFront::take_bind(const std::optional<postgres::BindMessage>& message, Extent extent) {
  if (!message) {
    return violate("a Bind that is not what it says");
  }
  if (judge_ != nullptr && std::max(message->portal.size(), message->statement.size()) > kMostNameBytes) {
    found_ = {"name-too-long", {}, {}};
    return deny_use(Expect::kBind);
  }
  meanings_.clear();
  talk_.find_statements(message->statement, meanings_);
  const std::size_t direct = meanings_.size();
  if (judge_ != nullptr && !resolve()) {
    return deny_use(Expect::kBind);
  }
  if (!talk_.can_bind() || direct > kMostBound) {
    found_ = {"too-many-portals", {}, {}};
    return deny_use(Expect::kBind);
  }
  const postgres::RowRulesRef needed = strictest_of_needed(direct);
  meanings_.resize(direct);
  postgres::PortalRowsRef rows;
  if (!rows_of_bind(*message, extent, needed, rows)) {
    return deny_use(Expect::kBind);
  }
  if (meanings_.empty()) {
    meanings_.push_back(postgres::make_local<KnownStatement>());
  }
  talk_.said_bind(message->portal, std::move(meanings_), std::move(rows));
  return Fate::kPass;
}

PostgresFront::Fate PostgresFront::take_execute(std::string_view body) {
  const auto portal = postgres::read_execute(body);
  if (!portal) {
    return violate("an Execute that is not what it says");
  }
  if (judge_ == nullptr) {
    talk_.said(Expect::kExecute);
    return Fate::kPass;
  }
  if (portal->size() > kMostNameBytes) {
    found_ = {"name-too-long", {}, {}};
    return deny_use(Expect::kExecute);
  }
  meanings_.clear();
  auto bound = talk_.find_portals(*portal, meanings_);
  const bool is_certain = meanings_.size() == 1;
  const bool has_rows =
      std::any_of(meanings_.begin(), meanings_.end(), [](const StatementRef& one) { return one->rows != nullptr; });
  if (has_rows && (!is_certain || bound.may_be_another)) {
    found_ = {"masking", "a name with two meanings", {}};
    return deny_use(Expect::kExecute);
  }
  if (!resolve() || !make_all_names() || !find_rules_of_run()) {
    return deny_use(Expect::kExecute);
  }
  if (run_cursor_ == nullptr) {  // the portal may be a cursor that SQL made: one space of names
    run_cursor_ = talk_.find_cursor_limit(*portal);
  }
  if (bound.rows != nullptr && run_rules_ != nullptr) {
    bound.rows->limit.tighten(run_rules_->limits);  // the rules may be newer than the Bind
  }
  const bool is_barrier = meets_barrier();
  hold_at_sync_ = hold_at_sync_ || is_barrier;
  changes_ahead_ = changes_ahead_ || is_barrier;
  postgres::RowUse use{std::move(run_rules_), std::move(bound.rows), std::move(run_cursor_),
                       is_certain ? owner_.on_run(meanings_.front()->text) : 0};
  if (is_certain && !meanings_.front()->names.empty()) {
    talk_.said_run(Expect::kExecute, meanings_.front(), std::move(use));
  } else {
    talk_.said_with_rows(Expect::kExecute, std::move(use));
  }
  return Fate::kPass;
}

void PostgresFront::tell_note(const StatementVerdict& verdict) {
  if (!verdict.note.reason.empty()) {
    owner_.on_noted({verdict.note.reason, verdict.note.object, verdict.note.rule});
  }
}

}  // namespace gabion::proxy
