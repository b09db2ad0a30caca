// The life of a transaction: what came is copied and taken apart, then the rules of the phase run.
#include "inspect/waf/engine/transaction.h"

#include <algorithm>

#include "inspect/match/scratch_impl.h"
#include "inspect/message.h"
#include "inspect/waf/engine/bodies.h"
#include "inspect/waf/engine/run_phase.h"
#include "inspect/waf/engine/worker_space.h"
#include "inspect/waf/operators/numbers.h"
#include "inspect/waf/plan/scan_plan.h"

namespace gabion::inspect::waf::engine {
namespace {

constexpr std::uint16_t kTooLarge = 413;

/// The first of these variables that is set.
std::int64_t first_of(const State& state, const std::vector<plan::Slot>& slots) {
  for (const auto slot : slots) {
    const auto& value = state.tx.get(slot);
    if (value.is_set()) {
      return value.kind == plan::SlotValue::Kind::kNumber ? value.number : operators::integer_of(value.text());
    }
  }
  return 0;
}

}  // namespace

struct Transaction::Impl {
  Impl(PersistentTable& persistent, Scratch& scratch)
      : state(persistent, scratch), scanner(scratch.impl().space->scanner) {}

  void clear();
  [[nodiscard]] std::uint64_t request_limit() const;
  /// Appends to `body` up to `limit`; what does not fit is dropped and noted in `error`.
  void append(std::string& body, std::string_view bytes, std::uint64_t limit, seclang::LimitAction action,
              Variable error);

  /// As the base's rules would, but these run before most others, and one counts to a number of its own.
  void refuse_undecided() {
    constexpr std::uint16_t kForbidden = 403;
    if (is_exhausted(state)) {
      refuse({Action::kDeny, kTooLarge, 0, {}});
    }
    if (state.undecided != 0 && state.mode == seclang::RuleEngine::kOn && state.decision.action == Action::kPass) {
      state.decision = {Action::kDeny, kForbidden, state.undecided, {}};
    }
  }

  /// Phases 1 and 2. The rules of phase 4 add to the same sum in CRS 3, so it is read here.
  void run_request_phase(unsigned phase) {
    run_phase(state, scanner, phase);
    refuse_undecided();
    inbound_score = first_of(state, state.plan->inbound_sums);
  }

  /// Or notes that it would be refused.
  void refuse(const Decision& refused) {
    auto& decision = state.mode == seclang::RuleEngine::kOn ? state.decision : state.would_decide;
    if (decision.action == Action::kPass) {
      decision = refused;
    }
  }

  State state;
  Parsers parsers;
  Scanner& scanner;
  std::int64_t inbound_score = 0;
  bool finished = false;
};

void Transaction::Impl::clear() {
  state.arena.reset();
  parsers.reset();
  for (auto& list : state.lists) {
    list.clear();
  }
  state.singles.fill(std::string_view{});
  state.query_args = 0;
  state.combined_size = 0;
  state.body.clear();
  state.response.clear();
  state.persistent_keys.fill(std::string_view{});
  state.any_removed = false;
  state.removed_targets.clear();
  state.force_body_variable = false;
  state.body_unit = BodyUnit::kBody;
  state.audit = true;
  state.allowed = seclang::Disruption::kPass;
  state.rule = nullptr;
  state.matched.clear();
  state.decision = {};
  state.undecided = 0;
  state.scanned = 0;
  state.scan_limit = kNoScanLimit;
  state.would_decide = {};
  state.hits.clear();
  inbound_score = 0;
  finished = false;
}

std::uint64_t Transaction::Impl::request_limit() const {
  const auto& engine = state.plan->engine;
  const bool files = state.single(Variable::kReqbodyProcessor) == "MULTIPART";
  return files ? engine.request_body_limit : std::min(engine.request_body_limit, engine.request_body_no_files_limit);
}

void Transaction::Impl::append(std::string& body, std::string_view bytes, std::uint64_t limit,
                               seclang::LimitAction action, Variable error) {
  const auto room = limit > body.size() ? limit - body.size() : 0;
  body.append(bytes.substr(0, room));
  if (bytes.size() <= room) {
    return;
  }
  state.single(error) = "1";
  if (action != seclang::LimitAction::kProcessPartial) {
    refuse({Action::kDeny, error == Variable::kInboundDataError ? kTooLarge : std::uint16_t{403}, 0, {}});
  }
}

Transaction::Transaction(PersistentTable& persistent, Scratch& scratch)
    : impl_(std::make_unique<Impl>(persistent, scratch)) {}
Transaction::~Transaction() = default;

config::Result<void> Transaction::prepare(const plan::Plan& plan, Scratch& scratch) {
  if (plan.scan != nullptr) {
    for (const auto& group : plan.scan->groups) {
      if (auto ready = group.prepare(scratch); !ready) {
        return ready;
      }
    }
  }
  return {};
}

void Transaction::begin(std::shared_ptr<const plan::Plan> plan, const Connection& connection,
                        std::string_view unique_id, std::chrono::system_clock::time_point now) {
  auto& state = impl_->state;
  impl_->clear();
  if (state.plan != plan) {
    state.removed.resize(plan->rules.size());
    state.plan = std::move(plan);
  }
  state.now = now;
  state.tx.begin(state.plan->initial);
  const auto& engine = state.plan->engine;
  state.mode = engine.rule_engine;
  state.request_body_access = engine.request_body_access;
  state.response_body_access = engine.response_body_access;
  const auto client = state.keep(connection.client_address);
  state.single(Variable::kRemoteAddr) = client;
  state.single(Variable::kRemoteHost) = client;
  state.single(Variable::kRemotePort) = state.keep(digits_of(state, connection.client_port));
  state.single(Variable::kServerAddr) = state.keep(connection.server_address);
  state.single(Variable::kServerPort) = state.keep(digits_of(state, connection.server_port));
  state.single(Variable::kUniqueId) = state.keep(unique_id);
  state.single(Variable::kUrlencodedError) = "0";
  state.single(Variable::kArgsCombinedSize) = "0";
  state.single(Variable::kFilesCombinedSize) = "0";
}

void Transaction::forget() noexcept {
  impl_->clear();
  impl_->state.plan.reset();
}

std::size_t Transaction::held_bytes() const noexcept {
  return impl_->state.held_bytes() + impl_->parsers.held_bytes();
}

void Transaction::set_mode(seclang::RuleEngine mode) noexcept {
  impl_->state.mode = mode;
}

void Transaction::set_scan_limit(std::uint64_t bytes) noexcept {
  impl_->state.scan_limit = bytes;
}

void Transaction::expect(BodyUnit unit) noexcept {
  impl_->state.body_unit = unit;
}

void Transaction::request_line(std::string_view method, std::string_view target, std::string_view protocol) {
  read_target(impl_->state, impl_->parsers, method, target, protocol);
}

void Transaction::request_header(std::string_view name, std::string_view value) {
  read_header(impl_->state, impl_->parsers, name, value);
}

Decision Transaction::end_request_headers() {
  impl_->run_request_phase(1);
  return impl_->state.decision;
}

bool Transaction::wants_request_body() const noexcept {
  const auto& state = impl_->state;
  return state.request_body_access && state.mode != seclang::RuleEngine::kOff;
}

Decision Transaction::request_body(std::string_view bytes) {
  auto& state = impl_->state;
  if (wants_request_body()) {
    impl_->append(state.body, bytes, impl_->request_limit(), state.plan->engine.request_body_limit_action,
                  Variable::kInboundDataError);
  }
  return state.decision;
}

Decision Transaction::request_message(std::string_view bytes, std::span<const http::NamedValue> values) {
  auto& state = impl_->state;
  if (wants_request_body()) {
    state.single(Variable::kReqbodyProcessor) = "GRPC";
    read_message(state, values);
  }
  return request_body(bytes);
}

Decision Transaction::end_request_body() {
  auto& state = impl_->state;
  if (state.single(Variable::kInboundDataError).empty()) {
    state.single(Variable::kInboundDataError) = "0";
  }
  if (wants_request_body()) {
    read_body(state, impl_->parsers);
  }
  impl_->run_request_phase(2);
  return state.decision;
}

void Transaction::response_line(std::uint16_t status, std::string_view protocol) {
  auto& state = impl_->state;
  state.single(Variable::kResponseStatus) = state.keep(digits_of(state, status));
  state.single(Variable::kStatusLine) = state.single(Variable::kResponseStatus);  // so in ModSecurity v3
  state.single(Variable::kResponseProtocol) = state.keep(protocol);
}

void Transaction::response_header(std::string_view name, std::string_view value) {
  auto& state = impl_->state;
  state.list(List::kResponseHeaders).push_back({state.keep(name), state.keep(value)});
  if (equals_without_case(name, "content-type")) {
    const auto& kept = state.list(List::kResponseHeaders).back().value;
    state.single(Variable::kResponseContentType) = kept.substr(0, kept.find(';'));
  }
}

Decision Transaction::end_response_headers() {
  run_phase(impl_->state, impl_->scanner, 3);
  impl_->refuse_undecided();
  return impl_->state.decision;
}

bool Transaction::wants_response_body() const noexcept {
  const auto& state = impl_->state;
  if (!state.response_body_access || state.mode == seclang::RuleEngine::kOff) {
    return false;
  }
  const auto type = state.single(Variable::kResponseContentType);
  const auto& types = state.plan->engine.response_body_types;
  return types.empty() || std::any_of(types.begin(), types.end(),
                                      [&](const std::string& each) { return equals_without_case(each, type); });
}

Decision Transaction::response_body(std::string_view bytes) {
  auto& state = impl_->state;
  if (wants_response_body()) {
    impl_->append(state.response, bytes, state.plan->engine.response_body_limit,
                  state.plan->engine.response_body_limit_action, Variable::kOutboundDataError);
  }
  return state.decision;
}

Decision Transaction::end_response_body() {
  auto& state = impl_->state;
  if (!wants_response_body()) {
    return state.decision;
  }
  if (state.single(Variable::kOutboundDataError).empty()) {
    state.single(Variable::kOutboundDataError) = "0";
  }
  state.single(Variable::kResponseBody) = state.response;
  state.single(Variable::kResponseContentLength) =
      state.keep(digits_of(state, static_cast<std::int64_t>(state.response.size())));
  run_phase(state, impl_->scanner, 4);
  impl_->refuse_undecided();
  return state.decision;
}

void Transaction::finish() {
  if (!impl_->finished && impl_->state.plan != nullptr) {
    impl_->finished = true;
    run_phase(impl_->state, impl_->scanner, 5);
  }
}

Decision Transaction::decision() const noexcept {
  return impl_->state.decision;
}
std::span<const Hit> Transaction::hits() const noexcept {
  return impl_->state.hits;
}
Decision Transaction::would_decide() const noexcept {
  return impl_->state.would_decide;
}
std::uint64_t Transaction::scanned_bytes() const noexcept {
  return impl_->state.scanned;
}
bool Transaction::over_scan_limit() const noexcept {
  return is_exhausted(impl_->state);
}
bool Transaction::wants_audit() const noexcept {
  return impl_->state.audit;
}

Scores Transaction::scores() const noexcept {
  const auto& state = impl_->state;
  if (state.plan == nullptr) {
    return {};
  }
  return {impl_->inbound_score, first_of(state, state.plan->outbound_sums)};
}

}  // namespace gabion::inspect::waf::engine
