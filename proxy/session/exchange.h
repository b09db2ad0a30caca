// One request and its answer on their way through the proxy: judged, streamed both ways, logged once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "inspect/grpc/frame.h"
#include "proxy/net/send_queue.h"
#include "proxy/session/body_pace.h"
#include "proxy/session/coded_body.h"
#include "proxy/session/downstream.h"
#include "proxy/session/forward.h"
#include "proxy/upstream/http1_half.h"
#include "proxy/upstream/http2_half.h"

namespace gabion::proxy {

class WebSocketLane;
class WebSocketTunnel;
struct WebSocketUpgrade;

/// Reused for all exchanges of a connection. begin(), then step() after each wake until it is over. Reading stops in a
/// direction while what it feeds is full; nothing is forwarded before inspection released it.
class Exchange {
 public:
  enum class Outcome : std::uint8_t {
    kWaiting,    ///< wake me when a socket moved or deadline() passed
    kKeepAlive,  ///< over; the next request may be read
    kClose,      ///< over; close in order, nothing of the client's is unread
    kLinger,     ///< over; the client may still be sending: let it read the answer before the close
    kReset,      ///< cut: the client must see that what it got is incomplete
  };
  using TimePoint = EventLoop::Clock::time_point;
  struct Deadline {
    TimePoint at;
    Reason reason = Reason::kNone;
  };

  /// `owner` is woken when the upstream's socket moves.
  Exchange(WorkerState& worker, Downstream& down, Wakeable& owner) noexcept;
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// down.head() is a new request's head; down.snapshot and down.plan are set.
  void begin();
  /// The head could not be read: answers with what is wrong and ends.
  void begin_rejected(Reason reason, std::string_view detail);
  [[nodiscard]] Outcome step();

  [[nodiscard]] Deadline deadline() const noexcept;
  /// The same after another look at who was waited for: deadline() passed, but the client may have read meanwhile what
  /// the kernel had taken.
  [[nodiscard]] Deadline renewed_deadline() noexcept;
  /// Ends it from outside (deadline() passed, or it must not go on): an answer if none has begun, else a cut. step()
  /// tells.
  void abort(Reason reason, std::string_view detail = {});
  /// A new snapshot: false when the request would not be allowed any more.
  [[nodiscard]] bool still_allowed(const Snapshot& snapshot) const;
  /// False when the service's certificate ran out or its root left the bundle.
  [[nodiscard]] bool upstream_trusted(const Snapshot& snapshot, std::chrono::system_clock::time_point now) const;
  /// REQUIRES: not running. Gives back what only a running one needs, unless it is little.
  void release() noexcept;
  /// Memory that it holds now, beside its client's half; and when bytes moved last.
  [[nodiscard]] std::uint64_t held_bytes() const noexcept;
  [[nodiscard]] TimePoint moved_at() const noexcept;
  /// abort() because it holds `held_bytes` of a worker's memory that runs out. True: it was not about to end.
  bool end_for_memory(std::uint64_t held_bytes);
  [[nodiscard]] bool running() const noexcept { return stage_ != Stage::kOver; }
  /// Of the one that runs, or of the last one. kNone: all went well.
  [[nodiscard]] Reason reason() const noexcept { return reason_; }

 private:
  /// How much is known of the request; each includes what stands before it.
  enum class Stage : std::uint8_t {
    kOver,      ///< not running
    kHeadless,  ///< its head could not be read
    kHead,      ///< down_.head() is this request's
    kJudged,    ///< down_.inspection's verdict is about it
  };
  enum class RequestPhase : std::uint8_t {
    kHeld,      ///< nothing of it may go upstream yet
    kReleased,  ///< what is queued may go
    kDone,      ///< read to its end
  };
  /// In which words to_upstream_ holds the request.
  enum class Wire : std::uint8_t {
    kBody,   ///< the body as it is, for HTTP/2, or while the protocol is not known
    kHttp1,  ///< all of it, as HTTP/1.1 sends it
  };
  enum class UpstreamPhase : std::uint8_t { kNone, kWaitingForPlace, kConnecting, kReady };
  enum class ResponsePhase : std::uint8_t {
    kAwaited,
    kHeld,   ///< its head is queued, but waits for the verdict on the body: it may still be taken back
    kBegun,  ///< the client may have seen some of it
    kDone,   ///< all of it is queued
  };
  enum class Ending : std::uint8_t { kNone, kClientGone, kCut };

  void reset();
  void start_clock() noexcept;
  void make_ids();
  [[nodiscard]] Reason refusal_before_verdict() const;
  [[nodiscard]] Reason choose_upstream();
  void judge_request_head();
  void begin_coded_request();
  void send_request_head();
  void decide_additions();

  [[nodiscard]] bool pump_request();
  void take_request_body(std::span<char> bytes);
  void end_request();
  void send_request_body(std::string_view bytes);
  void queue_request_body(std::string_view bytes);
  [[nodiscard]] bool inspect_window(inspect::Direction direction, Buffer& held, std::span<char> fresh, bool end);
  [[nodiscard]] bool judge(inspect::Direction direction, const inspect::BodyWindow& window, std::size_t& released);
  void note_release(inspect::Direction direction) noexcept;
  void send_body(inspect::Direction direction, std::string_view bytes);

  // Bodies with a content coding: exchange_coding.cc.
  [[nodiscard]] std::unique_ptr<CodedBody>& coded(inspect::Direction direction) noexcept {
    return coded_[static_cast<std::size_t>(direction)];
  }
  [[nodiscard]] Buffer& held(inspect::Direction direction) noexcept {
    return direction == inspect::Direction::kRequest ? held_request_ : held_response_;
  }
  [[nodiscard]] BodyFields& fields(inspect::Direction direction) noexcept {
    return direction == inspect::Direction::kRequest ? request_fields_ : response_fields_;
  }
  [[nodiscard]] bool& inspects(inspect::Direction direction) noexcept {
    return direction == inspect::Direction::kRequest ? inspect_request_ : inspect_response_;
  }
  [[nodiscard]] bool begin_coding(inspect::Direction direction, CodedBody::Leaves leaves);
  void take_coded(inspect::Direction direction, std::string_view bytes);
  void advance_coded(inspect::Direction direction);
  [[nodiscard]] bool end_coded(inspect::Direction direction);
  [[nodiscard]] bool judge_text(inspect::Direction direction, std::size_t fresh, bool end);
  [[nodiscard]] bool begin_leaving(inspect::Direction direction);
  void send_text(inspect::Direction direction, std::string_view text, inspect::coding::Flush flush);
  void flush_coded(inspect::Direction direction);
  void send_judged(inspect::Direction direction, std::string_view text, std::uint64_t offset);
  void let_watched_leave(inspect::Direction direction);
  void coding_failed(inspect::Direction direction, inspect::coding::DecodeError error, std::size_t produced);
  [[nodiscard]] bool judge_last_text(inspect::Direction direction, std::size_t produced);
  void let_judged_leave(inspect::Direction direction, std::size_t produced);
  void take_as_plain(inspect::Direction direction);
  void pass_as_it_came(inspect::Direction direction);
  void write_deferred_head(inspect::Direction direction);
  [[nodiscard]] bool may_leave_as_it_came(inspect::Direction direction) noexcept;
  [[nodiscard]] BodyFields fields_of(inspect::Direction direction) noexcept;
  [[nodiscard]] BodyFields fields_of_no_body(const http1::Head& head) const noexcept;
  void forget_text(inspect::Direction direction) noexcept;
  [[nodiscard]] inspect::BodyWindow open_window(inspect::Direction direction, Buffer& held, std::span<char> fresh);
  [[nodiscard]] bool is_over_memory() const noexcept;
  void charge_heads() noexcept;

  // gRPC calls: exchange_grpc.cc.
  [[nodiscard]] Reason begin_call();
  void note_answer(std::span<const inspect::HeaderField> fields, const http1::Head* head) noexcept;
  [[nodiscard]] bool end_with_status(Reason reason);

  [[nodiscard]] bool pump_upstream();
  [[nodiscard]] bool acquire_upstream();
  void write_http1_request_head();
  void upstream_ready();
  void begin_on_http1();
  void begin_on_http2();
  void end_on_http2();
  void upstream_lost(UpstreamHalf::Event how);
  void upstream_failed();
  [[nodiscard]] bool say_again(UpstreamHalf::Event how);

  [[nodiscard]] bool pump_response();
  void take_response_event(UpstreamHalf::Event event);
  void take_response_head();
  void begin_coded_response();
  void pass_interim(const http1::Head& head);
  void note_unheld();
  void queue_response_head(const http1::Head& head);
  void take_response_body(std::span<char> bytes);
  void end_response();
  void send_response_body(std::string_view bytes);
  void release_upstream();
  [[nodiscard]] bool keeps_alive() const noexcept;

  // A service with several endpoints: exchange_endpoint.cc.
  [[nodiscard]] Reason choose_endpoint(const ServicePlan& service);
  void go_to_endpoint(EndpointUse use);
  void report_endpoint(EndpointOutcome outcome);
  void report_answer(std::uint16_t status);
  void report_failure(Reason reason);
  void leave_endpoint() noexcept;
  [[nodiscard]] EndpointUse other_endpoint();
  [[nodiscard]] bool connect_elsewhere(Reason reason);
  [[nodiscard]] bool say_elsewhere();
  [[nodiscard]] bool may_retry();

  // An upgrade to WebSocket: exchange_websocket.cc.
  [[nodiscard]] bool may_upgrade(const http1::Head& head) const noexcept;
  [[nodiscard]] Reason begin_upgrade();
  [[nodiscard]] bool switches(const http1::Head& head) const noexcept;
  void begin_websocket();
  void note_found(WebSocketLane& lane);
  [[nodiscard]] Outcome step_websocket();
  [[nodiscard]] bool last_word_waits();
  [[nodiscard]] Outcome finish_websocket();
  [[nodiscard]] Deadline websocket_deadline() const noexcept;
  void describe_websocket(ExchangeRecord& record) const;

  void fail(Reason reason, std::string_view detail);
  [[nodiscard]] bool flush_downstream();
  void note_backpressure() noexcept;
  void note_pace() noexcept;
  [[nodiscard]] std::uint64_t arrived() noexcept;
  [[nodiscard]] Deadline step_deadline() const noexcept;
  [[nodiscard]] bool listens_to_client() noexcept;
  [[nodiscard]] bool has_head() const noexcept { return stage_ >= Stage::kHead; }
  [[nodiscard]] bool response_begun() const noexcept { return response_phase_ != ResponsePhase::kAwaited; }
  /// fail() was called: whatever the service says is not the answer any more.
  [[nodiscard]] bool ended_by_us() const noexcept { return reason_ != Reason::kNone; }
  void lose_client() noexcept;
  [[nodiscard]] Outcome finish();
  void record(Outcome outcome);
  void describe(ExchangeRecord& record) const;
  void describe_request(ExchangeRecord& record) const;
  void count_limit(Reason reason) noexcept;
  /// The request's id where whoever asked does not know it; a peer of the mesh that gave it does, and tells its own
  /// client.
  [[nodiscard]] std::string_view id_to_tell() const noexcept;

  WorkerState& worker_;
  Downstream& down_;
  Wakeable& owner_;

  inspect::ConnectionFacts facts_;
  inspect::RequestHead request_;
  RequestAdditions additions_;
  std::vector<inspect::HeaderField> judged_fields_;
  const UpstreamPlan* upstream_plan_ = nullptr;
  const ServicePlan* service_ = nullptr;  // whose endpoint_ it is; null: there is no choice
  EndpointUse endpoint_;
  std::vector<std::size_t> tried_endpoints_;
  std::uint32_t retries_ = 0;
  bool endpoint_answered_ = false;  // and that was reported
  Http1Upstream http1_;
  Http2Upstream http2_;
  http2::FieldBlock wire_block_;                   // the request in words of HTTP/2, then its trailers
  std::vector<inspect::HeaderField> wire_fields_;  // views into wire_block_
  UpstreamHalf* upstream_ = nullptr;               // the one in use, if any
  SendQueue to_upstream_;
  Buffer held_request_;
  Buffer held_response_;
  std::array<std::unique_ptr<CodedBody>, 2> coded_;  // by Direction
  std::string accept_encoding_;                      // additions_ may view it
  Charge heads_;                                     ///< the request's, as it came and as it goes on
  Charge inspected_;                                 ///< what down_.inspection holds
  std::string upstream_failure_;                     // reason_detail_ may view it
  std::unique_ptr<WebSocketUpgrade> upgrade_;        ///< the request asks for one
  std::unique_ptr<WebSocketTunnel> websocket_;       ///< the service agreed

  Stage stage_ = Stage::kOver;
  RequestPhase request_phase_ = RequestPhase::kHeld;
  UpstreamPhase phase_ = UpstreamPhase::kNone;
  Wire wire_ = Wire::kBody;
  ResponsePhase response_phase_ = ResponsePhase::kAwaited;
  Ending ending_ = Ending::kNone;
  bool inspect_request_ = false;
  bool inspect_response_ = false;
  bool response_keeps_alive_ = true;
  bool fresh_only_ = false;
  bool was_full_ = false;
  BodyFields request_fields_ = BodyFields::kKept;
  BodyFields response_fields_ = BodyFields::kKept;
  std::array<bool, 2> head_deferred_{};  // by Direction: its head is not written before it is known how the body leaves
  http1::Framing request_framing_ = http1::Framing::kNone;
  http1::Framing response_framing_ = http1::Framing::kNone;
  bool is_grpc_ = false;       ///< the request is a gRPC call
  bool answers_grpc_ = false;  ///< its answer is one
  inspect::grpc::FrameTracker request_frames_;
  inspect::grpc::FrameTracker response_frames_;  ///< of what was sent to the client
  std::optional<std::uint8_t> grpc_status_;
  std::optional<TimePoint> call_deadline_;
  Reason reason_ = Reason::kNone;
  std::string_view reason_detail_;
  std::uint16_t status_ = 0;
  std::uint32_t interim_responses_ = 0;
  std::uint64_t request_bytes_ = 0;
  std::uint64_t response_bytes_ = 0;
  BodyPace request_pace_;
  BodyPace response_pace_;
  std::uint64_t arrived_ = 0;  // at the client, of all that its half has sent

  std::chrono::system_clock::time_point start_wall_;
  TimePoint start_;
  TimePoint last_request_progress_;
  TimePoint last_response_progress_;
  TimePoint phase_since_;
  TimePoint request_sent_at_;
  TimePoint response_head_at_;
  std::array<char, kRequestIdBytes> made_request_id_{};
  std::array<char, kTraceparentBytes> traceparent_{};
  std::string_view request_id_;
  std::string upstream_identity_;
};

}  // namespace gabion::proxy
