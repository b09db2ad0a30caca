// What a server answers after the login: see postgres_back.h.
#include "proxy/session/postgres_back.h"

#include "proxy/protocol/postgres/startup_parameters.h"
#include "proxy/protocol/postgres/write.h"

namespace gabion::proxy {
namespace {

using postgres::Conversation;
using postgres::FrameReader;

constexpr std::string_view kDeniedState = "42501";  // insufficient_privilege

std::string_view text_of(std::span<const char> bytes) noexcept {
  return {bytes.data(), bytes.size()};
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
  std::size_t at = 0;
  std::size_t run = 0;  // of what passes as it came
  while (state_ == State::kGoing) {
    const Step step = reader_.next(bytes.subspan(at));
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
  }
  out_.append(text_of(bytes.subspan(run, at - run)));
  return at;
}

PostgresBack::Fate PostgresBack::guard(const Step& step) {
  using postgres::RowGuard;
  if (!guards()) {
    return Fate::kPass;
  }
  scratch_.clear();
  switch (guard_.take(step, fronting_.answering(), scratch_)) {
    case RowGuard::Fate::kPass:
      return Fate::kPass;
    case RowGuard::Fate::kReplace:
      return Fate::kReplace;
    case RowGuard::Fate::kRowLimit:
      ++cut_answers_;
      postgres::write_error(scratch_, {"ERROR", kDeniedState, "denied by policy: row-limit"});
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

PostgresBack::Fate PostgresBack::take_step(const Step& step) {
  if (step.event == FrameReader::Event::kPiece) {
    const bool dropped = drops_;
    drops_ = drops_ && !step.ends;
    return dropped ? Fate::kDrop : guard(step);
  }
  const bool is_row = step.type == 'D';
  if (guards() && !(is_row && in_rows_)) {
    fronting_ = talk_.fronting();
  }
  in_rows_ = is_row;
  const std::string_view body = text_of(step.body);
  if (step.type == 'S' && !is_safe_setting(body)) {
    return fail(State::kUnsafe, "standard_conforming_strings or client_encoding");
  }
  rows_ += step.type == 'D' ? 1 : 0;
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
