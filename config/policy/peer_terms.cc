// Each item of a peer list is kept under one thing it needs, so that a pod is asked about few of them.
#include "config/policy/peer_terms.h"

#include <algorithm>
#include <utility>

namespace gabion::config::policy {
namespace {

void append(std::string& key, std::string_view text) {
  key += std::to_string(text.size());
  key += ':';
  key += text;
}

void append(std::string& key, const kube::LabelSelector& selector) {
  for (const auto& [label, value] : selector.match_labels) {
    key += '=';
    append(key, label);
    append(key, value);
  }
  for (const auto& wanted : selector.match_expressions) {
    key += static_cast<char>('a' + static_cast<int>(wanted.op));
    append(key, wanted.key);
    for (const auto& value : wanted.values) {
      append(key, value);
    }
  }
  key += ';';
}

void append(std::string& key, const Cidr& cidr) {
  append(key, cidr.network.to_string());
  key += static_cast<char>(cidr.prefix_bits);
}

/// Equal keys mean equal peers; the other way round nearly always.
void append(std::string& key, const kube::PeerSpec& peer) {
  if (peer.pod_selector) {
    key += 'P';
    append(key, *peer.pod_selector);
  }
  if (peer.namespace_selector) {
    key += 'N';
    append(key, *peer.namespace_selector);
  }
  if (peer.ip_block) {
    key += 'B';
    append(key, peer.ip_block->cidr);
    for (const auto& hole : peer.ip_block->except) {
      append(key, hole);
    }
  }
  if (peer.service_account) {
    key += 'A';
    append(key, peer.service_account->trust_domain);
    append(key, peer.service_account->name_space);
    append(key, peer.service_account->name);
  }
  key += '|';
}

std::string label_key(char kind, std::string_view label, std::string_view value) {
  std::string key(1, kind);
  key += label;
  key += '=';
  key += value;
  return key;
}

/// Labels of which a match must have one; empty: nothing in particular.
std::vector<std::string> needed(char kind, const kube::LabelSelector& selector) {
  std::vector<std::string> keys;
  if (!selector.match_labels.empty()) {
    const auto& [label, value] = *selector.match_labels.begin();
    keys.push_back(label_key(kind, label, value));
    return keys;
  }
  for (const auto& wanted : selector.match_expressions) {
    if (wanted.op != kube::LabelRequirement::Operator::kIn) {
      continue;
    }
    for (const auto& value : wanted.values) {
      keys.push_back(label_key(kind, wanted.key, value));
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  }
  return keys;
}

/// What a pod must have for `peer` not to be a certain no. A namespace that is not known is never certain (R10).
std::vector<std::string> needed(const kube::PeerSpec& peer, const std::string& own_namespace) {
  if (peer.pod_selector) {
    if (auto keys = needed('p', *peer.pod_selector); !keys.empty()) {
      return keys;
    }
  }
  if (peer.service_account) {
    return {"s" + peer.service_account->name_space};
  }
  if (!peer.namespace_selector) {
    return {"s" + own_namespace};
  }
  auto keys = needed('n', *peer.namespace_selector);
  if (!keys.empty()) {
    keys.emplace_back("u");
    return keys;
  }
  return {""};
}

void sort_once(std::vector<TermId>& terms) {
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
}

void remove(std::vector<TermId>& from, const std::vector<TermId>& terms) {
  std::erase_if(from, [&terms](TermId term) { return has_term(terms, term); });
}

}  // namespace

bool NamedPort::declared_by(const kube::Pod& pod) const {
  return !pod.host_network && std::any_of(pod.ports.begin(), pod.ports.end(), [this](const kube::ContainerPort& own) {
    return own.protocol == protocol && own.port == number &&
           std::find(names.begin(), names.end(), own.name) != names.end();
  });
}

PeerTerms::PeerTerms(std::string name_space, std::string trust_domain, const std::vector<kube::Namespace>& namespaces)
    : name_space_(std::move(name_space)), trust_domain_(std::move(trust_domain)) {
  for (const auto& known : namespaces) {
    namespaces_.emplace(known.name, &known.labels);
  }
}

TermId PeerTerms::intern(const Peers& peers, const std::optional<NamedPort>& port) {
  if (!peers && !port) {
    return kAnyPeer;
  }
  std::string key = peers ? "" : "*";
  for (std::size_t i = 0; peers && i < peers->size(); ++i) {
    append(key, (*peers)[i]);
  }
  if (port) {
    key += '#' + std::to_string(port->number) + std::string(kube::to_string(port->protocol));
    for (const auto& name : port->names) {
      append(key, name);
    }
  }
  const auto [found, fresh] = ids_.emplace(std::move(key), static_cast<TermId>(terms_.size()));
  if (!fresh) {
    return found->second;
  }
  terms_.push_back(Term{peers ? &*peers : nullptr, port});
  if (!peers) {
    index(found->second, nullptr);
  }
  for (std::size_t i = 0; peers && i < peers->size(); ++i) {
    if (!(*peers)[i].ip_block) {
      index(found->second, &(*peers)[i]);
    }
  }
  return found->second;
}

void PeerTerms::index(TermId term, const kube::PeerSpec* peer) {
  for (auto& key : peer == nullptr ? std::vector<std::string>{""} : needed(*peer, name_space_)) {
    items_[std::move(key)].push_back(Item{term, peer});
  }
}

std::vector<const PeerTerms::Item*> PeerTerms::candidates(const kube::Pod& pod, const kube::Labels* space) const {
  std::vector<const Item*> result;
  const auto add = [this, &result](const std::string& key) {
    const auto found = items_.find(key);
    if (found != items_.end()) {
      for (const auto& item : found->second) {
        result.push_back(&item);
      }
    }
  };
  add("");
  add("s" + pod.name.name_space);
  for (const auto& [label, value] : pod.labels) {
    add(label_key('p', label, value));
  }
  if (space == nullptr) {
    add("u");
    return result;
  }
  for (const auto& [label, value] : *space) {
    add(label_key('n', label, value));
  }
  return result;
}

/// Source: policy R9, R10; a Namespace not known yet is unknown, not "no".
PeerTerms::Answer PeerTerms::selects(const kube::PeerSpec& peer, const kube::Pod& pod,
                                     const kube::Labels* space) const {
  if (pod.host_network || (peer.pod_selector && !peer.pod_selector->matches(pod.labels))) {
    return Answer::kNo;
  }
  if (!peer.namespace_selector) {
    return pod.name.name_space == name_space_ ? Answer::kYes : Answer::kNo;
  }
  if (space == nullptr) {
    return Answer::kUnknown;
  }
  return peer.namespace_selector->matches(*space) ? Answer::kYes : Answer::kNo;
}

/// Without a certificate a known pod's account is inferred: good enough for a Deny, never for an Allow (policy §3.2).
PeerTerms::Answer PeerTerms::account(const kube::ServiceAccountPeer& wanted, const kube::Pod& pod,
                                     Certificate certificate) const {
  const bool same = (wanted.trust_domain.empty() || wanted.trust_domain == trust_domain_) &&
                    wanted.name_space == pod.name.name_space &&
                    (wanted.name == "*" || wanted.name == pod.service_account);
  if (!same) {
    return Answer::kNo;
  }
  return certificate == Certificate::kOwn ? Answer::kYes : Answer::kUnknown;
}

PeerTerms::Answer PeerTerms::answer(const Item& item, const kube::Pod& pod, const kube::Labels* space,
                                    Certificate certificate) const {
  const auto& port = terms_[item.term].port;
  if (port && !port->declared_by(pod)) {
    return Answer::kNo;
  }
  Answer result = Answer::kYes;
  if (item.peer != nullptr && (item.peer->pod_selector || item.peer->namespace_selector)) {
    result = selects(*item.peer, pod, space);
  }
  if (item.peer != nullptr && item.peer->service_account) {
    result = std::min(result, account(*item.peer->service_account, pod, certificate));
  }
  return result;
}

PodTerms PeerTerms::answer(const kube::Pod& pod) const {
  PodTerms result;
  const auto known = namespaces_.find(pod.name.name_space);
  const auto* space = known == namespaces_.end() ? nullptr : known->second;
  const auto put = [](TermId term, Answer answer, std::vector<TermId>& yes, std::vector<TermId>& maybe) {
    if (answer != Answer::kNo) {
      (answer == Answer::kYes ? yes : maybe).push_back(term);
    }
  };
  for (const auto* item : candidates(pod, space)) {
    const Answer plain = answer(*item, pod, space, Certificate::kNone);
    const bool by_account = item->peer != nullptr && item->peer->service_account;
    put(item->term, plain, result.yes, result.maybe);
    put(item->term, by_account ? answer(*item, pod, space, Certificate::kOwn) : plain, result.verified_yes,
        result.verified_maybe);
  }
  for (auto* terms : {&result.yes, &result.maybe, &result.verified_yes, &result.verified_maybe}) {
    sort_once(*terms);
  }
  remove(result.maybe, result.yes);
  remove(result.verified_maybe, result.verified_yes);
  return result;
}

}  // namespace gabion::config::policy
