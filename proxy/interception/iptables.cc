// The system's iptables, either back end and family: see iptables.h.
#include "proxy/interception/iptables.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "proxy/interception/program.h"
#include "proxy/interception/tables.h"

namespace gabion::proxy::interception {
namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

config::Result<std::string> run_tool(const std::vector<std::string>& words, std::string_view input) {
  auto end = run_program(words, input);
  if (end.has_error()) {
    return end.error();
  }
  if (end->status != 0) {
    const std::string said = trimmed(end->errors.empty() ? end->output : end->errors);
    return config::Error{said.empty() ? fmt::format("ended with {}", end->status) : said, words.front()};
  }
  return std::move(end->output);
}

/// Legacy tables exist once somebody asked for them; asking would make one.
bool has_legacy_table(Family family, std::string_view table) {
  std::ifstream names(family == Family::kV4 ? "/proc/net/ip_tables_names" : "/proc/net/ip6_tables_names");
  for (std::string name; std::getline(names, name);) {
    if (name == table) {
      return true;
    }
  }
  return false;
}

std::size_t count_rules(std::string_view saved) {
  std::size_t count = saved.starts_with("-A ") ? 1 : 0;
  for (auto at = saved.find("\n-A "); at != std::string_view::npos; at = saved.find("\n-A ", at + 1)) {
    ++count;
  }
  return count;
}

/// Of IPv4: which back end is used says one family as well as two.
config::Result<std::string> all_tables(Backend backend) {
  std::string all;
  for (const auto table : kTables) {
    auto saved = saved_rules(backend, table, Family::kV4);
    if (saved.has_error()) {
      return saved;
    }
    all += *saved;
  }
  return all;
}

}  // namespace

std::string_view name_of(Backend backend) noexcept {
  switch (backend) {
    case Backend::kNft:
      return "nft";
    case Backend::kLegacy:
      return "legacy";
  }
  return "";
}

std::string_view name_of(Family family) noexcept {
  switch (family) {
    case Family::kV4:
      return "ipv4";
    case Family::kV6:
      return "ipv6";
  }
  return "";
}

std::string tool(Backend backend, Family family, std::string_view what) {
  return fmt::format("{}-{}-{}", family == Family::kV4 ? "iptables" : "ip6tables", name_of(backend), what);
}

config::Result<std::string> saved_rules(Backend backend, std::string_view table, Family family) {
  if (backend == Backend::kLegacy && !has_legacy_table(family, table)) {
    return std::string();
  }
  return run_tool({tool(backend, family, "save"), "-t", std::string(table)}, {});
}

config::Result<void> restore_rules(Backend backend, Family family, std::string_view text) {
  const auto done = run_tool({tool(backend, family, "restore"), "--noflush", "-w", "10"}, text);
  return done.has_error() ? config::Result<void>(done.error()) : config::Result<void>();
}

config::Result<Backend> choose_backend() {
  const auto nft = all_tables(Backend::kNft);
  const auto legacy = all_tables(Backend::kLegacy);
  if (nft.has_error() && legacy.has_error()) {
    return nft.error();
  }
  if (nft.has_error()) {
    return Backend::kLegacy;
  }
  if (legacy.has_error() || has_own_chains(*nft)) {
    return Backend::kNft;
  }
  const bool only_legacy = count_rules(*legacy) != 0 && count_rules(*nft) == 0;
  return has_own_chains(*legacy) || only_legacy ? Backend::kLegacy : Backend::kNft;
}

bool has_ipv6() noexcept {
  return ::access("/proc/net/if_inet6", F_OK) == 0;
}

}  // namespace gabion::proxy::interception
