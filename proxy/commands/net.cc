// `gabion net`: the rules that lead TCP to a sidecar or a gateway: install, remove, show.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <memory>
#include <optional>

#include "config/policy/load.h"
#include "proxy/commands/commands.h"
#include "proxy/interception/installation.h"
#include "proxy/interception/node_networks.h"

namespace gabion::proxy {
namespace {

namespace net = interception;

constexpr std::size_t kMaxListed = 256;  // of one list

struct Options {
  net::NetSettings settings;
  std::string mode = "redirect";
  std::string layout = "sidecar";
  std::string backend = "auto";
  std::string node;         // of a gateway; empty: --pod-cidrs say where its pods are
  std::string manifests;    // a directory, in which the node is
  bool incomplete = false;  // the manifests do not say where all pods of the node are, and it was said
  bool dry_run = false;
  bool json = false;
};

/// Numbers between `least` and `most`, with commas between them.
template <class Number>
std::vector<Number> numbers(const std::string& option, const std::vector<std::string>& texts, std::uint64_t least,
                            std::uint64_t most) {
  if (texts.size() > kMaxListed) {
    throw CLI::ValidationError(option, fmt::format("more than {} of them", kMaxListed));
  }
  std::vector<Number> found;
  for (const auto& text : texts) {
    const bool digits = !text.empty() && text.size() <= 10 && text.find_first_not_of("0123456789") == std::string::npos;
    const auto number = digits ? std::stoull(text) : most + 1;
    if (number < least || number > most) {
      throw CLI::ValidationError(option, fmt::format("\"{}\" is no number from {} to {}", text, least, most));
    }
    const auto value = static_cast<Number>(number);
    if (std::find(found.begin(), found.end(), value) != found.end()) {
      throw CLI::ValidationError(option, fmt::format("{} twice", text));
    }
    found.push_back(value);
  }
  return found;
}

template <class Number>
void add_list(CLI::App& command, const std::string& option, std::vector<Number>& into, std::uint64_t least,
              std::uint64_t most, const std::string& about) {
  command
      .add_option_function<std::vector<std::string>>(
          option,
          [option, &into, least, most](const std::vector<std::string>& texts) {
            into = numbers<Number>(option, texts, least, most);
          },
          about)
      ->type_name("N,N..")
      ->delimiter(',')
      ->allow_extra_args(false);
}

template <class Number>
void add_number(CLI::App& command, const std::string& option, Number& into, std::uint64_t least, std::uint64_t most,
                const std::string& about) {
  command
      .add_option_function<std::string>(
          option,
          [option, &into, least, most](const std::string& text) {
            into = numbers<Number>(option, {text}, least, most).front();
          },
          fmt::format("{} [{}]", about, into))
      ->type_name("N");
}

void add_cidrs(CLI::App& command, const std::string& option, std::vector<config::Cidr>& into,
               const std::string& about) {
  command
      .add_option_function<std::vector<std::string>>(
          option,
          [option, &into](const std::vector<std::string>& texts) {
            for (const auto& text : texts) {
              const auto cidr = config::Cidr::parse(text);
              if (cidr.has_error()) {
                throw CLI::ValidationError(option, cidr.error().what);
              }
              into.push_back(*cidr);
            }
          },
          about)
      ->type_name("CIDR,CIDR..")
      ->delimiter(',')
      ->allow_extra_args(false);
}

constexpr std::uint64_t kLastId = 0xfffffffe;
constexpr std::uint64_t kLastPort = 65'535;

void add_ports(CLI::App& command, net::NetSettings& settings) {
  add_number(command, "--inbound-port", settings.inbound_port, 1, kLastPort, "Where the proxy takes what comes in");
  add_number(command, "--outbound-port", settings.outbound_port, 1, kLastPort, "Where it takes what goes out");
  add_number(command, "--agent-port", settings.agent_port, 0, kLastPort,
             "Of a sidecar, for probes: left alone; 0 for none");
  add_list(command, "--include-inbound-ports", settings.include_inbound_ports, 1, kLastPort,
           "Take what comes in to these ports only");
  add_list(command, "--exclude-inbound-ports", settings.exclude_inbound_ports, 1, kLastPort, "But not to these");
  add_list(command, "--include-outbound-ports", settings.include_outbound_ports, 1, kLastPort,
           "Take what goes out to these ports, beside --include-outbound-cidrs, only");
  add_list(command, "--exclude-outbound-ports", settings.exclude_outbound_ports, 1, kLastPort, "But not to these");
}

void add_table(CLI::App& command, net::NetSettings& settings) {
  add_number(command, "--table", settings.table, 1, 252, "TPROXY: the routing table that keeps marked packets here");
}

/// CLI11 asks a check before it converts: words are kept as they are, layout_of() reads them.
void add_layout(CLI::App& command, Options& options) {
  auto& settings = options.settings;
  command.add_option("--mode", options.mode, "redirect or tproxy: whether what comes in keeps its addresses")
      ->check(CLI::IsMember({"redirect", "tproxy"}))
      ->capture_default_str();
  command.add_option("--layout", options.layout, "sidecar, in a pod; or gateway, on the node of its pods, with tproxy")
      ->check(CLI::IsMember({"sidecar", "gateway"}))
      ->capture_default_str();
  add_number(command, "--mark", settings.mark, 1, kLastId,
             "TPROXY: what a sidecar marks its calls to the application with, capture.mark");
  add_number(command, "--route-mark", settings.route_mark, 1, kLastId, "TPROXY: of what is led to the proxy");
  add_table(command, settings);
  command
      .add_option("--interfaces", settings.interfaces,
                  "Gateway: the interfaces of pods, each one pod's; veth+ is all that begin so")
      ->type_name("NAME,NAME..")
      ->delimiter(',')
      ->allow_extra_args(false);
  add_cidrs(command, "--pod-cidrs", settings.pod_cidrs, "Gateway: where the pods of this node are");
  command
      .add_option(
          "--node", options.node,
          "Gateway: the node's name: --pod-cidrs are its spec.podCIDRs, if not given, and its pods are added to them")
      ->type_name("NAME");
  command.add_option("--manifests", options.manifests, "Gateway: where the objects of the cluster are, with --node")
      ->type_name("DIR");
  add_number(command, "--hop-port", settings.hop_port, 0, kLastPort,
             "Gateway: where other gateways call it: left alone; 0 for none");
}

void add_settings(CLI::App& command, Options& options) {
  auto& settings = options.settings;
  add_layout(command, options);
  add_number(command, "--uid", settings.uid, 0, kLastId, "User of the sidecar: what it sends is left alone");
  add_number(command, "--gid", settings.gid, 0, kLastId, "Its group, likewise");
  add_ports(command, settings);
  add_cidrs(command, "--include-outbound-cidrs", settings.include_outbound_cidrs,
            "Take what goes out to these networks, beside --include-outbound-ports, only");
  add_cidrs(command, "--exclude-outbound-cidrs", settings.exclude_outbound_cidrs, "But not to these");
  add_list(command, "--exclude-uids", settings.exclude_uids, 0, kLastId, "What these users send is left alone");
}

void add_backend(CLI::App& command, std::string& backend) {
  command.add_option("--backend", backend, "auto, nft or legacy; auto: whichever holds rules, else nft")
      ->check(CLI::IsMember({"auto", "nft", "legacy"}))
      ->capture_default_str();
}

int refuse(const config::Error& error) {
  std::cerr << error.to_string() << '\n';
  return kExitFailed;
}

int print_steps(const config::Result<net::Steps>& steps) {
  if (steps.has_error()) {
    return refuse(steps.error());
  }
  for (const auto& step : *steps) {
    std::cout << step << '\n';
  }
  std::cout.flush();
  return std::cout ? kExitOk : kExitFailed;
}

/// Takes the words of the command line for what they mean; false: they mean nothing, and it was said.
bool read_layout(Options& options) {
  const bool by_tproxy = options.mode == "tproxy";
  if (options.layout == "gateway") {
    options.settings.layout = net::Layout::kGateway;
    if (!by_tproxy) {
      std::cerr << "--layout gateway needs --mode tproxy: by REDIRECT nobody would know who calls\n";
    }
    return by_tproxy;
  }
  options.settings.layout = by_tproxy ? net::Layout::kSidecarTproxy : net::Layout::kSidecarRedirect;
  return true;
}

bool say(const std::vector<std::string>& sentences) {
  for (const auto& sentence : sentences) {
    std::cerr << sentence << '\n';
  }
  return !sentences.empty();
}

/// The node's pods are there all the same: without rules they would be open, so there are rules for what is known.
void go_on_without(Options& options) {
  options.incomplete = true;
  if (options.settings.pod_cidrs.empty()) {
    options.settings.knows_networks = false;
    say(
        {"until this is mended and run again TCP from elsewhere to the pods of this node is dropped; what they send is "
         "led to the proxy"});
  }
}

void add_pods_outside(const config::kube::Objects& objects, Options& options) {
  auto& networks = options.settings.pod_cidrs;
  const auto outside = net::pods_outside(objects, options.node, networks);
  say(outside.sentences);
  networks.insert(networks.end(), outside.addresses.begin(), outside.addresses.end());
  if (outside.too_many) {
    options.incomplete = true;
    say({fmt::format(
        "more than {} addresses of pods are in none of the networks: what is sent to the rest would be led "
        "to nobody",
        net::kMostOutside)});
  }
}

/// Takes the networks of the node from the manifests, as far as they say; false: wrong options, and it was said.
bool read_node(Options& options) {
  if (options.node.empty() && options.manifests.empty()) {
    return true;
  }
  auto& settings = options.settings;
  if (options.node.empty() || options.manifests.empty() || settings.layout != net::Layout::kGateway) {
    return !say({"--node and --manifests belong together, and to --layout gateway"});
  }
  const auto objects = config::policy::load_manifests(options.manifests);
  if (objects.has_error()) {
    for (const auto& error : objects.error()) {
      std::cerr << error.to_string() << '\n';
    }
    go_on_without(options);
    return true;
  }
  if (settings.pod_cidrs.empty()) {
    const auto networks = net::networks_of_node(*objects, options.node);
    if (networks.has_error()) {
      say({networks.error().to_string()});
      go_on_without(options);
      return true;
    }
    settings.pod_cidrs = *networks;
  }
  add_pods_outside(*objects, options);
  return true;
}

bool refuse_contradictions(Options& options) {
  return !read_layout(options) || !read_node(options) || say(net::contradictions(options.settings));
}

config::Result<net::Backend> wanted_backend(const std::string& word) {
  if (word == "nft") {
    return net::Backend::kNft;
  }
  return word == "legacy" ? net::Backend::kLegacy : net::choose_backend();
}

int exit_of(int status, const Options& options) {
  return status == kExitOk && options.incomplete ? kExitConfiguration : status;
}

int install(Options& options) {
  if (refuse_contradictions(options)) {
    return kExitConfiguration;
  }
  if (options.dry_run) {
    std::cout << net::dry_run(options.settings, {net::Family::kV4, net::Family::kV6}) << std::flush;
    return std::cout ? exit_of(kExitOk, options) : kExitFailed;
  }
  const auto backend = wanted_backend(options.backend);
  return backend.has_error() ? refuse(backend.error())
                             : exit_of(print_steps(net::install(options.settings, *backend)), options);
}

int remove(const Options& options) {
  const auto steps = net::remove(options.settings);
  if (steps.has_value() && steps->empty()) {
    std::cout << "nothing of ours is here" << std::endl;
  }
  return print_steps(steps);
}

std::string_view word_of(net::Presence presence) noexcept {
  switch (presence) {
    case net::Presence::kAbsent:
      return "absent";
    case net::Presence::kAsAsked:
      return "as asked";
    case net::Presence::kDiffers:
      return "differs";
  }
  return "";
}

boost::json::string text(std::string_view value) {
  return boost::json::string(boost::json::string_view(value.data(), value.size()));
}

void print_json(const std::vector<net::Found>& all, bool good) {
  boost::json::array list;
  for (const auto& found : all) {
    boost::json::array rules;
    for (const auto& rule : found.rules) {
      rules.push_back(text(rule));
    }
    list.push_back(boost::json::object{{"backend", text(found.holder)},
                                       {"table", text(found.table)},
                                       {"family", text(net::name_of(found.family))},
                                       {"state", text(word_of(found.presence))},
                                       {"rules", std::move(rules)}});
  }
  std::cout << boost::json::object{{"ok", good}, {"tables", std::move(list)}} << '\n';
}

void print_text(const std::vector<net::Found>& all) {
  for (const auto& found : all) {
    const bool names_table = !found.table.empty() && found.table != "nat";
    std::cout << fmt::format("{} ({}{}{}): {}\n", net::name_of(found.family), found.holder, names_table ? ", " : "",
                             names_table ? found.table : "", word_of(found.presence));
    for (const auto& rule : found.rules) {
      std::cout << "  " << rule << '\n';
    }
  }
}

int show(Options& options) {
  if (refuse_contradictions(options)) {
    return kExitConfiguration;
  }
  const auto all = net::look(options.settings);
  if (all.has_error()) {
    return refuse(all.error());
  }
  const bool good = net::is_complete(options.settings, *all);
  if (options.json) {
    print_json(*all, good);
  } else {
    print_text(*all);
  }
  std::cout.flush();
  return std::cout && good ? exit_of(kExitOk, options) : kExitFailed;
}

void add_install(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("install", "Lead the TCP of this network namespace to the sidecar");
  auto options = std::make_shared<Options>();
  add_settings(*command, *options);
  add_backend(*command, options->backend);
  command->add_flag("--dry-run", options->dry_run, "Print what the tools would be told, and change nothing");
  command->footer(
      "Needs NET_ADMIN and NET_RAW, and runs before the application: what was open before goes on as it was by\n"
      "redirect, and is cut by tproxy.\n"
      "Again with the same options it changes nothing, with others it replaces the rules of each table in one step.\n"
      "Exit: 0 done, 1 not, 2 wrong options, or the manifests do not say where the pods of --node are: then what "
      "comes\n"
      "to them from elsewhere is dropped.\nExample:\n  gabion net install --exclude-outbound-ports 53 --dry-run\n"
      "  gabion net install --mode tproxy --layout gateway --interfaces veth+ --pod-cidrs 10.244.1.0/24\n"
      "  gabion net install --mode tproxy --layout gateway --interfaces veth+ --node node-a --manifests policy");
  command->callback([options, &chosen] { chosen = [options] { return install(*options); }; });
}

void add_remove(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("remove", "Take our rules away, from both back ends");
  command->footer("Exit: 0 nothing of ours is left, 1 something is.\nExample:\n  gabion net remove");
  auto options = std::make_shared<Options>();
  add_table(*command, options->settings);
  command->callback([options, &chosen] { chosen = [options] { return remove(*options); }; });
}

void add_show(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("show", "Print our rules as the kernel has them, beside what is asked for");
  auto options = std::make_shared<Options>();
  add_settings(*command, *options);
  command->add_flag("--json", options->json, "Answer in JSON");
  command->footer(
      "Exit: 0 the rules are as these options ask, in every family and once; 1 they are not; 2 wrong options.\n"
      "Example:\n  gabion net show --json");
  command->callback([options, &chosen] { chosen = [options] { return show(*options); }; });
}

}  // namespace

void add_net(CLI::App& app, Command& chosen) {
  auto* group = app.add_subcommand("net", "Lead traffic to a sidecar or a gateway: install, remove or show the rules");
  group->require_subcommand(1);
  group->footer("Example:\n  gabion net install && gabion net show && gabion net remove");
  add_install(*group, chosen);
  add_remove(*group, chosen);
  add_show(*group, chosen);
}

}  // namespace gabion::proxy
