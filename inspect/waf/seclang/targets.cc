// Target lists: a scanner that knows where a quoted, regex, XPath or plain selector ends.
#include "inspect/waf/seclang/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace gabion::inspect::waf::seclang {
namespace {

constexpr std::array kCollections{
    Variable::kArgs,
    Variable::kArgsGet,
    Variable::kArgsGetNames,
    Variable::kArgsNames,
    Variable::kArgsPost,
    Variable::kArgsPostNames,
    Variable::kEnv,
    Variable::kFiles,
    Variable::kFilesNames,
    Variable::kFilesSizes,
    Variable::kFilesTmpNames,
    Variable::kGeo,
    Variable::kGlobal,
    Variable::kIp,
    Variable::kMatchedVars,
    Variable::kMatchedVarsNames,
    Variable::kMultipartFilename,
    Variable::kMultipartName,
    Variable::kMultipartPartHeaders,
    Variable::kRequestCookies,
    Variable::kRequestCookiesNames,
    Variable::kRequestHeaders,
    Variable::kRequestHeadersNames,
    Variable::kResource,
    Variable::kResponseHeaders,
    Variable::kResponseHeadersNames,
    Variable::kRule,
    Variable::kSession,
    Variable::kTx,
    Variable::kUser,
    Variable::kXml,
};

bool is_name_char(char c) {
  return is_letter(c) || c == '_';
}

/// The text begins with [!&]*VARIABLE and then ends, or goes on with a selector or another target.
bool begins_with_variable(std::string_view text) {
  text = trimmed(text);
  text.remove_prefix(std::min(text.find_first_not_of("!&"), text.size()));
  const auto end = std::find_if_not(text.begin(), text.end(), is_name_char);
  const auto size = static_cast<std::size_t>(end - text.begin());
  return variable_named(text.substr(0, size)) && (size == text.size() || text.find_first_of(":|,", size) == size);
}

class TargetReader {
 public:
  TargetReader(std::string_view text, Remarks& remarks) : rest_(trimmed(text)), remarks_(remarks) {}

  std::vector<Target> read() {
    std::vector<Target> targets;
    if (rest_.empty()) {
      refuse("no variable to look at");
    }
    while (!rest_.empty()) {
      if (auto target = read_one()) {
        targets.push_back(std::move(*target));
      }
      skip_separator();
    }
    return targets;
  }

 private:
  void refuse(std::string what) { remarks_.errors.push_back(std::move(what)); }

  [[nodiscard]] bool ends_target(std::size_t at) const {
    return at >= rest_.size() || rest_[at] == '|' || (rest_[at] == ',' && begins_with_variable(rest_.substr(at + 1)));
  }

  [[nodiscard]] std::size_t target_end(std::size_t at) const {
    while (!ends_target(at)) {
      ++at;
    }
    return at;
  }

  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  void skip_separator() {
    const std::string_view left = take(target_end(0));
    if (!trimmed(left).empty()) {
      refuse(fmt::format("{} stands after the end of a target", quoted(left)));
    }
    if (!rest_.empty()) {
      rest_.remove_prefix(1);
      if (trimmed(rest_).empty()) {
        refuse("a target is missing after the last separator");
      }
      rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
    }
  }

  std::optional<Target> read_one() {
    Target target;
    for (; !rest_.empty() && (rest_.front() == '!' || rest_.front() == '&'); rest_.remove_prefix(1)) {
      bool& mark = rest_.front() == '!' ? target.exclude : target.count;
      if (mark) {
        refuse(fmt::format("'{}' is written twice before a variable", rest_.front()));
      }
      mark = true;
    }
    const std::string_view name = take(std::min(rest_.find(':'), target_end(0)));
    const auto variable = variable_named(name);
    if (!variable) {
      refuse(name.empty() ? "a variable's name is missing" : fmt::format("unknown variable {}", quoted(name)));
      (void)take(target_end(0));
      return std::nullopt;
    }
    target.variable = *variable;
    if (!rest_.empty() && rest_.front() == ':') {
      rest_.remove_prefix(1);
      read_selector(target);
    }
    check(target);
    return target;
  }

  void read_selector(Target& target) {
    const std::string_view name = to_string(target.variable);
    const std::size_t errors = remarks_.errors.size();
    if (!has_members(target.variable)) {
      refuse(fmt::format("{} is one value and takes no selector", name));
    }
    if (target.variable == Variable::kXml) {
      read_xpath(target);
    } else if (!rest_.empty() && rest_.front() == '\'') {
      read_quoted(target);
    } else if (!rest_.empty() && rest_.front() == '/') {
      read_regex(target);
    } else {
      target.selection = Selection::kName;
      target.selector = take(target_end(0));
    }
    if (target.selector.empty() && remarks_.errors.size() == errors) {
      refuse(fmt::format("the selector of {} is empty", name));
    }
  }

  void read_xpath(Target& target) {
    target.selection = Selection::kXPath;
    target.selector = take(target_end(0));
    if (target.selector != "/*" && target.selector != "//@*") {
      refuse(fmt::format("XPath {} is not supported: only XML:/* and XML://@* are", quoted(target.selector)));
    }
  }

  /// The first `mark` at or after `from` that no odd number of backslashes precedes and that `is_end` accepts.
  template <class IsEnd>
  [[nodiscard]] std::size_t find_end(char mark, std::size_t from, IsEnd is_end) const {
    for (std::size_t at = from; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        ++at;
      } else if (rest_[at] == mark && is_end(at)) {
        return at;
      }
    }
    return std::string_view::npos;
  }

  void read_quoted(Target& target) {
    const std::size_t end = find_end('\'', 1, [](std::size_t) { return true; });
    if (end == std::string_view::npos) {
      refuse(fmt::format("the quoted selector {} does not end", quoted(rest_)));
      (void)take(rest_.size());
      return;
    }
    const std::string_view inside = take(end + 1).substr(1, end - 1);
    const bool is_regex = inside.size() >= 2 && inside.front() == '/' && inside.back() == '/';
    target.selection = is_regex ? Selection::kRegex : Selection::kName;
    target.selector = is_regex ? inside.substr(1, inside.size() - 2) : inside;
  }

  void read_regex(Target& target) {
    const std::size_t end = find_end('/', 1, [this](std::size_t at) { return ends_target(at + 1); });
    if (end == std::string_view::npos) {
      refuse(fmt::format("the regex selector {} does not end with '/'", quoted(rest_)));
      (void)take(rest_.size());
      return;
    }
    target.selection = Selection::kRegex;
    target.selector = take(end + 1).substr(1, end - 1);
  }

  void check(const Target& target) {
    const std::string_view name = to_string(target.variable);
    if (target.count && target.exclude) {
      refuse(fmt::format("!&{}: a count cannot be excluded", name));
    }
    const bool needs_selector = target.variable == Variable::kXml || target.variable == Variable::kRule;
    if (needs_selector && !target.exclude && target.selection == Selection::kAll) {
      refuse(fmt::format("{} needs a selector", name));
    }
  }

  std::string_view rest_;
  Remarks& remarks_;
};

}  // namespace

bool has_members(Variable variable) noexcept {
  return std::find(kCollections.begin(), kCollections.end(), variable) != kCollections.end();
}

std::vector<Target> parse_targets(std::string_view text, Remarks& remarks) {
  return TargetReader(text, remarks).read();
}

}  // namespace gabion::inspect::waf::seclang
