// Which marks the rules of this network namespace are for: see noted_marks.h.
#include "proxy/interception/noted_marks.h"

#include <fmt/format.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "proxy/interception/iptables.h"

namespace gabion::proxy::interception {
namespace {

constexpr std::size_t kAnswerBytes = 32 * 1024;  // as much as the kernel puts into one
constexpr int kMostAnswers = 1'024;              // a namespace with more rules is not one of ours
constexpr time_t kWaitSeconds = 2;

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

config::Error failed(std::string_view what) {
  return {std::generic_category().message(errno), std::string(what)};
}

/// The mark of a rule that is a note of ours.
std::optional<std::uint32_t> note_of(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWRULE || message.nlmsg_len < NLMSG_LENGTH(sizeof(fib_rule_hdr))) {
    return std::nullopt;
  }
  const auto* const head = static_cast<const fib_rule_hdr*>(NLMSG_DATA(&message));
  auto left = message.nlmsg_len - NLMSG_LENGTH(sizeof(fib_rule_hdr));
  std::uint32_t priority = 0;
  std::optional<std::uint32_t> mark;
  const auto* attribute = reinterpret_cast<const rtattr*>(reinterpret_cast<const char*>(&message) +
                                                          NLMSG_LENGTH(NLMSG_ALIGN(sizeof(fib_rule_hdr))));
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    std::uint32_t value = 0;
    if (RTA_PAYLOAD(attribute) < sizeof value) {
      continue;
    }
    std::memcpy(&value, RTA_DATA(attribute), sizeof value);
    if (attribute->rta_type == FRA_PRIORITY) {
      priority = value;
    } else if (attribute->rta_type == FRA_FWMARK) {
      mark = value;
    }
  }
  return head->action == FR_ACT_NOP && priority == kNotePriority ? mark : std::nullopt;
}

enum class Answer : std::uint8_t { kMore, kEnd, kRefused };

Answer take_answer(const char* bytes, std::size_t size, std::vector<std::uint32_t>& marks) {
  auto left = static_cast<std::uint32_t>(size);
  const auto* message = reinterpret_cast<const nlmsghdr*>(bytes);
  for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
    if (message->nlmsg_type == NLMSG_DONE) {
      return Answer::kEnd;
    }
    if (message->nlmsg_type == NLMSG_ERROR) {
      return Answer::kRefused;
    }
    if (const auto mark = note_of(*message)) {
      marks.push_back(*mark);
    }
  }
  return Answer::kMore;
}

bool captures_by_tproxy(const config::CaptureConfig& capture) noexcept {
  return (!capture.inbound.empty() && capture.inbound_mode == config::CaptureMode::kTproxy) ||
         (!capture.outbound.empty() && capture.outbound_mode == config::CaptureMode::kTproxy);
}

config::Error disagreement(std::uint32_t mark, const std::vector<std::uint32_t>& noted) {
  return {fmt::format("calls would have mark {}, and the rules of this network namespace are for {}: let "
                      "gabion net install --mark and capture.mark be the same",
                      mark, fmt::join(noted, ", ")),
          "capture.mark"};
}

}  // namespace

std::vector<std::uint32_t> marks_to_note(const NetSettings& settings) {
  switch (settings.layout) {
    case Layout::kSidecarRedirect:
      return {};
    case Layout::kSidecarTproxy:
      return {settings.mark};
    case Layout::kGateway:
      return {settings.mark, config::leaving_mark(settings.mark)};
  }
  return {};
}

config::Result<std::vector<std::uint32_t>> noted_marks(Family family) {
  const Descriptor descriptor(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const timeval wait{kWaitSeconds, 0};
  if (descriptor.get() < 0 || ::setsockopt(descriptor.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0) {
    return failed("netlink");
  }
  struct {
    nlmsghdr head;
    fib_rule_hdr rule;
  } question{};
  question.head.nlmsg_len = sizeof question;
  question.head.nlmsg_type = RTM_GETRULE;
  question.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.rule.family = family == Family::kV4 ? AF_INET : AF_INET6;
  if (::send(descriptor.get(), &question, sizeof question, 0) < 0) {
    return failed("netlink: send");
  }
  std::vector<std::uint32_t> marks;
  alignas(nlmsghdr) std::array<char, kAnswerBytes> answer{};
  for (int i = 0; i < kMostAnswers; ++i) {
    const auto size = ::recv(descriptor.get(), answer.data(), answer.size(), 0);
    if (size <= 0) {
      return failed("netlink: receive");
    }
    switch (take_answer(answer.data(), static_cast<std::size_t>(size), marks)) {
      case Answer::kMore:
        break;
      case Answer::kEnd:
        return marks;
      case Answer::kRefused:
        return config::Error{"the kernel does not tell its routing rules", "netlink"};
    }
  }
  return config::Error{"too many routing rules", "netlink"};
}

RulesFound compare_marks(const config::ProxyConfig& config, const std::vector<std::vector<std::uint32_t>>& noted) {
  const auto& capture = config.capture;
  const bool some = std::any_of(noted.begin(), noted.end(), [](const auto& marks) { return !marks.empty(); });
  if (!captures_by_tproxy(capture)) {
    if (some && !capture.inbound.empty()) {
      return {config::Error{
                  "the rules of this network namespace lead by TPROXY, what comes in would reach nobody: tproxy, or "
                  "install the rules with --mode redirect",
                  "capture.inbound.mode"},
              {}};
    }
    return {};
  }
  if (!some) {
    return {{}, "no rules of gabion net install --mode tproxy are in this network namespace: nothing is led here"};
  }
  std::vector<std::uint32_t> needed = {capture.mark};
  if (config.gateway) {
    needed.push_back(config::leaving_mark(capture.mark));
  }
  for (const auto& marks : noted) {
    for (const auto mark : needed) {
      if (!marks.empty() && std::find(marks.begin(), marks.end(), mark) == marks.end()) {
        return {disagreement(mark, marks), {}};
      }
    }
  }
  if (std::any_of(noted.begin(), noted.end(), [](const auto& marks) { return marks.empty(); })) {
    return {{},
            "rules of gabion net install --mode tproxy are in this network namespace for one of IPv4 and IPv6 only: "
            "nothing of the other is led here"};
  }
  return {};
}

RulesFound look_at_marks(const config::ProxyConfig& config) {
  if (config.capture.inbound.empty() && config.capture.outbound.empty()) {
    return {};
  }
  std::vector<std::vector<std::uint32_t>> noted;
  for (const auto family : has_ipv6() ? std::vector{Family::kV4, Family::kV6} : std::vector{Family::kV4}) {
    auto marks = noted_marks(family);
    if (marks.has_error()) {
      return {{}, fmt::format("whether the rules are for our mark cannot be told: {}", marks.error().to_string())};
    }
    noted.push_back(std::move(*marks));
  }
  return compare_marks(config, noted);
}

}  // namespace gabion::proxy::interception
