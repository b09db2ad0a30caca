// `gabion policy`: what policies mean, asked offline.
#include "proxy/commands/policy/policy.h"

#include <fmt/color.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

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

}  // namespace

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
