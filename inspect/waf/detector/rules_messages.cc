// Messages of a stream: the first is the exchange's body, each later one is judged anew with the same head.
#include <utility>

#include "inspect/waf/detector/rules_state.h"

namespace gabion::inspect::waf {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

void copy(std::span<const HeaderField> from, Fields& to) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    to[i].first.assign(from[i].name);
    to[i].second.assign(from[i].value);
  }
}

std::span<const HeaderField> views(const Fields& fields, std::vector<HeaderField>& views) {
  views.clear();
  for (const auto& [name, value] : fields) {
    views.push_back({name, value});
  }
  return views;
}

}  // namespace

void RulesState::keep(const RequestHead& head) {
  kept_.method = head.method;
  kept_.target = head.target;
  kept_.id = head.id;
  kept_.major_version = head.major_version;
  kept_.minor_version = head.minor_version;
  kept_.time = head.time;
  kept_.ends = head.ends;
  copy(head.received, kept_.fields);
}

void RulesState::keep(const ResponseHead& head) {
  kept_.status = head.status;
  kept_.response_major_version = head.major_version;
  kept_.response_minor_version = head.minor_version;
  copy(head.fields, kept_.response_fields);
}

bool RulesState::reads(const Run& run, Direction direction) noexcept {
  return run.active && (direction == Direction::kRequest ? run.reads_messages : run.reads_response);
}

Step RulesState::on_message(Direction direction, const MessageText& message) {
  values_.clear();
  for (const TextField& field : message.fields) {
    values_.push_back({field.name, message.value(field)});
  }
  for (Run& run : runs_) {
    if (!reads(run, direction)) {
      continue;
    }
    const bool is_first = direction == Direction::kRequest ? !run.request_judged : !run.response_judged;
    if ((is_first ? judge_message(run, direction, message) : judge_again(run, direction, message)) == Step::kStop) {
      return Step::kStop;
    }
  }
  return Step::kContinue;
}

/// Phase 2 or 4, with the message as the body.
Step RulesState::judge_message(Run& run, Direction direction, const MessageText& message) {
  if (direction == Direction::kResponse) {
    const Step step = conclude(run, run.transaction->response_body(message.bytes), direction);
    return step == Step::kStop ? step : judge_response(run);
  }
  const Step step = conclude(run, run.transaction->request_message(message.bytes, values_), direction);
  return step == Step::kStop ? step : judge_request(run);
}

/// By a transaction of its own: the exchange's is where the exchange is.
Step RulesState::judge_again(Run& run, Direction direction, const MessageText& message) {
  std::swap(run.transaction, run.repeat);
  const std::size_t told = std::exchange(run.told, 0);
  const bool finished = std::exchange(run.finished, false);
  run.is_repeat = true;
  const Step step = judge_after_head(run, direction, message);
  finish(run, direction);
  run.is_repeat = false;
  run.finished = finished;
  run.told = told;
  std::swap(run.transaction, run.repeat);
  return step;
}

Step RulesState::judge_after_head(Run& run, Direction direction, const MessageText& message) {
  RequestHead head;
  head.method = kept_.method;
  head.target = kept_.target;
  head.id = kept_.id;
  head.major_version = kept_.major_version;
  head.minor_version = kept_.minor_version;
  head.time = kept_.time;
  head.ends = kept_.ends;
  head.received = views(kept_.fields, kept_fields_);
  if (start(run, head) == Step::kStop) {
    return Step::kStop;
  }
  if (direction == Direction::kRequest) {
    return judge_message(run, direction, message);
  }
  if (judge_request(run) == Step::kStop) {
    return Step::kStop;
  }
  ResponseHead answer;
  answer.status = kept_.status;
  answer.major_version = kept_.response_major_version;
  answer.minor_version = kept_.response_minor_version;
  answer.fields = views(kept_.response_fields, kept_fields_);
  return start(run, answer) == Step::kStop ? Step::kStop : judge_message(run, direction, message);
}

Step RulesState::on_messages_end(Direction direction) {
  for (Run& run : runs_) {
    const bool is_judged = direction == Direction::kRequest ? run.request_judged : run.response_judged;
    if (reads(run, direction) && !is_judged &&
        (direction == Direction::kRequest ? judge_request(run) : judge_response(run)) == Step::kStop) {
      return Step::kStop;
    }
  }
  return Step::kContinue;
}

}  // namespace gabion::inspect::waf
