// The sets of peers that rules name, interned by what they say, and which of them a pod is in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/rule_set.h"

namespace gabion::config::policy {

/// The pods on which a port with one of these names has this number (policy R14).
struct NamedPort {
  std::vector<std::string> names;
  kube::IpProtocol protocol = kube::IpProtocol::kTcp;
  std::uint16_t number = 0;

  [[nodiscard]] bool declared_by(const kube::Pod& pod) const;
};

/// What a pod answers to selectors, accounts and named ports; ipBlocks are asked about addresses (BlockTable).
struct PodTerms {
  std::vector<TermId> yes;           ///< ascending; without a certificate, and with one too
  std::vector<TermId> maybe;         ///< without a certificate: its account is inferred, or its namespace unknown
  std::vector<TermId> verified_yes;  ///< with a certificate of the pod's own account
  std::vector<TermId> verified_maybe;
};

/// Borrows every peer list it is given, and the namespaces: they outlive it.
class PeerTerms {
 public:
  using Peers = std::optional<std::vector<kube::PeerSpec>>;
  struct Term {
    const std::vector<kube::PeerSpec>* peers = nullptr;  ///< null: any
    std::optional<NamedPort> port;
  };

  /// `name_space` is where all policies are, the workload's.
  PeerTerms(std::string name_space, std::string trust_domain, const std::vector<kube::Namespace>& namespaces);

  /// The set of `peers`, on the pods of `port` only if that is given. Equal lists are one set.
  [[nodiscard]] TermId intern(const Peers& peers, const std::optional<NamedPort>& port);

  [[nodiscard]] const std::vector<Term>& terms() const noexcept { return terms_; }
  [[nodiscard]] PodTerms answer(const kube::Pod& pod) const;

 private:
  enum class Answer : std::uint8_t { kNo, kUnknown, kYes };
  enum class Certificate : std::uint8_t { kNone, kOwn };
  struct Item {
    TermId term = 0;
    const kube::PeerSpec* peer = nullptr;  ///< null: any peer, on its port
  };

  void index(TermId term, const kube::PeerSpec* peer);
  [[nodiscard]] std::vector<const Item*> candidates(const kube::Pod& pod, const kube::Labels* space) const;
  [[nodiscard]] Answer selects(const kube::PeerSpec& peer, const kube::Pod& pod, const kube::Labels* space) const;
  [[nodiscard]] Answer account(const kube::ServiceAccountPeer& wanted, const kube::Pod& pod,
                               Certificate certificate) const;
  [[nodiscard]] Answer answer(const Item& item, const kube::Pod& pod, const kube::Labels* space,
                              Certificate certificate) const;

  std::string name_space_;
  std::string trust_domain_;
  std::unordered_map<std::string, const kube::Labels*> namespaces_;
  std::vector<Term> terms_;
  std::unordered_map<std::string, TermId> ids_;
  std::unordered_map<std::string, std::vector<Item>> items_;  ///< by something a pod must have; "" = by nothing
};

}  // namespace gabion::config::policy
