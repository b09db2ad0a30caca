// From yaml-cpp's events to our tree: the only place that talks to its parser, and where its leniency ends.
//
// Events instead of YAML::Node: tags and marks arrive unchanged, aliases arrive as aliases, and a bound that is passed
// stops the parser before it recurses further.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "config/yaml_scalar.h"
#include "config/yaml_text.h"
#include "config/yaml_value.h"

namespace gabion::config {
namespace {

constexpr std::size_t kMaxErrors = 100;
constexpr std::size_t kMaxTreeTextBytes = 2 * kMaxYamlTextBytes;  ///< with copies for anchors and aliases
constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

/// Thrown through yaml-cpp to stop it; the error is recorded already.
struct Stopped {};

struct PlacedError {
  int line = 0;
  std::string what;
};

bool is_core_tag(std::string_view tag, std::string_view name) noexcept {
  return tag.substr(0, kCoreTag.size()) == kCoreTag && tag.substr(kCoreTag.size()) == name;
}

/// "?" is what yaml-cpp says of an untagged plain node, "!" of a quoted one (and of an explicit `!`).
bool is_untagged(std::string_view tag) noexcept {
  return tag.empty() || tag == "?" || tag == "!";
}

/// The kind a tagged scalar has, nothing when its tag is unknown or contradicts its text.
std::optional<YamlKind> classify_scalar(std::string_view tag, std::string_view text) noexcept {
  const YamlKind plain = classify_plain_scalar(text);
  if (tag == "?" || tag.empty()) {
    return plain;
  }
  if (tag == "!" || is_core_tag(tag, "str")) {
    return YamlKind::kString;
  }
  const bool agrees = (is_core_tag(tag, "int") && plain == YamlKind::kInteger) ||
                      (is_core_tag(tag, "bool") && plain == YamlKind::kBool) ||
                      (is_core_tag(tag, "null") && plain == YamlKind::kNull) ||
                      (is_core_tag(tag, "float") && plain == YamlKind::kNumber);
  return agrees ? std::optional(plain) : std::nullopt;
}

}  // namespace

/// Builds the documents of one text. Counts every node it makes, copies included, against the bounds.
class YamlTreeBuilder final : public YAML::EventHandler {
 public:
  explicit YamlTreeBuilder(YamlMarkerLines markers) : markers_(std::move(markers)) {}

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

  void refuse(int line, std::string what);
  [[nodiscard]] std::vector<YamlValue> take_documents() { return std::move(documents_); }
  [[nodiscard]] Errors errors(std::string_view file_name) const;

 private:
  /// A list or map whose end has not come, and in a map the key that waits for its value.
  struct Open {
    YamlValue value;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    std::string key;
    int key_line = 0;
    int key_column = 0;
  };

  [[nodiscard]] YamlValue make(const YAML::Mark& mark, YamlKind kind);
  [[nodiscard]] bool expects_key() const noexcept;
  void open(const YAML::Mark& mark, YamlKind kind, YAML::anchor_t anchor);
  void close();
  void set_key(const YamlValue& key);
  void add(YamlValue value, YAML::anchor_t anchor);
  void charge_copy(const YamlValue& value, std::size_t depth);
  void charge(std::size_t text_bytes, int line);
  void refuse_duplicates(const YamlValue& map);

  YamlMarkerLines markers_;
  std::vector<YamlValue> documents_;
  std::vector<Open> stack_;
  std::unordered_map<YAML::anchor_t, YamlValue> anchored_;
  std::vector<PlacedError> errors_;
  std::size_t nodes_ = 0;
  std::size_t text_bytes_ = 0;
  int document_line_ = 0;
};

void YamlTreeBuilder::refuse(int line, std::string what) {
  errors_.push_back({line, std::move(what)});
  if (errors_.size() >= kMaxErrors) {
    throw Stopped{};
  }
}

Errors YamlTreeBuilder::errors(std::string_view file_name) const {
  std::vector<PlacedError> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  Errors result;
  for (const PlacedError& error : sorted) {
    result.push_back({error.what, fmt::format("{}:{}", file_name, error.line)});
  }
  return result;
}

void YamlTreeBuilder::charge(std::size_t text_bytes, int line) {
  ++nodes_;
  text_bytes_ += text_bytes;
  if (nodes_ > kMaxYamlNodes || text_bytes_ > kMaxTreeTextBytes) {
    errors_.push_back({line, fmt::format("more than {} values, copies for aliases included", kMaxYamlNodes)});
    throw Stopped{};
  }
}

/// Charges a whole tree that is about to be copied to `depth` (its own depth is bounded, and so is this recursion).
void YamlTreeBuilder::charge_copy(const YamlValue& value, std::size_t depth) {
  charge(value.text_.size() + value.key_.size(), value.line_);
  if (depth > kMaxYamlDepth) {
    errors_.push_back({value.line_, fmt::format("nested more than {} deep", kMaxYamlDepth)});
    throw Stopped{};
  }
  for (const YamlValue& child : value.children_) {
    const bool nests = child.is_list() || child.is_map();
    charge_copy(child, depth + (nests ? 1 : 0));
  }
}

YamlValue YamlTreeBuilder::make(const YAML::Mark& mark, YamlKind kind) {
  YamlValue value;
  value.kind_ = kind;
  value.line_ = mark.line + 1;
  value.column_ = mark.column + 1;
  return value;
}

bool YamlTreeBuilder::expects_key() const noexcept {
  return !stack_.empty() && stack_.back().value.is_map() && !stack_.back().has_key;
}

/// yaml-cpp begins another document wherever it cannot go on, without end when it does not move (a "," at top level).
void YamlTreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  const int line = mark.line + 1;
  const auto marker = std::upper_bound(markers_.begin(), markers_.end(), document_line_);
  if (document_line_ != 0 && (marker == markers_.end() || *marker > line)) {
    refuse(line, "text after the end of the document");
    throw Stopped{};
  }
  document_line_ = line;
  anchored_.clear();
}

void YamlTreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  YamlValue value = make(mark, YamlKind::kNull);
  if (expects_key()) {
    set_key(value);
    return;
  }
  if (!stack_.empty() && stack_.back().value.is_map()) {
    const Open& map = stack_.back();
    if (value.line_ == map.key_line && value.column_ == map.key_column) {
      refuse(map.key_line, fmt::format("\"{}\" without ':'", map.key));
    }
    value.line_ = map.key_line;  // the mark is that of whatever comes next
    value.column_ = map.key_column;
  }
  charge(0, value.line_);
  add(std::move(value), anchor);
}

void YamlTreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                               const std::string& text) {
  const auto kind = classify_scalar(tag, text);
  YamlValue value = make(mark, kind.value_or(YamlKind::kNull));
  if (!kind) {
    refuse(value.line_, fmt::format("unknown or unfitting tag \"{}\"", tag));
  }
  value.text_ = value.kind_ == YamlKind::kNull ? std::string() : text;
  if (value.kind_ == YamlKind::kInteger) {
    std::from_chars(text.data(), text.data() + text.size(), value.integer_);
  }
  if (value.kind_ == YamlKind::kBool) {
    value.integer_ = is_true_word(text) ? 1 : 0;
  }
  charge(text.size(), value.line_);
  if (expects_key()) {
    if (tag == "?" && text == "<<") {
      refuse(value.line_, "\"<<\" is not supported: write the members out");
    }
    set_key(value);
    return;
  }
  add(std::move(value), anchor);
}

void YamlTreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const int line = mark.line + 1;
  if (expects_key()) {
    refuse(line, "an alias is no key");
    set_key(make(mark, YamlKind::kString));
    return;
  }
  const auto found = anchored_.find(anchor);
  if (found == anchored_.end()) {
    refuse(line, "an alias needs a complete value: not a key, and not what encloses it");
    add(make(mark, YamlKind::kNull), 0);
    return;
  }
  const bool nests = found->second.is_list() || found->second.is_map();
  charge_copy(found->second, stack_.size() + (nests ? 1 : 0));
  add(found->second, 0);
}

void YamlTreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                      YAML::EmitterStyle::value /*style*/) {
  if (!is_untagged(tag) && !is_core_tag(tag, "seq")) {
    refuse(mark.line + 1, fmt::format("unknown or unfitting tag \"{}\"", tag));
  }
  open(mark, YamlKind::kList, anchor);
}

void YamlTreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                 YAML::EmitterStyle::value /*style*/) {
  if (!is_untagged(tag) && !is_core_tag(tag, "map")) {
    refuse(mark.line + 1, fmt::format("unknown or unfitting tag \"{}\"", tag));
  }
  open(mark, YamlKind::kMap, anchor);
}

void YamlTreeBuilder::open(const YAML::Mark& mark, YamlKind kind, YAML::anchor_t anchor) {
  const int line = mark.line + 1;
  if (stack_.size() >= kMaxYamlDepth) {
    refuse(line, fmt::format("nested more than {} deep", kMaxYamlDepth));
    throw Stopped{};
  }
  charge(0, line);
  stack_.push_back({make(mark, kind), anchor, false, "", 0, 0});
}

void YamlTreeBuilder::close() {
  Open closed = std::move(stack_.back());
  stack_.pop_back();
  if (closed.value.is_map()) {
    refuse_duplicates(closed.value);
  }
  add(std::move(closed.value), closed.anchor);
}

void YamlTreeBuilder::set_key(const YamlValue& key) {
  Open& map = stack_.back();
  if (!key.is_string() && !key.is_integer()) {
    const bool can_be_quoted = key.kind_ == YamlKind::kBool || key.kind_ == YamlKind::kNumber;
    refuse(key.line_,
           fmt::format("a key must be a word, not {}{}", describe(key.kind_), can_be_quoted ? ": quote it" : ""));
  }
  map.has_key = true;
  map.key = key.text_;
  map.key_line = key.line_;
  map.key_column = key.column_;
}

void YamlTreeBuilder::add(YamlValue value, YAML::anchor_t anchor) {
  if (anchor != 0) {
    charge_copy(value, 0);
    anchored_.insert_or_assign(anchor, value);
  }
  if (stack_.empty()) {
    documents_.push_back(std::move(value));
    return;
  }
  if (expects_key()) {
    set_key(value);
    return;
  }
  Open& parent = stack_.back();
  if (parent.value.is_map()) {
    value.key_ = std::move(parent.key);
    value.key_line_ = parent.key_line;
    value.key_column_ = parent.key_column;
    parent.has_key = false;
  }
  parent.value.children_.push_back(std::move(value));
}

void YamlTreeBuilder::refuse_duplicates(const YamlValue& map) {
  std::vector<const YamlValue*> sorted;
  sorted.reserve(map.children_.size());
  for (const YamlValue& child : map.children_) {
    sorted.push_back(&child);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key_ < b->key_; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const YamlValue& first = *sorted[i - 1];
    if (first.key_ == sorted[i]->key_) {
      refuse(sorted[i]->key_line_, fmt::format("key \"{}\" is already on line {}", first.key_, first.key_line_));
    }
  }
}

CheckedResult<std::vector<YamlValue>> parse_yaml(std::string_view text, std::string_view file_name) {
  auto markers = check_yaml_text(text, file_name);
  if (!markers) {
    return Errors{markers.error()};
  }
  YamlTreeBuilder builder(*std::move(markers));
  try {
    std::istringstream input{std::string(text)};
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stopped&) {
    return builder.errors(file_name);
  } catch (const YAML::Exception& error) {
    // What was found before is unreliable: an unclosed bracket makes a key of everything in front of it.
    const int line = std::max(error.mark.line, 0) + 1;  // some of its errors have no place
    return Errors{{"not YAML: " + error.msg, fmt::format("{}:{}", file_name, line)}};
  } catch (const std::exception& error) {
    return Errors{{fmt::format("cannot be read: {}", error.what()), std::string(file_name)}};
  }
  Errors errors = builder.errors(file_name);
  if (!errors.empty()) {
    return errors;
  }
  return builder.take_documents();
}

}  // namespace gabion::config
