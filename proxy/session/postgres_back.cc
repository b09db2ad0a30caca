// What a server answers after the login: see postgres_back.h.
#include "proxy/session/postgres_back.h"

#include "proxy/protocol/postgres/startup_parameters.h"
#include "proxy/protocol/postgres/write.h"

namespace gabion::proxy {
namespace {

using postgres::Conversation;
using postgres::FrameReader;
using postgres::RowLimit;

constexpr std::string_view kDeniedState = "42501";  // insufficient_privilege

std::string_view text_of(std::span<const char> bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

std::string_view text_of(postgres::Cut cut) noexcept {
  switch (cut) {
    case postgres::Cut::kNone:
      break;
    case postgres::Cut::kLimit:
      return "denied by policy: row-limit";
    case postgres::Cut::kSensitive:
      return "denied by policy: sensitive-data";
    case postgres::Cut::kUnknown:
      return "denied by policy: masking: a table or column that was not known; ask again";
  }
  return "denied by policy";
}

/// Where rows are only counted, whose answer it is matters to these alone: to all that the guard looks at but the end
/// of a COPY, and 'Z', behind which nothing is answered.
bool is_counted(char type) noexcept {
  switch (type) {
    case 'D':
    case 'd':
    case 'H':
    case 'W':
    case 'C':
    case 'I':
    case 's':
    case 'E':
      return true;
    default:
      return false;
  }
}

}  // namespace

bool is_safe_setting(std::string_view body) {
  const auto setting = postgres::read_parameter_status(body);
  if (!setting) {
    return false;
  }
  if (setting->name == "standard_conforming_strings") {
    return setting->value == "on";
  }
  return setting->name != "client_encoding" || postgres::is_safe_encoding(setting->value);
}

std::size_t PostgresBack::take(std::span<char> bytes) {
  const Taken taken = take_all(bytes);
  out_.append(text_of(bytes.subspan(taken.told, taken.bytes - taken.told)));
  return taken.bytes;
}

void PostgresBack::take(Buffer& in) {
  const Taken taken = take_all(in.bytes());
  in.consume(taken.told);
  out_.take_over(in, taken.bytes - taken.told);
}

PostgresBack::Taken PostgresBack::take_all(std::span<char> bytes) {
  std::size_t at = 0;
  std::size_t run = 0;  // of what passes as it came
  while (state_ == State::kGoing) {
    const Step step = reader_.next({bytes.data() + at, bytes.size() - at});
    if (step.event == FrameReader::Event::kNeedMore) {
      break;
    }
    const Fate fate =
        step.event == FrameReader::Event::kError ? fail(State::kBroken, to_string(reader_.error())) : take_step(step);
    if (fate == Fate::kStop) {
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
    if (in_rows_ && fate == Fate::kPass && reader_.at_message_start() && at < bytes.size() && bytes[at] == 'D') {
      at += pass_rows(bytes.subspan(at));
    }
  }
  if (!in_rows_) {
    follow_front();
  }
  return {at, run};
}

/// Rows behind one that passed are that one's like: where nobody reads them, they are counted and no more. Answers how
/// many bytes they have.
std::size_t PostgresBack::pass_rows(std::span<const char> bytes) {
  RowLimit::Room room;
  RowLimit* limit = nullptr;
  if (guards()) {
    limit = guard_.only_counts_rows(answering_);
    room = limit == nullptr ? RowLimit::Room{0, 0} : limit->room();
  }
  const FrameReader::Run run = FrameReader::run_of('D', bytes, room.rows, room.bytes);
  if (limit != nullptr) {
    limit->count(run.count, run.body_bytes);
  }
  answer_.rows += run.count;
  answer_.bytes += run.body_bytes;
  rows_ += run.count;
  return run.bytes;
}

PostgresBack::Fate PostgresBack::guard(const Step& step) {
  using postgres::RowGuard;
  if (!guards() || guard_.ignores(step)) {
    return Fate::kPass;
  }
  scratch_.clear();
  switch (guard_.take(step, answering_, scratch_)) {
    case RowGuard::Fate::kPass:
      return Fate::kPass;
    case RowGuard::Fate::kReplace:
      return Fate::kReplace;
    case RowGuard::Fate::kCut:
      ++cut_answers_;
      answer_.cut = guard_.cut_by();
      postgres::write_error(scratch_, {"ERROR", kDeniedState, text_of(guard_.cut_by())});
      return Fate::kReplace;
    case RowGuard::Fate::kEnd:
      break;
  }
  return fail(State::kWithheld, guard_.why());
}

PostgresBack::Fate PostgresBack::fail(State state, std::string_view detail) noexcept {
  state_ = state;
  detail_ = detail;
  return Fate::kStop;
}

/// One answer after the other; those that nobody wants to hear of have no tag.
void PostgresBack::tell_answer(std::uint64_t next_tag) {
  if (answer_.tag != 0 && owner_ != nullptr) {
    answer_.sqlstate = sqlstate_;
    owner_->on_answered(answer_);
  }
  answer_ = {.tag = next_tag};
  sqlstate_.clear();
}

/// Whose answer a message of this type is, before it is followed.
void PostgresBack::remember_front(char type) {
  if (in_rows_ && !guard_.plans() && type != 'Z') {  // what ends rows is of the same answer; more may have been said
    answering_.following = fronting_.following = talk_.following();
    return;
  }
  if (guard_.plans() || is_counted(type)) {
    fronting_ = talk_.fronting();
    answering_ = fronting_.answering();
  } else if (type == 'Z') {
    fronting_.forget();
    answering_ = {};
  }
}

PostgresBack::Fate PostgresBack::take_step(const Step& step) {
  if (step.event == FrameReader::Event::kPiece) {
    const bool dropped = drops_;
    drops_ = drops_ && !step.ends;
    return dropped ? Fate::kDrop : guard(step);
  }
  const bool is_row = step.type == 'D';
  const std::string_view body = text_of(step.body);
  if (!is_row || !in_rows_) {  // a second Execute of a portal begins with a row
    if (guards()) {
      remember_front(step.type);
    }
    follow_front();
  }
  in_rows_ = is_row;
  in_copy_ = step.type == 'd';
  switch (step.type) {
    case 'D':
      answer_.rows += 1;
      rows_ += 1;
      [[fallthrough]];
    case 'd':
      answer_.bytes += step.length;
      break;
    case 'E':
      sqlstate_ = postgres::read_error(body).code;
      break;
    case 'S':
      if (!is_safe_setting(body)) {
        return fail(State::kUnsafe, "standard_conforming_strings or client_encoding");
      }
      break;
    default:
      break;
  }
  switch (talk_.answered(step.type, body)) {
    case Conversation::Answer::kForward:
      return guard(step);
    case Conversation::Answer::kBroken:
      return fail(State::kBroken, "an answer to nothing that was asked");
    case Conversation::Answer::kRewrite:
      break;
  }
  ++rewritten_;
  drops_ = step.event == FrameReader::Event::kBegin;
  scratch_.clear();
  postgres::write_error(scratch_, {"ERROR", kDeniedState, talk_.denial()});
  return Fate::kReplace;
}

}  // namespace gabion::proxy
