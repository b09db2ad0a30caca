// One text for each condition, and the products of them.
#include "inspect/policy/request_samples.h"

#include <algorithm>
#include <set>
#include <utility>

#include "inspect/match/regex.h"

namespace gabion::inspect::policy {
namespace {

using config::kube::HeaderMatch;
using config::kube::HttpMatch;
using config::kube::PathMatch;
using config::policy::HttpRequest;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kMaxRepetitions = 64;
constexpr std::size_t kMaxSampleBytes = 512;
constexpr int kMaxDepth = 16;

/// Walks a regex; what it does not know ends the walk, and the check at the end finds out.
class RegexWalk {
 public:
  explicit RegexWalk(std::string_view regex) : regex_(regex) {}

  /// The first alternative, up to ')' or the end.
  [[nodiscard]] std::string alternative(int depth) {
    std::string text;
    while (at_ < regex_.size() && regex_[at_] != ')' && text.size() < kMaxSampleBytes) {
      if (regex_[at_] == '|') {
        skip_alternatives();
        break;
      }
      const std::string one = atom(depth);
      const std::size_t times = repetitions();
      for (std::size_t i = 0; i < times && text.size() < kMaxSampleBytes; ++i) {
        text += one;
      }
    }
    return text;
  }

 private:
  [[nodiscard]] std::string atom(int depth) {
    const char c = regex_[at_++];
    if (c == '(' && depth < kMaxDepth) {
      if (regex_.substr(at_).starts_with("?:")) {
        at_ += 2;
      }
      const std::string text = alternative(depth + 1);
      at_ += at_ < regex_.size() ? 1 : 0;  // ')'
      return text;
    }
    if (c == '[') {
      return set();
    }
    if (c == '\\' && at_ < regex_.size()) {
      const char escaped = regex_[at_++];
      return escaped == 'd' ? "0" : escaped == 'w' ? "a" : escaped == 's' ? " " : std::string(1, escaped);
    }
    return c == '.' ? "x" : c == '^' || c == '$' ? "" : std::string(1, c);
  }

  [[nodiscard]] std::string set() {
    const std::size_t from = at_;
    const std::size_t end = regex_.find(']', at_ + 1);
    at_ = end == std::string_view::npos ? regex_.size() : end + 1;
    const std::string_view inside = regex_.substr(from, end == std::string_view::npos ? 0 : end - from);
    if (inside.starts_with('^')) {
      for (const char c : std::string_view("x0_A-")) {
        if (inside.find(c) == std::string_view::npos) {
          return std::string(1, c);
        }
      }
    }
    if (inside.starts_with('\\') && inside.size() > 1) {
      return inside[1] == 'd' ? "0" : inside[1] == 'w' ? "a" : std::string(1, inside[1]);
    }
    return std::string(inside.substr(0, 1));
  }

  [[nodiscard]] std::size_t repetitions() {
    if (at_ >= regex_.size()) {
      return 1;
    }
    const char c = regex_[at_];
    if (c == '{') {
      std::size_t times = 0;
      for (++at_; at_ < regex_.size() && regex_[at_] >= '0' && regex_[at_] <= '9' && times < kMaxRepetitions; ++at_) {
        times = times * 10 + static_cast<std::size_t>(regex_[at_] - '0');
      }
      at_ = std::min(regex_.find('}', at_), regex_.size() - 1) + 1;
      return times;
    }
    if (c != '*' && c != '+' && c != '?') {
      return 1;
    }
    ++at_;
    at_ += at_ < regex_.size() && regex_[at_] == '?' ? 1 : 0;
    return c == '+' ? 1 : 0;
  }

  void skip_alternatives() {
    int open = 0;
    for (; at_ < regex_.size() && (open > 0 || regex_[at_] != ')'); ++at_) {
      open += regex_[at_] == '(' ? 1 : regex_[at_] == ')' ? -1 : 0;
      at_ += regex_[at_] == '\\' ? 1 : 0;
    }
  }

  std::string_view regex_;
  std::size_t at_ = 0;
};

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) {
    list.push_back(std::move(text));
  }
}

std::string template_sample(std::string text) {
  for (const auto& [token, sample] : {std::pair("{**}", "x/y"), std::pair("{*}", "x")}) {
    for (std::size_t at = text.find(token); at != std::string::npos; at = text.find(token)) {
      text.replace(at, std::string_view(token).size(), sample);
    }
  }
  return text;
}

/// The values that conditions of one kind are asked with.
struct Choices {
  std::vector<std::string> methods;
  std::vector<std::string> paths;
  std::vector<std::string> hosts;
  std::vector<Headers> headers;
};

class Sampler {
 public:
  void add(const HttpMatch& item, Choices& choices) {
    for (const auto& method : item.methods) {
      add_once(choices.methods, method);
    }
    for (const auto& path : item.paths) {
      add_path(path, choices.paths);
    }
    for (const auto& host : item.hosts) {
      add_once(choices.hosts, host.starts_with("*.") ? "a" + host.substr(1) : host);
    }
    Headers headers;
    for (const auto& header : item.headers) {
      add_header(header, headers);
    }
    if (std::find(choices.headers.begin(), choices.headers.end(), headers) == choices.headers.end()) {
      choices.headers.push_back(std::move(headers));
    }
  }

  [[nodiscard]] std::vector<std::string> unsampled() && { return std::move(unsampled_); }

 private:
  void add_path(const PathMatch& path, std::vector<std::string>& out) {
    switch (path.kind) {
      case PathMatch::Kind::kExact:
        add_once(out, path.text);
        return;
      case PathMatch::Kind::kPrefix:
        add_once(out, path.text);
        add_once(out, path.text + (path.text.ends_with('/') ? "x" : "/x"));
        return;
      case PathMatch::Kind::kTemplate:
        add_once(out, template_sample(path.text));
        return;
      case PathMatch::Kind::kRegex:
        if (auto sample = sample_of_regex(path.text)) {
          add_once(out, std::move(*sample));
        } else {
          add_once(unsampled_, path.text);
        }
        return;
    }
  }

  void add_header(const HeaderMatch& header, Headers& out) {
    switch (header.kind) {
      case HeaderMatch::Kind::kExact:
        out.emplace_back(header.name, header.text);
        return;
      case HeaderMatch::Kind::kPrefix:
        out.emplace_back(header.name, header.text + "x");
        return;
      case HeaderMatch::Kind::kSuffix:
        out.emplace_back(header.name, "x" + header.text);
        return;
      case HeaderMatch::Kind::kPresent:
        out.emplace_back(header.name, "x");
        return;
      case HeaderMatch::Kind::kAbsent:
        return;
      case HeaderMatch::Kind::kRegex:
        if (auto sample = sample_of_regex(header.text)) {
          out.emplace_back(header.name, std::move(*sample));
        } else {
          add_once(unsampled_, header.text);
        }
        return;
    }
  }

  std::vector<std::string> unsampled_;
};

/// One of each that nobody names, so that what a rule misses is asked about too.
void add_others(Choices& choices) {
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"}) {
    if (std::find(choices.methods.begin(), choices.methods.end(), method) == choices.methods.end()) {
      choices.methods.emplace_back(method);
      break;
    }
  }
  add_once(choices.paths, "/other");
  if (!choices.hosts.empty() || choices.methods.empty()) {
    add_once(choices.hosts, "other.example");
  }
  if (choices.hosts.empty()) {
    choices.hosts.emplace_back("");
  }
  if (std::find(choices.headers.begin(), choices.headers.end(), Headers{}) == choices.headers.end()) {
    choices.headers.emplace_back();
  }
}

/// A path as it is sent: conditions are written in decoded form.
std::string encoded(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && std::string_view("%?#\"<>\\^`{|}").find(c) == std::string_view::npos) {
      text += c;
    } else {
      text += '%';
      text += kHex[byte >> 4U];
      text += kHex[byte & 0xFU];
    }
  }
  return text;
}

std::size_t product(const Choices& choices) {
  return choices.methods.size() * choices.paths.size() * choices.hosts.size() * choices.headers.size();
}

void add_product(const Choices& choices, std::vector<HttpRequest>& out) {
  for (const auto& method : choices.methods) {
    for (const auto& path : choices.paths) {
      for (const auto& host : choices.hosts) {
        for (const auto& headers : choices.headers) {
          if (out.size() < kMaxSamples) {
            out.push_back({method, encoded(path), host, headers});
          }
        }
      }
    }
  }
}

}  // namespace

std::optional<std::string> sample_of_regex(std::string_view regex) {
  const auto compiled = match::Regex::compile(regex);
  std::string text = RegexWalk(regex).alternative(0);
  return compiled && compiled->matches_all_of(text) ? std::optional(std::move(text)) : std::nullopt;
}

RequestSamples sample_requests(const std::vector<const HttpMatch*>& items) {
  RequestSamples samples;
  Sampler sampler;
  Choices all;
  for (const auto* item : items) {
    sampler.add(*item, all);
  }
  add_others(all);
  samples.truncated = product(all) > kMaxSamples;
  if (!samples.truncated) {
    add_product(all, samples.requests);
  } else {
    for (const auto* item : items) {
      Choices own;
      sampler.add(*item, own);
      add_others(own);
      add_product(own, samples.requests);
    }
  }
  samples.unsampled = std::move(sampler).unsampled();
  return samples;
}

}  // namespace gabion::inspect::policy
