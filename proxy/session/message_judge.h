// Judges the messages of one direction of a WebSocket, each as a body of its own under the request that opened it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/pipeline.h"
#include "proxy/net/buffer.h"
#include "proxy/snapshot.h"
#include "proxy/worker_state.h"

namespace gabion::proxy {

/// What a message says of itself; text that begins like JSON is told to detectors as JSON.
enum class MessageKind : std::uint8_t { kBinary, kText, kJson };

/// By what came of it so far: the first byte that is no blank decides. Before that byte it is told as JSON, since who
/// reads JSON takes what turns out to be none for text.
[[nodiscard]] MessageKind kind_of_text(std::string_view text) noexcept;

class MessageJudge {
 public:
  /// What the upgrade was judged by. Borrowed; outlives the judge.
  struct Upgrade {
    const inspect::RequestHead* request = nullptr;
    const inspect::ConnectionFacts* facts = nullptr;
  };
  MessageJudge(WorkerState& worker, inspect::Direction direction, const Upgrade& upgrade);
  ~MessageJudge();
  MessageJudge(const MessageJudge&) = delete;
  MessageJudge& operator=(const MessageJudge&) = delete;

  /// The rules for messages that begin from now on.
  void use(const Snapshot& snapshot, const ListenerPlan& plan);

  struct Judged {
    bool ok = true;                ///< false: refused, reason() tells
    std::string_view leaves = {};  ///< may leave now; until the next call, and while what was given stays where it is
  };
  /// Begins a message. Not ok: the request that opened the WebSocket is not allowed any more.
  [[nodiscard]] bool begin(MessageKind kind);
  enum class Part : std::uint8_t { kMiddle, kLast };
  /// The next of its text, which may be written into. What is not released is held, at most limits.holdBytes.
  [[nodiscard]] Judged take(std::span<char> text, Part part);

  /// Between messages: gives back what only a message under way needs.
  void rest() noexcept;

  [[nodiscard]] std::uint64_t held_bytes() const noexcept { return held_.capacity() + inspected_.bytes(); }
  [[nodiscard]] Reason reason() const noexcept;
  [[nodiscard]] const inspect::Verdict& verdict() const noexcept { return inspection_.verdict(); }
  /// In the message, beside those in the head that opened the WebSocket.
  [[nodiscard]] std::span<const inspect::Finding> findings() const noexcept;
  [[nodiscard]] std::uint64_t findings_dropped() const noexcept { return inspection_.findings_dropped(); }

 private:
  enum class Interest : std::uint8_t { kUnknown, kNone, kSome };
  enum class Held : std::uint8_t { kNothing, kSome };  ///< before a window was opened
  [[nodiscard]] bool judge_heads(MessageKind kind);
  [[nodiscard]] inspect::BodyWindow open_window(std::span<char> text, Part part);
  void keep_rest(const inspect::BodyWindow& window, std::size_t released, Held held);
  [[nodiscard]] bool is_over_memory() const noexcept;

  WorkerState& worker_;
  inspect::Direction direction_;
  Upgrade upgrade_;
  std::shared_ptr<const inspect::Snapshot> rules_;
  std::size_t profile_ = 0;
  std::uint32_t hold_bytes_ = 0;
  std::uint64_t in_flight_bytes_ = 0;
  inspect::Inspection inspection_;
  std::vector<inspect::HeaderField> fields_;
  std::vector<inspect::HeaderField> received_;
  std::array<Interest, 3> interest_{};  ///< by MessageKind: whether any detector reads such messages
  bool judges_ = false;                 ///< the message under way
  bool overloaded_ = false;
  std::size_t earlier_findings_ = 0;
  std::uint64_t text_bytes_ = 0;
  Buffer held_;
  std::string edited_;
  Charge inspected_;
};

}  // namespace gabion::proxy
