// One HTTP exchange run through a plan's rules, phase by phase, without knowing where the bytes come from.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "config/result.h"
#include "inspect/http/named_values.h"
#include "inspect/message.h"
#include "inspect/scratch.h"
#include "inspect/waf/engine/persistent_table.h"
#include "inspect/waf/engine/result.h"
#include "inspect/waf/plan/plan.h"

namespace gabion::inspect::waf::engine {

/// Who talks to whom. Views are copied.
struct Connection {
  std::string_view client_address;
  std::uint16_t client_port = 0;
  std::string_view server_address;
  std::uint16_t server_port = 0;
};

/// Call order: begin, request_line, request_header*, end_request_headers (phase 1), request_body*,
/// end_request_body (phase 2; also when there is no body), response_line, response_header*, end_response_headers
/// (phase 3), response_body*, end_response_body (phase 4), finish (phase 5). After a decision other than kPass only
/// finish() has an effect; finish() may also follow directly after any other call. Then begin() again.
///
/// One per exchange in flight, reused for the next, on one worker. Every view given in is copied. In the steady state
/// no call allocates while nothing matches; memory is bounded by the plan's body limits and the caller's head limits.
/// A plan with SecRuleEngine Off passes everything.
class Transaction {
 public:
  /// `persistent` and `scratch` belong to the worker and outlive this; prepare() was called with `scratch` and the
  /// plan.
  Transaction(PersistentTable& persistent, Scratch& scratch);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// REQUIRED once for each plan and scratch, on the scratch's thread or before it starts. Error: no memory.
  [[nodiscard]] static config::Result<void> prepare(const plan::Plan& plan, Scratch& scratch);

  /// Forgets the exchange before. Keeps `plan` until the next begin(). `unique_id` becomes UNIQUE_ID.
  void begin(std::shared_ptr<const plan::Plan> plan, const Connection& connection, std::string_view unique_id,
             std::chrono::system_clock::time_point now);

  /// Between exchanges: forgets the last one and lets go of its plan.
  void forget() noexcept;
  /// Heap bytes it holds: bodies kept for the verdict, what was made of them, and room for the next exchange.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

  /// Instead of SecRuleEngine, until the next begin(). REQUIRES: called directly after begin().
  void set_mode(seclang::RuleEngine mode) noexcept;

  /// How much the rules may look at until the next begin(): see scanned_bytes(). Where more is to be looked at nothing
  /// more is, and the decision is kDeny with status 413 and no rule. REQUIRES: called directly after begin().
  void set_scan_limit(std::uint64_t bytes) noexcept;

  /// A message of a WebSocket is read as JSON where it is JSON, else as one argument "message"; binary that is no text
  /// is REQUEST_BODY alone. Headers and ctl do not count. REQUIRES: called after begin() and before request_body().
  void expect(BodyUnit unit) noexcept;

  /// `target` as received, absolute form included; `protocol` as "HTTP/1.1".
  void request_line(std::string_view method, std::string_view target, std::string_view protocol);
  /// In the order and spelling received. A name may come several times.
  void request_header(std::string_view name, std::string_view value);
  [[nodiscard]] Decision end_request_headers();

  /// False: do not call request_body(), nothing would look at it. Valid after end_request_headers().
  [[nodiscard]] bool wants_request_body() const noexcept;
  /// Transfer codings removed. Beyond the limit of the rules the rest is dropped and the decision may change.
  [[nodiscard]] Decision request_body(std::string_view bytes);
  /// Instead of request_body(): one message of a stream and its values, which become ARGS as those of JSON do.
  [[nodiscard]] Decision request_message(std::string_view bytes, std::span<const http::NamedValue> values);
  [[nodiscard]] Decision end_request_body();

  void response_line(std::uint16_t status, std::string_view protocol);
  void response_header(std::string_view name, std::string_view value);
  [[nodiscard]] Decision end_response_headers();

  /// False: SecResponseBodyAccess is off or the type is not among SecResponseBodyMimeType; then phase 4 does not run,
  /// as in ModSecurity v3. Valid after end_response_headers().
  [[nodiscard]] bool wants_response_body() const noexcept;
  /// Transfer and content codings removed.
  [[nodiscard]] Decision response_body(std::string_view bytes);
  [[nodiscard]] Decision end_response_body();

  /// Phase 5, once.
  void finish();

  [[nodiscard]] Decision decision() const noexcept;
  /// In the order they fired; a rule that fires for several values is there once. At most kMostHits.
  [[nodiscard]] std::span<const Hit> hits() const noexcept;
  [[nodiscard]] Scores scores() const noexcept;
  /// With DetectionOnly: what On would have decided first. kPass: nothing.
  [[nodiscard]] Decision would_decide() const noexcept;
  /// Bytes of all values, each as often as it was searched, transformed or compared, and 16 more each time.
  [[nodiscard]] std::uint64_t scanned_bytes() const noexcept;
  /// The limit of set_scan_limit() was reached.
  [[nodiscard]] bool over_scan_limit() const noexcept;
  /// False after ctl:auditEngine=Off.
  [[nodiscard]] bool wants_audit() const noexcept;

  static constexpr std::size_t kMostHits = 1024;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gabion::inspect::waf::engine
