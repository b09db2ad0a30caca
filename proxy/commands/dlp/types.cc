// `gabion dlp types`: the catalogue as a table or as JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <iostream>

#include "inspect/dlp/catalogue.h"
#include "proxy/commands/dlp/dlp.h"

namespace gabion::proxy::dlp {
namespace {

using inspect::dlp::Form;
using inspect::dlp::Need;
using inspect::dlp::Operator;
using inspect::dlp::Type;
using inspect::dlp::Walk;

std::string_view word_of(Operator action) {
  switch (action) {
    case Operator::kLog:
      return "log";
    case Operator::kMask:
      return "mask";
    case Operator::kBlock:
      return "block";
  }
  return "";
}

/// Whether a policy needs a cue to act on the type.
std::string_view cue_word(const Type& type) {
  const auto needs = [](const Form& form) { return form.need == Need::kCue; };
  if (std::all_of(type.forms.begin(), type.forms.end(), needs)) {
    return "always";
  }
  return std::any_of(type.forms.begin(), type.forms.end(), needs) ? "some forms" : "never";
}

bool is_checked(const Type& type) {
  return std::any_of(type.forms.begin(), type.forms.end(), [](const Form& form) {
    return !form.check.empty() || form.walk == Walk::kPem || form.walk == Walk::kJwt;
  });
}

std::vector<std::string_view> groups_of(const Type& type) {
  using namespace inspect::dlp;
  std::vector<std::string_view> names;
  for (const auto& [bit, name] : {std::pair(kDefault, "default"), std::pair(kPci, "pci"), std::pair(kGdpr, "gdpr"),
                                  std::pair(kHipaa, "hipaa"), std::pair(kSecrets, "secrets")}) {
    if ((type.groups & bit) != 0) {
      names.emplace_back(name);
    }
  }
  return names;
}

boost::json::array split(std::string_view list) {
  boost::json::array items;
  while (!list.empty()) {
    const std::size_t end = list.find('|');
    items.emplace_back(std::string(list.substr(0, end)));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return items;
}

int types(bool json) {
  if (!json) {
    std::cout << fmt::format("{:<26} {:<40} {:<9} {:<11} {:<9} {}\n", "ENTITY", "WHAT", "CHECKED", "NEEDS CUE",
                             "RESPONSE", "SETS");
  }
  boost::json::array all;
  for (const Type& type : inspect::dlp::catalogue()) {
    const auto groups = groups_of(type);
    if (json) {
      boost::json::array names;
      for (const auto name : groups) {
        names.emplace_back(name);
      }
      auto cues = split(type.cues);
      for (auto& cue : split(type.inner)) {
        cues.push_back(cue);
      }
      all.push_back(boost::json::object{{"entity", type.id},
                                        {"title", type.title},
                                        {"sets", std::move(names)},
                                        {"checked", is_checked(type)},
                                        {"needs_cue", cue_word(type)},
                                        {"request", word_of(type.request)},
                                        {"response", word_of(type.response)},
                                        {"cues", std::move(cues)}});
      continue;
    }
    std::cout << fmt::format("{:<26} {:<40} {:<9} {:<11} {:<9} {}\n", type.id, type.title,
                             is_checked(type) ? "yes" : "no", cue_word(type), word_of(type.response),
                             groups.empty() ? "off" : fmt::format("{}", fmt::join(groups, ", ")));
  }
  if (json) {
    std::cout << all << '\n';
  }
  std::cout.flush();
  return std::cout ? kExitOk : kExitFailed;
}

}  // namespace

void add_types(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("types", "List the types of sensitive values that are known");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Answer in JSON, with the cues");
  command->footer(
      "SETS are names a policy may use; off: found only where it is named.\n"
      "Example:\n  gabion dlp types | grep gdpr");
  command->callback([json, &chosen] { chosen = [json] { return types(*json); }; });
}

}  // namespace gabion::proxy::dlp
