// Threads beside the workers that read long texts of SQL: see long_text_readers.h.
#include "proxy/session/long_text_readers.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "inspect/sql/parse.h"

namespace gabion::proxy {

std::shared_ptr<ReadTexts> ReadTexts::make() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? nullptr : std::shared_ptr<ReadTexts>(new ReadTexts(descriptor));
}

ReadTexts::~ReadTexts() {
  ::close(descriptor_);
}

void ReadTexts::put(Answer answer) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto put = ::write(descriptor_, &one, sizeof one);
}

std::vector<ReadTexts::Answer> ReadTexts::take() {
  std::vector<Answer> taken;
  std::uint64_t ignored = 0;
  const std::lock_guard lock(mutex_);
  [[maybe_unused]] const auto got = ::read(descriptor_, &ignored, sizeof ignored);
  taken.swap(answers_);
  return taken;
}

LongTextReaders::~LongTextReaders() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  given_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

bool LongTextReaders::give(std::shared_ptr<Order> order) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t size = order->text.size();
    if (orders_.size() >= kMostTexts || bytes_ + size > kMostBytes || !has_thread()) {
      return false;
    }
    bytes_ += size;
    orders_.push_back(std::move(order));
  }
  given_.notify_one();
  return true;
}

/// One more for each of the first texts.
bool LongTextReaders::has_thread() {
  if (threads_.size() < kThreads) {
    try {
      threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      return !threads_.empty();
    }
  }
  return true;
}

void LongTextReaders::run() {
  auto parser = inspect::sql::Parser::make();
  std::unique_lock lock(mutex_);
  while (true) {
    given_.wait(lock, [this] { return is_over_ || !orders_.empty(); });
    if (is_over_) {
      return;
    }
    const std::shared_ptr<Order> order = std::move(orders_.front());
    orders_.pop_front();
    bytes_ -= order->text.size();
    lock.unlock();
    if (!order->is_forgotten) {
      ReadTexts::Answer answer;
      answer.number = order->number;
      if (parser) {
        inspect::sql::ParseOptions options;
        options.max_bytes = order->most_bytes;
        parser->parse(order->text, options, answer.facts.emplace());
      }
      order->answers->put(std::move(answer));
    }
    lock.lock();
  }
}

}  // namespace gabion::proxy
