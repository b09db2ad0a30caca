// Finds the lines of what a patch touches by the tree's places; what comes of it is always checked.
#include "config/inject/text_edit.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "config/inject/marks.h"
#include "config/inject/tree.h"
#include "config/inject/yaml_lines.h"

namespace gabion::config::inject {
namespace {

bool is_marker(std::string_view line) {
  return line.substr(0, 3) == "---" || line.substr(0, 3) == "...";
}

/// A pointer's tokens. An enclosing one is its front.
using Tokens = std::vector<std::string>;

/// A node, and the line (from 0) where what follows it begins.
struct Found {
  const YamlValue* node = nullptr;
  std::size_t next = 0;
};

class Editor {
 public:
  Editor(std::string_view text, const YamlValue& root) : lines_(split_lines(text)), root_(root) {}

  /// Brings `operation` in; where it leads into a flow collection, the nearest enclosing member that has lines of its
  /// own becomes what `wanted`, the whole patched tree, has there. False: there is none.
  [[nodiscard]] bool add(const PatchOperation& operation, const boost::json::value& wanted) {
    Tokens tokens = split_pointer(operation.path);
    if (is_rewritten(tokens) || add_lines(operation, tokens)) {
      return true;
    }
    for (tokens.pop_back(); !tokens.empty(); tokens.pop_back()) {
      const auto parent = find(tokens);
      const boost::json::value* const fresh = at(wanted, tokens);
      if (parent && parent->node->is_map() && fresh != nullptr && !has_edits_below(tokens) &&
          add_member(*parent, tokens.back(), *fresh)) {
        rewritten_.push_back(tokens);
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::vector<TextEdit> take() {
    std::vector<TextEdit> all;
    for (auto& [line, edits] : edits_) {
      all.insert(all.end(), std::make_move_iterator(edits.begin()), std::make_move_iterator(edits.end()));
    }
    return all;
  }

 private:
  [[nodiscard]] static bool begins_with(const Tokens& tokens, const Tokens& front) {
    return front.size() <= tokens.size() && std::equal(front.begin(), front.end(), tokens.begin());
  }

  [[nodiscard]] bool is_rewritten(const Tokens& tokens) const {
    return std::any_of(rewritten_.begin(), rewritten_.end(),
                       [&](const Tokens& front) { return begins_with(tokens, front); });
  }

  [[nodiscard]] bool has_edits_below(const Tokens& front) const {
    return std::any_of(edited_.begin(), edited_.end(), [&](const Tokens& each) { return begins_with(each, front); });
  }

  [[nodiscard]] static const boost::json::value* at(const boost::json::value& tree, const Tokens& tokens) {
    const boost::json::value* value = &tree;
    for (const std::string& token : tokens) {
      if (value != nullptr && value->is_array()) {
        const auto index = static_cast<std::size_t>(std::strtoul(token.c_str(), nullptr, 10));
        value = index < value->get_array().size() ? &value->get_array()[index] : nullptr;
      } else {
        value = member(value, token);
      }
    }
    return value;
  }

  [[nodiscard]] bool add_lines(const PatchOperation& operation, const Tokens& tokens) {
    const auto parent = find(tokens);
    if (!parent || tokens.empty()) {
      return false;
    }
    const bool done = parent->node->is_list() ? add_item(*parent, tokens.back(), operation.value)
                                              : add_member(*parent, tokens.back(), operation.value);
    if (done) {
      edited_.push_back(tokens);
    }
    return done;
  }

  static std::size_t line_of(const YamlValue& value) { return static_cast<std::size_t>(std::max(value.line(), 1) - 1); }
  static std::size_t key_line_of(const YamlValue& value) {
    return static_cast<std::size_t>(std::max(value.key_line(), 1) - 1);
  }
  static std::size_t key_column_of(const YamlValue& value) {
    return static_cast<std::size_t>(std::max(value.key_column(), 1) - 1);
  }

  [[nodiscard]] std::size_t end_of_document() const {
    std::size_t end = lines_.size();
    while (end > 0 && lines_[end - 1].substr(0, 3) == "...") {
      --end;
    }
    return end;
  }

  /// The parent of what `tokens` names.
  [[nodiscard]] std::optional<Found> find(const std::vector<std::string>& tokens) const {
    Found found{&root_, end_of_document()};
    for (std::size_t depth = 0; depth + 1 < tokens.size(); ++depth) {
      const bool is_map = found.node->is_map();
      const auto children = is_map ? found.node->entries() : found.node->items();
      std::size_t index = 0;
      while (index < children.size() && (is_map ? children[index].key() : std::to_string(index)) != tokens[depth]) {
        ++index;
      }
      if (index == children.size()) {
        return std::nullopt;
      }
      found = {&children[index], line_after(children, index, is_map, found.next)};
    }
    return found;
  }

  [[nodiscard]] static std::size_t line_after(std::span<const YamlValue> children, std::size_t index, bool is_map,
                                              std::size_t otherwise) {
    if (index + 1 == children.size()) {
      return otherwise;
    }
    return is_map ? key_line_of(children[index + 1]) : line_of(children[index + 1]);
  }

  /// A collection in brackets; nothing can be added to its lines.
  [[nodiscard]] bool is_flow(const YamlValue& node) const {
    const std::size_t line = line_of(node);
    const auto column = static_cast<std::size_t>(std::max(node.column(), 1) - 1);
    return line < lines_.size() && column < lines_[line].size() &&
           (lines_[line][column] == '{' || lines_[line][column] == '[');
  }

  [[nodiscard]] bool is_blank_before(std::size_t line, std::size_t column) const {
    return line < lines_.size() && indentation(lines_[line]) == column;
  }

  /// Over comments that stand above the line as its own, then over empty lines.
  [[nodiscard]] std::size_t before_comments(std::size_t line) const {
    const std::size_t column = line < lines_.size() ? indentation(lines_[line]) : 0;
    const auto is_comment = [&](std::string_view text) {
      return indentation(text) == column && text.substr(column, 1) == "#";
    };
    while (line > 0 && line < lines_.size() && is_comment(lines_[line - 1])) {
      --line;
    }
    while (line > 0 && lines_[line - 1].find_first_not_of(" \r\n") == std::string_view::npos) {
      --line;
    }
    return line;
  }

  enum class Order : std::uint8_t { kBefore, kAfter };

  bool put(TextEdit edit, Order order) {
    auto& bucket = edits_[edit.at];
    bucket.insert(order == Order::kBefore ? bucket.begin() : bucket.end(), std::move(edit));
    return true;
  }

  bool add_item(const Found& list, std::string_view index, const boost::json::value& value) {
    const auto items = list.node->items();
    if (items.empty()) {
      return false;
    }
    const std::size_t line = line_of(items.front());
    const std::size_t column = line < lines_.size() ? indentation(lines_[line]) : 0;
    const auto value_column = static_cast<std::size_t>(std::max(items.front().column(), 1) - 1);
    if (line >= lines_.size() || lines_[line].substr(column, 2) != "- " ||
        lines_[line].find_first_not_of(' ', column + 1) != value_column) {
      return false;
    }
    if (index == "0") {
      return put({before_comments(line), 0, column, item_lines(value, column), ""}, Order::kBefore);
    }
    return index == "-" && put({before_comments(list.next), 0, column, item_lines(value, column), ""}, Order::kAfter);
  }

  bool add_member(const Found& map, std::string_view key, const boost::json::value& value) {
    const auto entries = map.node->entries();
    if (is_flow(*map.node)) {
      return false;
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].key() == key) {
        return replace(entries[i], line_after(entries, i, true, map.next), value);
      }
    }
    if (entries.empty()) {
      return false;
    }
    const std::size_t column = key_column_of(entries.front());
    // Where people look for it.
    const YamlValue* const neighbour = key == "initContainers" ? map.node->find("containers") : nullptr;
    if (neighbour != nullptr && is_blank_before(key_line_of(*neighbour), key_column_of(*neighbour))) {
      const std::size_t line = before_comments(key_line_of(*neighbour));
      return put({line, 0, column, member_lines(key, value, column), ""}, Order::kAfter);
    }
    return put({before_comments(map.next), 0, column, member_lines(key, value, column), ""}, Order::kAfter);
  }

  bool replace(const YamlValue& member, std::size_t next, const boost::json::value& value) {
    const std::size_t line = key_line_of(member);
    const std::size_t column = key_column_of(member);
    const std::size_t end = std::max(before_comments(next), line + 1);
    if (!is_blank_before(line, column) || next <= line) {
      return false;
    }
    return put({line, end - line, column, member_lines(member.key(), value, column), ""}, Order::kAfter);
  }

  std::vector<std::string_view> lines_;
  const YamlValue& root_;
  std::map<std::size_t, std::vector<TextEdit>> edits_;
  std::vector<Tokens> edited_;     // where lines were added or replaced
  std::vector<Tokens> rewritten_;  // members that are written anew
};

bool reads_as(const std::string& text, const boost::json::value& wanted) {
  const auto documents = parse_yaml(text, "");
  return documents.has_value() && documents->size() == 1 && to_json(documents->front()) == wanted;
}

std::size_t first_line(const YamlValue& root, std::size_t lines) {
  const auto line = static_cast<std::size_t>(std::max(root.line(), 1) - 1);
  return std::min(line, lines == 0 ? 0 : lines - 1);
}

/// The document as one block of marks, behind its "---" and the comments above it.
std::string written_anew(std::string_view text, const YamlValue& root, const boost::json::value& value) {
  const auto lines = split_lines(text);
  const std::size_t first = first_line(root, lines.size());
  TextEdit edit{first, lines.size() - first, 0, document_lines(value), ""};
  if (is_marker(lines[first])) {
    edit.above = "---";
  }
  return with_edits(text, {edit});
}

}  // namespace

std::size_t comment_line(std::string_view text, const YamlValue& root) {
  const auto lines = split_lines(text);
  const std::size_t first = first_line(root, lines.size());
  return lines.empty() || is_marker(lines[first]) ? lines.size() : first;
}

Result<std::string> edit_text(std::string_view text, const YamlValue& root, const JsonPatch& patch) {
  const auto wanted = apply(patch, to_json(root));
  if (wanted.has_error()) {
    return wanted.error();
  }
  const auto is_good = [&](const std::string& edited) {
    const auto back = without_marks(edited);
    return back.has_value() && *back == text && reads_as(edited, *wanted);
  };
  Editor editor(text, root);
  const bool by_lines = std::all_of(patch.begin(), patch.end(),
                                    [&](const PatchOperation& operation) { return editor.add(operation, *wanted); });
  if (by_lines) {
    if (std::string edited = with_edits(text, editor.take()); is_good(edited)) {
      return edited;
    }
  }
  if (std::string edited = written_anew(text, root, *wanted); is_good(edited)) {
    return edited;
  }
  return Error{"the text holds marks of ours as values", ""};
}

}  // namespace gabion::config::inject
