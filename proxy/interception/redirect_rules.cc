// The nat rules that lead a pod's TCP to its sidecar: see redirect_rules.h.
#include "proxy/interception/redirect_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace gabion::proxy::interception {
namespace {

using Rules = std::vector<std::string>;

struct FamilyWords {
  std::string_view source;     ///< of calls to the application
  std::string_view localhost;  ///< left alone: containers of a pod among themselves
};

FamilyWords words_of(Family family) noexcept {
  switch (family) {
    case Family::kV4:
      return {"127.0.0.6/32", "127.0.0.1/32"};
    case Family::kV6:
      return {"::6/128", "::1/128"};
  }
  return {};
}

bool is_of(const config::Cidr& cidr, Family family) noexcept {
  return cidr.network.is_v4() == (family == Family::kV4);
}

/// "-d 10.0.0.0/8 "; nothing for a network that is everything, as iptables-save has it.
std::string to_network(const config::Cidr& cidr) {
  return cidr.prefix_bits == 0 ? "" : fmt::format("-d {}/{} ", cidr.network.to_string(), cidr.prefix_bits);
}

void add_inbound(const RedirectSettings& settings, Rules& rules) {
  if (settings.agent_port != 0) {
    rules.push_back(fmt::format("-A GABION_IN -p tcp --dport {} -j RETURN", settings.agent_port));
  }
  for (const auto port : settings.exclude_inbound_ports) {
    rules.push_back(fmt::format("-A GABION_IN -p tcp --dport {} -j RETURN", port));
  }
  for (const auto port : settings.include_inbound_ports) {
    rules.push_back(
        fmt::format("-A GABION_IN -p tcp --dport {} -j REDIRECT --to-ports {}", port, settings.inbound_port));
  }
  if (settings.include_inbound_ports.empty()) {
    rules.push_back(fmt::format("-A GABION_IN -p tcp -j REDIRECT --to-ports {}", settings.inbound_port));
  }
}

/// What is left alone, whatever was asked for beside: the order matters (mesh.md §1).
void add_exemptions(const RedirectSettings& settings, const FamilyWords& words, Rules& rules) {
  rules.push_back(fmt::format("-A GABION_OUT -s {} -o lo -j RETURN", words.source));
  rules.push_back(
      fmt::format("-A GABION_OUT ! -d {} -o lo -m owner --uid-owner {} -j GABION_IN", words.localhost, settings.uid));
  rules.push_back(fmt::format("-A GABION_OUT -o lo -m owner ! --uid-owner {} -j RETURN", settings.uid));
  rules.push_back(fmt::format("-A GABION_OUT -m owner --uid-owner {} -j RETURN", settings.uid));
  rules.push_back(fmt::format("-A GABION_OUT -m owner --gid-owner {} -j RETURN", settings.gid));
  for (const auto uid : settings.exclude_uids) {
    rules.push_back(fmt::format("-A GABION_OUT -m owner --uid-owner {} -j RETURN", uid));
  }
  rules.push_back(fmt::format("-A GABION_OUT -d {} -j RETURN", words.localhost));
}

void add_outbound(const RedirectSettings& settings, Family family, Rules& rules) {
  add_exemptions(settings, words_of(family), rules);
  for (const auto& cidr : settings.exclude_outbound_cidrs) {
    if (is_of(cidr, family)) {
      rules.push_back(fmt::format("-A GABION_OUT {}-j RETURN", to_network(cidr)));
    }
  }
  for (const auto port : settings.exclude_outbound_ports) {
    rules.push_back(fmt::format("-A GABION_OUT -p tcp --dport {} -j RETURN", port));
  }
  for (const auto port : settings.include_outbound_ports) {
    rules.push_back(
        fmt::format("-A GABION_OUT -p tcp --dport {} -j REDIRECT --to-ports {}", port, settings.outbound_port));
  }
  for (const auto& cidr : settings.include_outbound_cidrs) {
    if (is_of(cidr, family)) {
      rules.push_back(
          fmt::format("-A GABION_OUT {}-p tcp -j REDIRECT --to-ports {}", to_network(cidr), settings.outbound_port));
    }
  }
  if (settings.include_outbound_ports.empty() && settings.include_outbound_cidrs.empty()) {
    rules.push_back(fmt::format("-A GABION_OUT -p tcp -j REDIRECT --to-ports {}", settings.outbound_port));
  }
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    if (end != 0) {
      found.push_back(line.substr(0, end));
    }
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return found;
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> found;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    found.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

bool is_own_chain(std::string_view chain) noexcept {
  return chain == kInboundChain || chain == kOutboundChain;
}

/// The chain and the options of a rule, each with its "!" and its values, sorted; matches that an option implies are
/// left out.
std::vector<std::string> canonical(std::string_view rule) {
  static constexpr std::array<std::string_view, 2> kImplied = {"-m tcp", "-m owner"};
  std::vector<std::string> options;
  bool negated = false;
  for (const auto word : words(rule)) {
    if (word == "!") {
      negated = true;
    } else if (word.starts_with('-') || options.empty()) {
      options.push_back((negated ? "! " : "") + std::string(word));
      negated = false;
    } else {
      options.back() += " " + std::string(word);
    }
  }
  std::erase_if(options, [](const std::string& option) {
    return std::find(kImplied.begin(), kImplied.end(), option) != kImplied.end();
  });
  std::sort(options.begin(), options.end());
  return options;
}

std::string_view chain_of(std::string_view rule) {
  const auto found = words(rule);
  return found.size() > 1 ? found[1] : std::string_view();
}

std::map<std::string_view, std::vector<std::vector<std::string>>> by_chain(const Rules& rules) {
  std::map<std::string_view, std::vector<std::vector<std::string>>> chains;
  for (const auto& rule : rules) {
    chains[chain_of(rule)].push_back(canonical(rule));
  }
  return chains;
}

/// Deletes the rules of others that jump to our chains.
void add_jump_removal(const Rules& found, std::string& text) {
  for (const auto& rule : found) {
    if (!is_own_chain(chain_of(rule))) {
      text += "-D" + rule.substr(2) + "\n";
    }
  }
}

template <class Value>
void refuse_both(std::string_view option, const std::vector<Value>& include, const std::vector<Value>& exclude,
                 Rules& sentences) {
  for (const auto& value : include) {
    if (std::find(exclude.begin(), exclude.end(), value) != exclude.end()) {
      sentences.push_back(fmt::format("--include-{0} and --exclude-{0} both name {1}", option, value));
    }
  }
}

}  // namespace

Rules contradictions(const RedirectSettings& settings) {
  Rules sentences;
  if (settings.uid == 0 || settings.gid == 0) {
    sentences.emplace_back("--uid and --gid are those of the sidecar alone: what root sends would go past it");
  }
  if (settings.inbound_port == settings.outbound_port) {
    sentences.push_back(fmt::format("--inbound-port and --outbound-port are both {}", settings.inbound_port));
  }
  for (const auto port : {settings.inbound_port, settings.outbound_port}) {
    if (port == settings.agent_port) {
      sentences.push_back(fmt::format("--agent-port is a port of the sidecar's traffic, {}", port));
    }
  }
  refuse_both("inbound-ports", settings.include_inbound_ports, settings.exclude_inbound_ports, sentences);
  refuse_both("outbound-ports", settings.include_outbound_ports, settings.exclude_outbound_ports, sentences);
  for (const auto uid : settings.exclude_uids) {
    if (uid == 0) {
      sentences.emplace_back("--exclude-uids names 0: what root sends would go past the sidecar");
    }
  }
  return sentences;
}

Rules redirect_rules(const RedirectSettings& settings, Family family) {
  Rules rules = {"-A PREROUTING -p tcp -j GABION_IN", "-A OUTPUT -p tcp -j GABION_OUT"};
  add_inbound(settings, rules);
  add_outbound(settings, family, rules);
  return rules;
}

Rules own_rules(std::string_view saved) {
  Rules found;
  for (const auto line : lines(saved)) {
    const auto parts = words(line);
    if (parts.size() < 4 || parts[0] != "-A") {
      continue;
    }
    const auto jump = std::find(parts.begin(), parts.end(), "-j");
    const bool jumps = jump != parts.end() && std::next(jump) != parts.end() && is_own_chain(*std::next(jump));
    if (is_own_chain(parts[1]) || jumps) {
      found.emplace_back(line);
    }
  }
  return found;
}

bool has_own_chains(std::string_view saved) {
  const auto all = lines(saved);
  return std::any_of(all.begin(), all.end(), [](std::string_view line) {
    const auto parts = words(line);
    return !parts.empty() && parts[0].starts_with(':') && is_own_chain(parts[0].substr(1));
  });
}

bool same_rules(const Rules& wanted, const Rules& found) {
  return by_chain(wanted) == by_chain(found);
}

std::string install_text(const Rules& wanted, const Rules& found) {
  // Declaring a chain of our own empties it.
  std::string text = fmt::format("*nat\n:{} - [0:0]\n:{} - [0:0]\n", kInboundChain, kOutboundChain);
  add_jump_removal(found, text);
  for (const auto& rule : wanted) {
    text += rule + "\n";
  }
  return text + "COMMIT\n";
}

std::string remove_text(const Rules& found) {
  std::string text = fmt::format("*nat\n:{} - [0:0]\n:{} - [0:0]\n", kInboundChain, kOutboundChain);
  add_jump_removal(found, text);
  return text + fmt::format("-X {}\n-X {}\nCOMMIT\n", kOutboundChain, kInboundChain);
}

std::string_view application_source(Family family) noexcept {
  const auto source = words_of(family).source;
  return source.substr(0, source.find('/'));
}

}  // namespace gabion::proxy::interception
