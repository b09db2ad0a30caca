// Splits a list of actions into names and values.
#include <fmt/format.h>

#include <algorithm>

#include "inspect/waf/seclang/actions.h"

namespace gabion::inspect::waf::seclang {
namespace {

class ActionSplitter {
 public:
  ActionSplitter(std::string_view text, Remarks& remarks) : rest_(text), remarks_(remarks) {}

  std::vector<ActionText> split() {
    std::vector<ActionText> actions;
    skip_blanks();
    while (!rest_.empty()) {
      if (rest_.front() == ',') {  // an empty place: "a,,b" or a comma at an end
        rest_.remove_prefix(1);
      } else {
        actions.push_back(read_one());
      }
      skip_blanks();
    }
    return actions;
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size())); }

  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  ActionText read_one() {
    ActionText action;
    action.name = trimmed(take(rest_.find_first_of(",:")));
    if (rest_.empty() || rest_.front() == ',') {
      return action;
    }
    rest_.remove_prefix(1);
    skip_blanks();
    if (!rest_.empty() && rest_.front() == '\'') {
      action.value = read_quoted(action.name);
      const std::string_view after = trimmed(take(rest_.find(',')));
      if (!after.empty()) {
        remarks_.errors.push_back(
            fmt::format("{} stands after the quoted value of {}", quoted(after), quoted(action.name)));
      }
    } else {
      action.value = trimmed(take(rest_.find(',')));
    }
    return action;
  }

  std::string read_quoted(std::string_view name) {
    std::string value;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '\\' && at + 1 < rest_.size() && rest_[at + 1] == '\'') {
        ++at;
      } else if (rest_[at] == '\'') {
        rest_.remove_prefix(at + 1);
        return value;
      }
      value += rest_[at];
    }
    remarks_.errors.push_back(fmt::format("the quoted value of {} does not end", quoted(name)));
    rest_ = {};
    return value;
  }

  std::string_view rest_;
  Remarks& remarks_;
};

}  // namespace

std::vector<ActionText> split_actions(std::string_view text, Remarks& remarks) {
  return ActionSplitter(text, remarks).split();
}

std::optional<IdRange> parse_id_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = number_of<std::uint32_t>(trimmed(text.substr(0, dash)));
  const auto last = dash == std::string_view::npos ? first : number_of<std::uint32_t>(trimmed(text.substr(dash + 1)));
  if (!first || !last || *first > *last || *last == 0) {
    return std::nullopt;
  }
  return IdRange{*first, *last};
}

}  // namespace gabion::inspect::waf::seclang
