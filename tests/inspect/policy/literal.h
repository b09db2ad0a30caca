// The policy guide read word by word: slow, without any index, for one question at a time.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/kube/objects.h"
#include "tests/inspect/policy/random_cluster.h"

namespace gabion::inspect::policy {

/// Three-valued, policy guide principle 2. The order makes AND a minimum and OR a maximum.
enum class Truth : std::uint8_t { kNo, kUnknown, kYes };

/// What the guide says about a request.
struct LiteralVerdict {
  bool allowed = false;
  bool mismatch = false;         ///< denied since address and certificate disagree
  bool ambiguous = false;        ///< denied since the path is
  bool dry_run_allowed = false;  ///< with DryRun policies enforced; meaningless when layer 4 denies
  std::set<std::string> allows;  ///< L7 Allow rules that matched, enforced ones
  std::set<std::string> denies;  ///< L7 Deny rules that fired, enforced ones
};

class Literal {
 public:
  /// Borrows. `own` is a pod of `objects`.
  Literal(const config::kube::Objects& objects, const config::kube::Pod& own) : objects_(objects), own_(own) {}

  /// §1.1, by layer 4 alone.
  [[nodiscard]] bool network(const Question& asked) const;
  /// §3.2.
  [[nodiscard]] LiteralVerdict request(const Question& asked) const;

 private:
  /// Who the peer may be: known pods, or nobody known.
  struct Peer {
    std::vector<const config::kube::Pod*> candidates;
    Truth is_some_pod = Truth::kYes;  ///< without candidates: kNo or kUnknown
    bool node = false;
    bool own_node = false;
    bool mismatch = false;
  };
  struct Tally;

  [[nodiscard]] Peer peer_of(const Question& asked) const;
  [[nodiscard]] bool is_live(const config::kube::Pod& pod) const { return !pod.terminal && !pod.addresses.empty(); }
  [[nodiscard]] bool in_pod_range(const config::IpAddress& address) const;
  [[nodiscard]] bool is_believed(const config::kube::Pod& pod, const config::IpAddress& host) const;
  void find_node(const Question& asked, Peer& peer) const;
  [[nodiscard]] bool is_self(const Question& asked, const Peer& peer) const;

  [[nodiscard]] Truth selects(const config::kube::PeerSpec& item, const std::string& name_space,
                              const config::kube::Pod* pod, const Peer& peer) const;
  [[nodiscard]] Truth account(const config::kube::ServiceAccountPeer& wanted, const config::kube::Pod* pod,
                              const Question& asked) const;
  [[nodiscard]] Truth meets(const std::optional<std::vector<config::kube::PeerSpec>>& items,
                            const std::string& name_space, const config::kube::Pod* pod, const Peer& peer,
                            const Question& asked) const;
  [[nodiscard]] bool lists(const std::vector<config::kube::PortSpec>& ports, const config::kube::Pod* pod,
                           const Question& asked, config::kube::IpProtocol protocol) const;
  /// Of every candidate (or the unknown one), the least or the most that `ask` answers.
  template <class Ask>
  [[nodiscard]] Truth of_all(const Peer& peer, const Ask& ask) const;
  template <class Ask>
  [[nodiscard]] Truth of_any(const Peer& peer, const Ask& ask) const;

  [[nodiscard]] bool network(const Question& asked, const Peer& peer, config::kube::IpProtocol protocol) const;
  void count(const config::kube::L7Policy& policy, const Question& asked, const Peer& peer, Tally& tally) const;
  [[nodiscard]] Tally tally(const Question& asked, const Peer& peer, bool with_dry_run) const;

  const config::kube::Objects& objects_;
  const config::kube::Pod& own_;
};

/// §3.3: whether two servers may read the path differently and the reading does not say to keep it.
[[nodiscard]] bool doubtful_path(const Question& asked);

/// §3.3, §3.4: whether one of `items` means the request; without items every request.
[[nodiscard]] Truth literal_http(const std::vector<config::kube::HttpMatch>& items, const Question& asked,
                                 config::kube::RuleAction action);

}  // namespace gabion::inspect::policy
