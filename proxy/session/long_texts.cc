// A worker's long texts of SQL that other threads read for it: see long_texts.h.
#include "proxy/session/long_texts.h"

#include <utility>

namespace gabion::proxy {

LongTexts::~LongTexts() {
  if (answers_) {
    loop_.unwatch(answers_->descriptor(), *this);
  }
}

LongTexts::Reading::Reading(LongTexts& texts, std::shared_ptr<LongTextReaders::Order> order, Wakeable& sleeper)
    : texts_(texts), order_(std::move(order)), sleeper_(sleeper), charge_(texts.buffers_) {
  charge_.set(order_->text.size());
  texts_.readings_.emplace(order_->number, this);
}

LongTexts::Reading::~Reading() {
  order_->is_forgotten = true;
  texts_.readings_.erase(order_->number);
}

bool LongTexts::has_answers() {
  if (!answers_) {
    answers_ = ReadTexts::make();
    if (answers_ && !loop_.watch(answers_->descriptor(), *this, EventLoop::Trigger::kLevel)) {
      answers_.reset();
    }
  }
  return answers_ != nullptr;
}

std::unique_ptr<LongTexts::Reading> LongTexts::read(std::string text, std::uint32_t most_bytes, Wakeable& sleeper) {
  if (!has_answers()) {
    return nullptr;
  }
  auto order = std::make_shared<LongTextReaders::Order>();
  order->number = ++last_number_;
  order->text = std::move(text);
  order->most_bytes = most_bytes;
  order->answers = answers_;
  auto made = std::unique_ptr<Reading>(new Reading(*this, order, sleeper));
  return readers_->give(std::move(order)) ? std::move(made) : nullptr;
}

void LongTexts::on_ready(std::uint32_t /*events*/) noexcept {
  for (ReadTexts::Answer& answer : answers_->take()) {
    const auto found = readings_.find(answer.number);
    if (found == readings_.end()) {
      continue;  // its session is gone
    }
    Reading& reading = *found->second;
    reading.facts_ = std::move(answer.facts);
    reading.is_done_ = true;
    reading.charge_.set(0);
    loop_.wake(reading.sleeper_);
  }
}

}  // namespace gabion::proxy
