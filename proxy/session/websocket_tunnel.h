// A WebSocket between client and service from the 101 to the last close frame.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "proxy/admin/records.h"
#include "proxy/net/tunnel_end.h"
#include "proxy/protocol/websocket/deflate_terms.h"
#include "proxy/session/websocket_lane.h"

namespace gabion::proxy {

/// Used on one worker only. Borrows everything but what it makes.
class WebSocketTunnel {
 public:
  using TimePoint = EventLoop::Clock::time_point;
  using OnFound = WebSocketLane::OnFound;

  /// `rules` and `plan`, which is of it, judged the upgrade.
  struct Begin {
    TunnelEnd client;
    TunnelEnd service;
    std::shared_ptr<const Snapshot> rules;
    const PlanRef& plan;
    std::optional<websocket::DeflateTerms> deflate;
    MessageJudge::Upgrade upgrade;
  };
  WebSocketTunnel(WorkerState& worker, const Begin& begin, const OnFound& on_found);

  /// Moves what can be moved. False: nothing; wake me when a socket moves or deadline() passed.
  [[nodiscard]] bool pump();

  /// Ends it: close frames to both sides where the reason has one, else a cut. A second time: at once.
  void abort(Reason reason);
  /// Neither side, nor we, began to close it.
  [[nodiscard]] bool is_open() const noexcept { return state_ == State::kOpen; }
  /// Nothing more is to be done.
  [[nodiscard]] bool is_over() const noexcept { return state_ == State::kOver || state_ == State::kCut; }
  /// Over without close frames, or before they could be sent.
  [[nodiscard]] bool is_cut() const noexcept { return state_ == State::kCut; }

  [[nodiscard]] TimePoint deadline() const noexcept;
  [[nodiscard]] TimePoint moved_at() const noexcept { return last_move_; }
  /// Memory that it holds beside the wires.
  [[nodiscard]] std::uint64_t held_bytes() const noexcept;

  /// Why it ended, kNone for an ordinary close.
  [[nodiscard]] Reason reason() const noexcept { return reason_; }
  [[nodiscard]] std::string_view detail() const noexcept { return detail_; }
  /// Who refused a message; null when none was.
  [[nodiscard]] const MessageJudge* refused_by() const noexcept { return refused_by_; }
  [[nodiscard]] WebSocketTotals totals() const noexcept;
  [[nodiscard]] std::uint64_t bytes_received() const noexcept { return from_client_.payload_bytes(); }
  [[nodiscard]] std::uint64_t bytes_sent() const noexcept { return from_service_.payload_bytes(); }

 private:
  enum class State : std::uint8_t { kOpen, kClosing, kOver, kCut };
  enum class Flow : std::uint8_t { kNone, kMoved, kGone };

  void follow_snapshot();
  void use_rules(const ListenerPlan& plan);
  void follow_drain();
  [[nodiscard]] bool pump_lane(WebSocketLane& lane, WebSocketWriter& onward, WebSocketWriter& back);
  void on_failed(WebSocketLane& lane, WebSocketWriter& onward, WebSocketWriter& back);
  void on_gone(WebSocketLane& lane, WebSocketWriter& onward);
  [[nodiscard]] Flow flush(const TunnelEnd& end);
  [[nodiscard]] bool flush_both();
  void begin_closing(std::uint16_t code, std::string_view by) noexcept;
  void end_if_done();
  void close_both(std::uint16_t code, Reason reason);

  WorkerState& worker_;
  TunnelEnd client_;
  TunnelEnd service_;
  PlanRef plan_;
  inspect::Side side_;
  std::shared_ptr<const Snapshot> snapshot_;  ///< whose rules new messages are judged by
  WebSocketWriter to_client_;
  WebSocketWriter to_service_;
  MessageJudge client_judge_;
  MessageJudge client_control_judge_;
  MessageJudge service_judge_;
  MessageJudge service_control_judge_;
  WebSocketLane from_client_;
  WebSocketLane from_service_;

  State state_ = State::kOpen;
  bool client_gone_ = false;   ///< nothing can be written to it any more
  bool service_gone_ = false;  ///< likewise
  Reason reason_ = Reason::kNone;
  std::string_view detail_;
  const MessageJudge* refused_by_ = nullptr;
  std::uint16_t close_code_ = 0;
  std::string_view closed_by_;
  TimePoint last_move_;
  TimePoint closing_since_;
};

}  // namespace gabion::proxy
