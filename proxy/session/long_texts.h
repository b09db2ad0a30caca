// A worker's long texts of SQL that other threads read for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "proxy/net/buffer.h"
#include "proxy/net/event_loop.h"
#include "proxy/session/long_text_readers.h"

namespace gabion::proxy {

/// Used on its worker's thread alone; borrows loop and pool, and outlives its readings.
class LongTexts final : private Watcher {
 public:
  LongTexts(EventLoop& loop, BufferPool& buffers, std::shared_ptr<LongTextReaders> readers) noexcept
      : loop_(loop), buffers_(buffers), readers_(std::move(readers)) {}
  ~LongTexts();
  LongTexts(const LongTexts&) = delete;
  LongTexts& operator=(const LongTexts&) = delete;

  /// One text that was given away. Who destroys it hears nothing more of it.
  class Reading {
   public:
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    [[nodiscard]] bool is_done() const noexcept { return is_done_; }
    /// Once. Nothing: it could not be read. REQUIRES: is_done().
    [[nodiscard]] std::optional<inspect::sql::Facts> take() noexcept { return std::move(facts_); }
    /// Of the text: the worker's memory until it is read.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return charge_.bytes(); }

   private:
    friend class LongTexts;
    Reading(LongTexts& texts, std::shared_ptr<LongTextReaders::Order> order, Wakeable& sleeper);

    LongTexts& texts_;
    std::shared_ptr<LongTextReaders::Order> order_;
    Wakeable& sleeper_;
    Charge charge_;
    std::optional<inspect::sql::Facts> facts_;
    bool is_done_ = false;
  };

  /// `sleeper` is woken when it is done; the facts are those of a text of at most `most_bytes`. Null: too many wait.
  [[nodiscard]] std::unique_ptr<Reading> read(std::string text, std::uint32_t most_bytes, Wakeable& sleeper);

 private:
  void on_ready(std::uint32_t events) noexcept override;
  [[nodiscard]] bool has_answers();

  EventLoop& loop_;
  BufferPool& buffers_;
  std::shared_ptr<LongTextReaders> readers_;
  std::shared_ptr<ReadTexts> answers_;  // null until the first is read
  std::unordered_map<std::uint64_t, Reading*> readings_;
  std::uint64_t last_number_ = 0;
};

}  // namespace gabion::proxy
