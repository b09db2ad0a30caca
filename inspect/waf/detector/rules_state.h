// One exchange judged by its rule sets: the state behind rules_detector.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/http/named_values.h"
#include "inspect/waf/detector/rules_detector.h"
#include "inspect/waf/engine/transaction.h"

namespace gabion::inspect::waf {

using config::WafMode;
using engine::Decision;
using engine::Transaction;

[[nodiscard]] std::string_view protocol_of(std::uint8_t major_version, std::uint8_t minor_version) noexcept;

/// One rule set and its transaction, used again for each exchange that asks for it.
struct Run {
  std::shared_ptr<const RuleProfile> profile;
  std::unique_ptr<Transaction> transaction;
  WafMode mode = WafMode::kDetect;
  bool active = false;
  bool request_judged = false;            ///< phase 2 is over
  bool reads_response = false;            ///< phase 4 wants the body
  bool response_judged = false;           ///< phase 4 is over
  bool finished = false;                  ///< phase 5 is over
  bool limit_told = false;                ///< that the scan limit was reached
  std::size_t told = 0;                   ///< hits that are findings already
  bool reads_messages = false;            ///< of the request: on_message() instead of on_body()
  bool is_repeat = false;                 ///< `transaction` judges a later message of the exchange
  std::unique_ptr<Transaction> repeat;    ///< for later messages; null before the second
  std::vector<std::uint32_t> told_rules;  ///< of repeats: what was found once is told once
};

/// An exchange's heads, for rules that judge a message as a request of its own.
struct KeptHead {
  std::string method;
  std::string target;
  std::string id;
  std::uint8_t major_version = 1;
  std::uint8_t minor_version = 1;
  std::uint16_t status = 0;
  std::uint8_t response_major_version = 1;
  std::uint8_t response_minor_version = 1;
  std::chrono::system_clock::time_point time;
  const Ends* ends = nullptr;
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::pair<std::string, std::string>> response_fields;
};

class RulesState final : public DetectorState {
 public:
  RulesState(const RuleProfiles& profiles, std::optional<RulesDetector::Own> own, RulesDetector::Bounds bounds)
      : own_(own), bounds_(bounds), runs_(profiles.size()) {
    for (std::size_t i = 0; i < profiles.size(); ++i) {
      runs_[i].profile = profiles[i];
    }
  }

  void reset(Scratch& scratch, FindingList& findings) noexcept override;
  void release() noexcept override;
  [[nodiscard]] std::size_t held_bytes() const noexcept override;
  [[nodiscard]] Step on_request_head(const RequestHead& head) override;
  [[nodiscard]] Step on_response_head(const ResponseHead& head) override;
  [[nodiscard]] bool may_refuse_answer() const noexcept override;
  [[nodiscard]] bool wants_body(Direction direction) const noexcept override;
  [[nodiscard]] BodyStep on_body(Direction direction, const BodyWindow& window) override;
  [[nodiscard]] Step on_message(Direction direction, const MessageText& message) override;
  [[nodiscard]] Step on_messages_end(Direction direction) override;
  [[nodiscard]] Step on_trailers(Direction direction, std::span<const HeaderField> fields) override;
  [[nodiscard]] bool may_refuse_body(Direction direction) const noexcept override;
  [[nodiscard]] bool enforces(Direction direction) const noexcept override { return may_refuse_body(direction); }
  [[nodiscard]] Reason reason() const noexcept override { return reason_; }
  [[nodiscard]] std::string_view rule() const noexcept override { return rule_; }

 private:
  void choose(std::size_t index, WafMode mode);
  [[nodiscard]] Step begin(Run& run, const RequestHead& head);
  [[nodiscard]] Step start(Run& run, const RequestHead& head);
  [[nodiscard]] Step start(Run& run, const ResponseHead& head);
  void keep(const RequestHead& head);
  void keep(const ResponseHead& head);
  [[nodiscard]] Step judge_request(Run& run);
  [[nodiscard]] Step judge_response(Run& run);
  [[nodiscard]] Step feed(Run& run, Direction direction, std::string_view fresh);
  [[nodiscard]] bool refuses_long_answer(Run& run, Direction direction);
  [[nodiscard]] Step conclude(Run& run, const Decision& decision, Direction direction);
  void finish(Run& run, Direction direction);

  // Bodies of messages: rules_messages.cc.
  [[nodiscard]] static bool reads(const Run& run, Direction direction) noexcept;
  [[nodiscard]] Step judge_message(Run& run, Direction direction, const MessageText& message);
  [[nodiscard]] Step judge_again(Run& run, Direction direction, const MessageText& message);
  [[nodiscard]] Step judge_after_head(Run& run, Direction direction, const MessageText& message);
  void tell(Run& run, Direction direction);
  [[nodiscard]] static bool is_news(Run& run, const engine::Hit& hit);
  [[nodiscard]] Step exhausted(Run& run, Direction direction);
  [[nodiscard]] Step unreadable(const Run& run, Direction direction, std::string_view field);
  /// What no rule saw: told, and refused where rules refuse unless limits let it pass.
  [[nodiscard]] Step limit(const Run& run, Direction direction, std::string_view rule, std::string_view field,
                           Reason reason);

  const std::optional<RulesDetector::Own> own_;
  const RulesDetector::Bounds bounds_;
  std::vector<Run> runs_;
  KeptHead kept_;                         ///< only where there are messages
  std::vector<HeaderField> kept_fields_;  ///< views kept_
  std::vector<http::NamedValue> values_;  ///< of the message being judged
  Scratch* scratch_ = nullptr;
  FindingList* findings_ = nullptr;
  Reason reason_ = Reason::kNone;
  std::string_view rule_;
};

}  // namespace gabion::inspect::waf
