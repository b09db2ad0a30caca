// `gabion policy`: what policies mean, asked offline.
#include "proxy/commands/policy/policy.h"

#include <fmt/color.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "config/policy/load.h"
#include "config/proxy_words.h"
#include "inspect/policy/close_bad_regexes.h"

namespace gabion::proxy {

void add_policy(CLI::App& app, Command& chosen) {
  auto* group = app.add_subcommand("policy", "Ask, compare, test and import policies, without a cluster");
  group->require_subcommand(1);
  group->footer(
      "Ends are namespace/pod, node:NAME, or ip:ADDRESS (an address of nobody).\n"
      "Example:\n  gabion policy explain -f policy --from shop/web-0 --to shop/orders-0 --port 8080 --path /orders");
  policy::add_explain(*group, chosen);
  policy::add_diff(*group, chosen);
  policy::add_test(*group, chosen);
  policy::add_import(*group, chosen);
  policy::add_eval(*group, chosen);
}

namespace policy {
namespace {

bool wants_colour() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): commands have one thread and change no environment.
  return ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
}

fmt::text_style style_of(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return fmt::emphasis::bold | fmt::fg(fmt::terminal_color::green);
    case Tone::kBad:
      return fmt::emphasis::bold | fmt::fg(fmt::terminal_color::red);
    case Tone::kNote:
      return fmt::fg(fmt::terminal_color::yellow);
  }
  return {};
}

template <class Value, std::size_t Size>
Value value_of(const config::Word<Value> (&words)[Size], const std::string& option, std::string_view text) {
  std::string known;
  for (const auto& word : words) {
    if (word.text == text) {
      return word.value;
    }
    known += (known.empty() ? "" : ", ") + std::string(word.text);
  }
  throw CLI::ValidationError(option, fmt::format("must be one of {}, not \"{}\"", known, text));
}

/// "semicolon=keep"
void set_reading(std::string_view text, config::PathReading& reading) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view key = text.substr(0, equals);
  const std::string_view value = text.substr(std::min(equals + 1, text.size()));
  const std::string option = "--paths " + std::string(key);
  if (key == "case") {
    reading.letters = value_of(config::kPathCaseWords, option, value);
    return;
  }
  for (const auto& known : config::kDoubtfulPathKeys) {
    if (known.key == key) {
      reading.*known.member = value_of(config::kDoubtfulPathWords, option, value);
      return;
    }
  }
  throw CLI::ValidationError(option,
                             "there is no such key: encodedSlash, doubleEncoding, emptySegments, semicolon, case");
}

}  // namespace

config::CheckedResult<config::kube::Objects> load_policies(const std::vector<std::filesystem::path>& paths) {
  auto objects = config::policy::load_checked_manifests(paths);
  if (!objects) {
    return objects;
  }
  inspect::policy::close_bad_regexes(*objects);
  return objects->refusals.empty() ? std::move(objects)
                                   : config::CheckedResult<config::kube::Objects>(objects->refusals);
}

void add_path_options(CLI::App& command, inspect::policy::PathSettings& paths) {
  command
      .add_option_function<std::string>(
          "--path-level",
          [&paths](const std::string& text) { paths.level = value_of(config::kPathLevelWords, "--path-level", text); },
          "pathLevel of the sidecars' inspection profile: NONE, BASE, MERGE_SLASHES, DECODE_AND_MERGE_SLASHES")
      ->type_name("LEVEL");
  command
      .add_option_function<std::vector<std::string>>(
          "--paths",
          [&paths](const std::vector<std::string>& texts) {
            for (const auto& text : texts) {
              set_reading(text, paths.reading);
            }
          },
          "paths of that profile: emptySegments=keep,case=fold,..")
      ->type_name("KEY=WORD")
      ->delimiter(',')
      ->allow_extra_args(false);
}

int refuse(const config::Errors& errors) {
  for (const auto& error : errors) {
    std::cerr << error.to_string() << '\n';
  }
  return kExitConfiguration;
}

std::string coloured(std::string_view text, Tone tone) {
  return wants_colour() ? fmt::format(style_of(tone), "{}", text) : std::string(text);
}

}  // namespace policy
}  // namespace gabion::proxy
