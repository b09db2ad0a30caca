// `gabion inject` and `gabion uninject`: manifests with the firewall in their pods, and back.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "config/inject/manifest.h"
#include "config/yaml_value.h"
#include "proxy/commands/commands.h"

namespace gabion::proxy {
namespace {

namespace inject = config::inject;

struct Options {
  std::vector<std::string> files;
  inject::Settings settings;
  bool classic = false;
  std::string interception = "redirect";
};

/// At most one byte more than is allowed, so that the reader of the text sees that it is too long.
config::Result<std::string> read_input(const std::string& file) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened.is_open()) {
      return config::Error{"cannot be opened for reading", file};
    }
  }
  std::istream& input = file == "-" ? std::cin : opened;
  std::string text;
  std::string piece(64 * 1024, '\0');
  while (text.size() <= config::kMaxYamlTextBytes && input.good()) {
    input.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(input.gcount()));
  }
  if (input.bad()) {
    return config::Error{"cannot be read", file};
  }
  return text;
}

int refuse(const config::Errors& errors) {
  for (const auto& error : errors) {
    std::cerr << error.to_string() << '\n';
  }
  return kExitConfiguration;
}

/// A second file begins a document of its own, whatever the first ended with.
void append(std::string& all, const std::string& text) {
  if (!all.empty()) {
    all += all.back() == '\n' ? "" : "\n";
    all += text.substr(0, 3) == "---" ? "" : "---\n";
  }
  all += text;
}

/// True: some pod was refused.
bool report(const std::vector<inject::PodReport>& pods) {
  bool refused = false;
  for (const inject::PodReport& pod : pods) {
    refused = refused || pod.outcome == inject::InjectOutcome::kRefused;
    const char* const word = pod.outcome == inject::InjectOutcome::kRefused ? "not injected" : "skipped";
    for (const std::string& reason : pod.reasons) {
      std::cerr << pod.object << ": " << word << ": " << reason << '\n';
    }
    for (const std::string& note : pod.notes) {
      std::cerr << pod.object << ": note: " << note << '\n';
    }
  }
  return refused;
}

int run_inject(const Options& options) {
  inject::Settings settings = options.settings;
  settings.form = options.classic ? inject::SidecarForm::kClassic : inject::SidecarForm::kNative;
  settings.interception =
      options.interception == "tproxy" ? inject::Interception::kTproxy : inject::Interception::kRedirect;
  for (const std::string& image : {settings.image, settings.init_image}) {
    if (const auto checked = inject::check_image(image); checked.has_error()) {
      return refuse({checked.error()});
    }
  }
  std::string all;
  bool refused = false;
  for (const std::string& file : options.files) {
    const auto text = read_input(file);
    if (text.has_error()) {
      return refuse({text.error()});
    }
    const auto done = inject::inject_manifest(*text, file, settings);
    if (done.has_error()) {
      return refuse(done.error());
    }
    append(all, done->text);
    refused = report(done->pods) || refused;
  }
  std::cout << all << std::flush;
  return refused ? kExitFailed : kExitOk;
}

int run_uninject(const Options& options) {
  std::string all;
  for (const std::string& file : options.files) {
    const auto text = read_input(file);
    if (text.has_error()) {
      return refuse({text.error()});
    }
    const auto done = inject::uninject_manifest(*text, file);
    if (done.has_error()) {
      return refuse(done.error());
    }
    append(all, *done);
  }
  std::cout << all << std::flush;
  return kExitOk;
}

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& text,
                      const std::shared_ptr<Options>& options) {
  auto* command = app.add_subcommand(name, text);
  command->add_option("-f,--file", options->files, "A manifest, - for standard input; may be repeated")->required();
  return command;
}

}  // namespace

void add_inject(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "inject", "Put the firewall into the pods of manifests", options);
  command->add_flag("--classic", options->classic,
                    "A container instead of a native sidecar: for clusters before Kubernetes 1.29");
  command
      ->add_option("--interception", options->interception,
                   "redirect or tproxy: what comes in keeps its caller's address, and the proxy runs as root")
      ->check(CLI::IsMember({"redirect", "tproxy"}))
      ->capture_default_str();
  command->add_option("--image", options->settings.image, "The proxy's image")->capture_default_str();
  command->add_option("--init-image", options->settings.init_image, "The image that sets up the rules")
      ->capture_default_str();
  command->footer(
      "Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Pod and List; everything else passes untouched.\n"
      "Annotations of the pod change what is injected: docs/injection.md.\n"
      "Exit: 0 injected, 1 some pod was refused (why, is a comment above it), 2 nothing was written.\n"
      "Example:\n  gabion inject -f app.yaml | kubectl apply -f -");
  command->callback([options, &chosen] { chosen = [options] { return run_inject(*options); }; });

  auto back = std::make_shared<Options>();
  auto* undo = add_command(app, "uninject", "Take out what inject put in, byte for byte", back);
  undo->footer(
      "Needs the comments that inject wrote; the API server does not keep them.\n"
      "Exit: 0 done, 2 nothing was written.\nExample:\n  gabion uninject -f injected.yaml > app.yaml");
  undo->callback([back, &chosen] { chosen = [back] { return run_uninject(*back); }; });
}

}  // namespace gabion::proxy
