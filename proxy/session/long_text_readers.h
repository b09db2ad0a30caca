// Threads beside the workers that read long texts of SQL: a worker's other sessions do not wait for them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "inspect/sql/facts.h"

namespace gabion::proxy {

/// Where readers leave for one worker what they have read. Thread-safe; lives as long as anybody may leave something.
class ReadTexts {
 public:
  struct Answer {
    std::uint64_t number = 0;
    std::optional<inspect::sql::Facts> facts;  ///< nothing: it could not be read here
  };

  /// Null where the kernel has no descriptor for it.
  [[nodiscard]] static std::shared_ptr<ReadTexts> make();
  ~ReadTexts();
  ReadTexts(const ReadTexts&) = delete;
  ReadTexts& operator=(const ReadTexts&) = delete;

  /// An eventfd that is readable while something was put and not taken.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  void put(Answer answer);
  [[nodiscard]] std::vector<Answer> take();

 private:
  explicit ReadTexts(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_;
  std::mutex mutex_;
  std::vector<Answer> answers_;  // guarded by mutex_
};

/// Thread-safe. What comes first is read first; its threads begin with the first texts and live as long as it does,
/// since libpg_query spends a key of the process on each.
class LongTextReaders {
 public:
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kMostTexts = 256;                      // that wait
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20U;   // of them
  static constexpr std::size_t kLongBytes = std::size_t{64} * 1024U;  // longer texts are long

  /// A text and who hears of it. Whoever gave it may set `is_forgotten`: then it need not be read.
  struct Order {
    std::uint64_t number = 0;
    std::string text;
    std::uint32_t most_bytes = 0;
    std::shared_ptr<ReadTexts> answers;
    std::atomic<bool> is_forgotten = false;
  };

  LongTextReaders() = default;
  /// Waits for what is read just now; what waits is not read.
  ~LongTextReaders();
  LongTextReaders(const LongTextReaders&) = delete;
  LongTextReaders& operator=(const LongTextReaders&) = delete;

  /// False: too much waits already, or no thread could be had.
  [[nodiscard]] bool give(std::shared_ptr<Order> order);

 private:
  void run();
  [[nodiscard]] bool has_thread();

  std::mutex mutex_;
  std::condition_variable given_;
  std::deque<std::shared_ptr<Order>> orders_;  // guarded by mutex_, and all that follows
  std::size_t bytes_ = 0;
  bool is_over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gabion::proxy
