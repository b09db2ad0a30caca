// Reads a case strictly where it asks something, builds its cluster, asks both sides about every probe.
#include "inspect/policy/eval_case.h"

#include <boost/json.hpp>
#include <memory>
#include <utility>

#include "config/kube/defaults.h"
#include "config/kube/names.h"
#include "config/kube/parse.h"
#include "config/policy/traffic.h"
#include "inspect/policy/ask_statement.h"
#include "inspect/policy/close_bad_regexes.h"
#include "inspect/policy/cluster_view.h"

namespace gabion::inspect::policy {
namespace {

namespace json = boost::json;
namespace kube = config::kube;
using config::Error;
using config::Errors;
using config::IpAddress;
using config::Result;
using config::policy::End;
using config::policy::HttpRequest;
using config::policy::Traffic;

constexpr std::size_t kMaxReportedErrors = 20;

/// Typed look-ups in one object of a case; the first thing wrong is kept, later ones are answered as absent.
class Members {
 public:
  Members(const json::value& value, std::string path, std::optional<Error>& error)
      : object_(value.if_object()), path_(std::move(path)), error_(error) {
    if (object_ == nullptr) {
      refuse("", "must be an object");
    }
  }

  void refuse(std::string_view key, std::string what) {
    if (!error_) {
      error_ = Error{std::move(what), path_of(key)};
    }
  }

  [[nodiscard]] const json::value* find(std::string_view key) const {
    const auto* value = object_ == nullptr ? nullptr : object_->if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  [[nodiscard]] std::optional<std::string> text(std::string_view key) {
    const auto* value = find(key);
    if (value != nullptr && !value->is_string()) {
      refuse(key, "must be a string");
      return std::nullopt;
    }
    return value == nullptr ? std::nullopt : std::optional<std::string>(std::string(value->get_string()));
  }

  [[nodiscard]] std::string required_text(std::string_view key) {
    auto value = text(key);
    if (!value) {
      refuse(key, "is required");
    }
    return value.value_or("");
  }

  [[nodiscard]] std::uint16_t port(std::string_view key) {
    const auto* value = find(key);
    const auto number = value == nullptr ? 0 : value->is_int64() ? value->get_int64() : -1;
    if (number < 1 || number > 65535) {
      refuse(key, "must be a number from 1 to 65535");
      return 0;
    }
    return static_cast<std::uint16_t>(number);
  }

  [[nodiscard]] kube::IpProtocol protocol(std::string_view key) {
    const auto parsed = config::policy::parse_ip_protocol(text(key).value_or("TCP"));
    if (!parsed) {
      refuse(key, parsed.error().what);
    }
    return parsed ? *parsed : kube::IpProtocol::kTcp;
  }

  [[nodiscard]] bool flag(std::string_view key) {
    const auto* value = find(key);
    if (value != nullptr && !value->is_bool()) {
      refuse(key, "must be true or false");
      return false;
    }
    return value != nullptr && value->get_bool();
  }

  /// Calls `each(value, path)` for every item.
  template <class Each>
  void each_item(std::string_view key, Each each) {
    const auto* value = find(key);
    if (value == nullptr) {
      return;
    }
    const auto* list = value->if_array();
    if (list == nullptr) {
      refuse(key, "must be a list");
      return;
    }
    for (std::size_t i = 0; i < list->size() && !error_; ++i) {
      each((*list)[i], path_of(key) + "[" + std::to_string(i) + "]");
    }
  }

  /// Calls `each(name, value)` for every member of the object `key`.
  template <class Each>
  void each_member(std::string_view key, Each each) {
    const auto* value = find(key);
    if (value == nullptr) {
      return;
    }
    const auto* object = value->if_object();
    if (object == nullptr) {
      refuse(key, "must be an object");
      return;
    }
    for (const auto& member : *object) {
      each(std::string(member.key()), member.value());
    }
  }

  [[nodiscard]] std::string path_of(std::string_view key) const {
    return path_.empty() || key.empty() ? path_ + std::string(key) : path_ + "." + std::string(key);
  }

 private:
  const json::object* object_;
  std::string path_;
  std::optional<Error>& error_;
};

class CaseReader {
 public:
  explicit CaseReader(const json::value& source) : source_(source) {}

  /// Errors: the case's own, or those of its policies.
  [[nodiscard]] config::CheckedResult<std::vector<bool>> run() {
    auto read = read_policies();
    if (!read) {
      return read.error();
    }
    objects_ = std::move(*read);
    read_cluster();
    if (error_) {
      return Errors{*error_};
    }
    ClusterView view(std::move(objects_), kTrustDomain);
    std::vector<bool> results;
    Members top(source_, "", error_);
    top.each_item("probes", [&](const json::value& value, const std::string& path) {
      const Traffic traffic = read_probe(value, path);
      if (error_) {
        return;
      }
      const auto allowed = ask(view, traffic);
      if (!allowed) {
        error_ = Error{allowed.error().to_string(), path};
        return;
      }
      results.push_back(*allowed);
    });
    if (error_) {
      return Errors{*error_};
    }
    return results;
  }

 private:
  static constexpr const char* kTrustDomain = "cluster.local";

  [[nodiscard]] config::CheckedResult<kube::Objects> read_policies() {
    kube::ManifestReader reader;
    Members top(source_, "", error_);
    top.each_item("policies", [&](const json::value& value, const std::string& path) {
      if (!value.is_string()) {
        error_ = Error{"must be a string of YAML", path};
        return;
      }
      reader.read(value.get_string(), path);
    });
    if (error_) {
      return Errors{*error_};
    }
    auto read = std::move(reader).finish();
    if (read) {
      close_bad_regexes(*read);
    }
    if (read && !read->refusals.empty()) {
      return read->refusals;
    }
    return read;
  }

  void read_cluster() {
    Members top(source_, "", error_);
    top.each_item("namespaces",
                  [&](const json::value& value, const std::string& path) { read_namespace(value, path); });
    // Every pod is listed: what is no pod's address is nobody's.
    const auto ranges = std::vector{config::Cidr{IpAddress::v4(0xFFFFFFFF), 32}};
    objects_.nodes.push_back(kube::Node{"", {}, ranges});
    top.each_member("nodes", [&](const std::string& name, const json::value& value) {
      const auto address =
          value.is_string() ? IpAddress::parse(value.get_string()) : Result<IpAddress>(Error{"must be a string", ""});
      if (!address) {
        top.refuse("nodes", name + " " + address.error().what);
        return;
      }
      objects_.nodes.push_back(kube::Node{name, {*address}, ranges});
    });
    top.each_item("pods", [&](const json::value& value, const std::string& path) { read_pod(value, path); });
  }

  void read_labels(Members& members, kube::Labels& labels) {
    members.each_member("labels", [&](const std::string& key, const json::value& value) {
      if (!value.is_string()) {
        members.refuse("labels", key + " must be a string");
        return;
      }
      labels.emplace(key, std::string(value.get_string()));
    });
  }

  void read_namespace(const json::value& value, const std::string& path) {
    Members members(value, path, error_);
    kube::Namespace made;
    made.name = members.required_text("name");
    read_labels(members, made.labels);
    kube::apply_defaults(made);
    objects_.namespaces.push_back(std::move(made));
  }

  void add_address(Members& members, std::string_view key, std::string_view text, kube::Pod& pod) {
    const auto address = IpAddress::parse(text);
    if (!address) {
      members.refuse(key, address.error().what);
      return;
    }
    pod.addresses.push_back(*address);
  }

  void read_pod(const json::value& value, const std::string& path) {
    Members members(value, path, error_);
    kube::Pod pod;
    pod.name = {members.required_text("namespace"), members.required_text("name")};
    read_labels(members, pod.labels);
    if (const auto one = members.text("ip"); one && !one->empty()) {
      add_address(members, "ip", *one, pod);
    }
    members.each_item("ips", [&](const json::value& item, const std::string&) {
      add_address(members, "ips", item.is_string() ? std::string_view(item.get_string()) : "", pod);
    });
    pod.host_network = members.flag("hostNetwork");
    pod.node = members.text("node").value_or("");
    pod.service_account = members.text("serviceAccount").value_or("default");
    const std::string phase = members.text("phase").value_or("");
    pod.terminal = phase == "Succeeded" || phase == "Failed";
    members.each_item("ports", [&](const json::value& item, const std::string& at) {
      Members port(item, at, error_);
      pod.ports.push_back({port.text("name").value_or(""), port.protocol("protocol"), port.port("port")});
    });
    objects_.pods.push_back(std::move(pod));
  }

  [[nodiscard]] End read_end(Members& members, std::string_view key) {
    const auto end = End::parse(members.required_text(key));
    if (!end) {
      members.refuse(key, end.error().what);
    }
    return end ? *end : End{};
  }

  [[nodiscard]] HttpRequest read_request(const json::value& value, const std::string& path) {
    Members members(value, path, error_);
    HttpRequest request;
    request.method = members.text("method").value_or("GET");
    request.target = members.text("path").value_or("/");
    request.host = members.text("host").value_or("");
    members.each_member("headers", [&](const std::string& name, const json::value& given) {
      const auto* list = given.if_array();
      const json::array one{given};
      for (const auto& item : list != nullptr ? *list : one) {
        if (!item.is_string()) {
          members.refuse("headers", name + " must be a string or a list of strings");
          return;
        }
        request.headers.emplace_back(name, std::string(item.get_string()));
      }
    });
    return request;
  }

  [[nodiscard]] config::policy::SqlRequest read_statement(const json::value& value, const std::string& path) {
    Members members(value, path, error_);
    if (members.text("protocol").value_or("PostgreSQL") != "PostgreSQL") {
      members.refuse("protocol", "must be PostgreSQL: statements of others are not judged");
    }
    return {members.required_text("text"), members.text("user").value_or(""), members.text("database").value_or("")};
  }

  [[nodiscard]] Result<bool> ask(ClusterView& view, const Traffic& traffic) {
    if (!traffic.sql) {
      const auto answer = view.ask(traffic);
      return answer ? Result<bool>(answer->allowed) : answer.error();
    }
    const auto answer = statements_.ask(view, traffic);
    return answer ? Result<bool>(answer->allowed()) : answer.error();
  }

  [[nodiscard]] Traffic read_probe(const json::value& value, const std::string& path) {
    Members members(value, path, error_);
    Traffic traffic;
    traffic.from = read_end(members, "from");
    traffic.to = read_end(members, "to");
    traffic.port = members.port("port");
    traffic.protocol = members.protocol("proto");
    if (const auto* http = members.find("http")) {
      traffic.request = read_request(*http, members.path_of("http"));
    }
    if (const auto* sql = members.find("sql")) {
      traffic.sql = read_statement(*sql, members.path_of("sql"));
      if (traffic.request) {
        members.refuse("sql", "must not stand beside http");
      }
    }
    if (const auto id = members.text("spiffe")) {
      const auto parsed = config::SpiffeId::parse(*id);
      if (!parsed) {
        members.refuse("spiffe", parsed.error().what);
      } else {
        traffic.identity = *parsed;
      }
    }
    return traffic;
  }

  const json::value& source_;
  std::optional<Error> error_;
  kube::Objects objects_;
  StatementDesk statements_;
};

std::string in_one_line(const Errors& errors) {
  std::string text;
  for (std::size_t i = 0; i < errors.size() && i < kMaxReportedErrors; ++i) {
    text += (text.empty() ? "" : "; ") + errors[i].to_string();
  }
  return text;
}

}  // namespace

CaseAnswer evaluate_case(std::string_view line) {
  if (line.size() > kMaxCaseBytes) {
    return {CaseLine::kNoJson, json::serialize(json::object{{"error", "the line is too long"}})};
  }
  json::error_code failed;
  const json::value source = json::parse(line, failed);
  if (failed) {
    return {CaseLine::kNoJson, json::serialize(json::object{{"error", "no JSON: " + failed.message()}})};
  }
  json::object answer;
  if (const auto* object = source.if_object(); object != nullptr && object->contains("id")) {
    answer["id"] = object->at("id");
  }
  const auto results = CaseReader(source).run();
  if (!results) {
    answer["error"] = in_one_line(results.error());
    return {CaseLine::kRefused, json::serialize(answer)};
  }
  json::array list;
  for (const bool result : *results) {
    list.emplace_back(result);
  }
  answer["results"] = std::move(list);
  return {CaseLine::kAnswered, json::serialize(answer)};
}

}  // namespace gabion::inspect::policy
