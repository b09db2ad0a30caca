// Small random clusters, policies and questions that meet each other often; a seed gives the same ones again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/kube/objects.h"
#include "config/proxy_config.h"
#include "inspect/message.h"

namespace gabion::inspect::policy {

inline constexpr std::string_view kTrustDomain = "cluster.local";

/// A fixed sequence: failures can be repeated.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint32_t below(std::uint32_t sides) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(state_ >> 33U) % sides;
  }
  bool once_in(std::uint32_t sides) { return below(sides) == 0; }
  template <class T>
  const T& of(const std::vector<T>& choices) {
    return choices[below(static_cast<std::uint32_t>(choices.size()))];
  }

 private:
  std::uint64_t state_;
};

/// Two namespaces, and a third that no Namespace object declares; nodes with, without or with unknown pod ranges;
/// pods that are terminal, without address, hostNetwork, dual-stack or on one address with another.
[[nodiscard]] config::kube::Objects random_cluster(Dice& dice);

/// A pod of such a cluster; `number` makes its name and its address.
[[nodiscard]] config::kube::Pod random_pod(Dice& dice, std::uint32_t number);

/// An item of http that some of the questions meet.
[[nodiscard]] config::kube::HttpMatch random_http(Dice& dice);

/// Why a path may be read in two ways.
enum class Doubt : std::uint8_t {
  kNone,
  kEncodedSlash,
  kDoubleEncoding,
  kEmptySegments,
  kSemicolon,
  kLetters,  ///< beyond ASCII: only where they are folded
  kAlways,
};

/// A path in three forms, so that no evaluator has to decode.
struct KnownPath {
  std::string_view sent;     ///< normalised, as a head's path
  std::string_view decoded;  ///< what rules compare where its doubt is kept; empty: no path ("*")
  Doubt doubt = Doubt::kNone;
};

struct KnownHost {
  std::string_view authority;
  std::string_view name;  ///< lower case, without trailing dot; empty: no Host
  std::optional<std::uint16_t> port;
};

/// One question. Heads and facts view it.
struct Question {
  Side side = Side::kIngress;
  config::IpAddress peer;
  std::optional<config::SpiffeId> identity;
  std::uint16_t port = 0;
  config::kube::IpProtocol protocol = config::kube::IpProtocol::kTcp;
  std::string_view method;
  const KnownPath* path = nullptr;
  const KnownHost* host = nullptr;
  config::PathReading reading;
  std::vector<HeaderField> fields;

  [[nodiscard]] ConnectionFacts facts() const;
  [[nodiscard]] RequestHead head() const;
  [[nodiscard]] std::string to_string() const;
};

[[nodiscard]] Question random_question(Dice& dice);

}  // namespace gabion::inspect::policy
