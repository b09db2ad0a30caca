// Rules as iptables-save prints them and iptables-restore takes them: see rule_text.h.
#include "proxy/interception/rule_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace gabion::proxy::interception {
namespace {

constexpr std::array<std::string_view, 7> kChains = {kInboundChain, kOutboundChain, kDivertChain, kForwardChain,
                                                     kPostChain,    kLeaveChain,    kLetChain};

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
  return std::find(kChains.begin(), kChains.end(), chain) != kChains.end();
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
    } else if (options.empty()) {
      options.emplace_back("-A");  // where -I put a rule, nobody can tell from it alone
    } else if (word.starts_with('-')) {
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

/// Deletes the rules of others' chains that jump to ours.
void add_jump_removal(const Rules& found, std::string& text) {
  for (const auto& rule : found) {
    if (!is_own_chain(chain_of(rule))) {
      text += "-D" + rule.substr(2) + "\n";
    }
  }
}

bool declares(std::string_view saved, std::string_view chain) {
  const auto all = lines(saved);
  return std::any_of(all.begin(), all.end(), [&](std::string_view line) {
    const auto parts = words(line);
    return !parts.empty() && parts[0].starts_with(':') && parts[0].substr(1) == chain;
  });
}

bool names(const Rules& rules, std::string_view chain) {
  return std::any_of(rules.begin(), rules.end(), [&](const std::string& rule) {
    const auto parts = words(rule);
    return std::find(parts.begin(), parts.end(), chain) != parts.end();
  });
}

}  // namespace

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
  return std::any_of(kChains.begin(), kChains.end(), [&](std::string_view chain) { return declares(saved, chain); });
}

bool same_rules(const Rules& wanted, const Rules& found) {
  return by_chain(wanted) == by_chain(found);
}

std::string change_text(std::string_view table, const Rules& wanted, std::string_view saved) {
  std::string text = fmt::format("*{}\n", table);
  std::string last;
  for (const auto chain : kChains) {
    const bool is_wanted = names(wanted, chain);
    if (is_wanted || declares(saved, chain)) {
      text += fmt::format(":{} - [0:0]\n", chain);  // declaring a chain of our own empties it
      last.insert(0, is_wanted ? "" : fmt::format("-X {}\n", chain));
    }
  }
  add_jump_removal(own_rules(saved), text);
  for (const auto& rule : wanted) {
    text += rule + "\n";
  }
  return text + last + "COMMIT\n";
}

}  // namespace gabion::proxy::interception
