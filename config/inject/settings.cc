// A table of annotations: name, how it is checked, where it goes.
#include "config/inject/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <charconv>
#include <optional>
#include <set>

#include "config/dns_name.h"
#include "config/inject/tree.h"
#include "config/ip_address.h"

namespace gabion::config::inject {
namespace {

constexpr std::string_view kPrefix = "gabion.dev/";
constexpr std::size_t kMaxListed = 64;
constexpr std::size_t kShownBytes = 64;

using Check = Result<void> (*)(std::string_view);

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(comma + 1);
  }
}

Error bad(std::string_view text, std::string_view expected) {
  return {fmt::format("\"{}\" is not {}", text.substr(0, kShownBytes), expected), ""};
}

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  constexpr std::uint32_t kMaxPort = 65'535;
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= kMaxPort && text[0] != '0';
}

Result<void> check_ports(std::string_view text) {
  const auto parts = split_list(text);
  if (parts.size() > kMaxListed || !std::all_of(parts.begin(), parts.end(), &is_port)) {
    return bad(text, "a list of at most 64 ports, 1 to 65535, with commas and no blanks");
  }
  if (std::set<std::string_view>(parts.begin(), parts.end()).size() != parts.size()) {
    return bad(text, "a list of ports, each once");
  }
  return {};
}

Result<void> check_cidrs(std::string_view text) {
  const auto parts = split_list(text);
  const auto is_cidr = [](std::string_view part) {
    return part.find('/') != std::string_view::npos && Cidr::parse(part).has_value();
  };
  if (parts.size() > kMaxListed || !std::all_of(parts.begin(), parts.end(), is_cidr)) {
    return bad(text, "a list of at most 64 CIDRs with commas and no blanks");
  }
  return {};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Digits, then one of the suffixes; more spellings of a quantity exist, none is needed here.
bool is_quantity(std::string_view text, std::initializer_list<std::string_view> suffixes) {
  constexpr std::size_t kMaxDigits = 12;
  const auto digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), &is_digit) - text.begin());
  return digits > 0 && digits <= kMaxDigits && text[0] != '0' &&
         std::find(suffixes.begin(), suffixes.end(), text.substr(digits)) != suffixes.end();
}

Result<void> check_cpu(std::string_view text) {
  if (!is_quantity(text, {"", "m"})) {
    return bad(text, "an amount of CPU: 50m, 2");
  }
  return {};
}

Result<void> check_memory(std::string_view text) {
  if (!is_quantity(text, {"", "k", "M", "G", "Ki", "Mi", "Gi"})) {
    return bad(text, "an amount of memory: 64Mi, 1Gi");
  }
  return {};
}

Result<void> check_object_name(std::string_view text) {
  if (!is_dns_subdomain(text)) {
    return bad(text, "the name of an object (a DNS subdomain)");
  }
  return {};
}

struct TextAnnotation {
  std::string_view name;
  Check check;
  std::string Settings::*target;
};

constexpr TextAnnotation kTexts[] = {
    {"exclude-inbound-ports", &check_ports, &Settings::exclude_inbound_ports},
    {"exclude-outbound-ports", &check_ports, &Settings::exclude_outbound_ports},
    {"exclude-outbound-cidrs", &check_cidrs, &Settings::exclude_outbound_cidrs},
    {"image", &check_image, &Settings::image},
    {"init-image", &check_image, &Settings::init_image},
    {"cpu-request", &check_cpu, &Settings::cpu_request},
    {"cpu-limit", &check_cpu, &Settings::cpu_limit},
    {"memory-request", &check_memory, &Settings::memory_request},
    {"memory-limit", &check_memory, &Settings::memory_limit},
    {"config-map", &check_object_name, &Settings::config_map},
    {"policy-map", &check_object_name, &Settings::policy_map},
    {"certificate-secret", &check_object_name, &Settings::certificate_secret},
};

/// Nothing when `name` is none of the words' annotations.
std::optional<Result<void>> read_word(std::string_view name, std::string_view text, PodSettings& read) {
  const auto choose = [&](std::string_view yes, std::string_view no, auto set) -> Result<void> {
    if (text != yes && text != no) {
      return bad(text, fmt::format("\"{}\" or \"{}\"", yes, no));
    }
    set(text == yes);
    return {};
  };
  if (name == "inject") {
    return choose("true", "false", [&](bool yes) { read.wish = yes ? InjectWish::kYes : InjectWish::kNo; });
  }
  if (name == "rewrite-probes") {
    return choose("true", "false", [&](bool yes) { read.settings.rewrite_probes = yes; });
  }
  if (name == "sidecar") {
    return choose("native", "classic",
                  [&](bool yes) { read.settings.form = yes ? SidecarForm::kNative : SidecarForm::kClassic; });
  }
  if (name == "interception") {
    return choose("tproxy", "redirect", [&](bool yes) {
      read.settings.interception = yes ? Interception::kTproxy : Interception::kRedirect;
    });
  }
  return std::nullopt;
}

/// Other parts of Gabion have annotations of their own.
bool is_of_others(std::string_view name) {
  return name == "status" || name == "imported-from" || name == "l7policy.v1alpha1";
}

Result<void> read_one(std::string_view name, std::string_view text, PodSettings& read) {
  if (auto word = read_word(name, text, read)) {
    return *word;
  }
  const auto* const known =
      std::find_if(std::begin(kTexts), std::end(kTexts), [&](const TextAnnotation& each) { return each.name == name; });
  if (known == std::end(kTexts)) {
    return is_of_others(name) ? Result<void>() : Error{"there is no such annotation", ""};
  }
  if (auto checked = known->check(text); checked.has_error()) {
    return checked.error();
  }
  read.settings.*known->target = std::string(text);
  return {};
}

}  // namespace

Result<void> check_image(std::string_view text) {
  constexpr std::size_t kMaxImage = 512;
  const auto fits = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._-/:@").find(c) != std::string_view::npos;
  };
  if (text.empty() || text.size() > kMaxImage || !std::all_of(text.begin(), text.end(), fits)) {
    return bad(text, "the name of an image");
  }
  return {};
}

CheckedResult<PodSettings> read_annotations(const boost::json::value* metadata, Settings defaults) {
  PodSettings read;
  read.settings = std::move(defaults);
  Errors errors;
  const auto* const annotations = member(metadata, "annotations");
  const auto* const object = annotations == nullptr ? nullptr : annotations->if_object();
  if (object == nullptr) {
    return read;
  }
  for (const auto& [key, value] : *object) {
    const std::string_view name(key.data(), key.size());
    if (name.substr(0, kPrefix.size()) != kPrefix) {
      continue;
    }
    const auto result = value.is_string() ? read_one(name.substr(kPrefix.size()), text_of(&value), read)
                                          : Result<void>(Error{"the value is no string: quote it", ""});
    if (result.has_error()) {
      errors.emplace_back(result.error().what, fmt::format("annotation {}", name));
    }
  }
  if (!errors.empty()) {
    return errors;
  }
  return read;
}

}  // namespace gabion::config::inject
