// Cuts a text into documents; each is cleaned of marks, patched, marked.
#include "config/inject/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "config/inject/marks.h"
#include "config/inject/text_edit.h"
#include "config/inject/tree.h"
#include "config/inject/workloads.h"
#include "config/yaml_value.h"

namespace gabion::config::inject {
namespace {

namespace json = boost::json;

/// A document with its "---", and the line of the file it begins at.
struct Chunk {
  std::string text;
  std::size_t line = 1;
};

bool begins_document(std::string_view line) {
  return line.substr(0, 3) == "---" &&
         (line.size() == 3 || std::string_view(" \t\r\n").find(line[3]) != std::string_view::npos);
}

/// Directives ("%YAML 1.2") belong to the document below them.
std::vector<Chunk> split_documents(std::string_view text) {
  std::vector<Chunk> chunks(1);
  bool directives = false;
  std::size_t number = 0;
  for (const std::string_view line : split_lines(text)) {
    ++number;
    if (begins_document(line) && !directives && !chunks.back().text.empty()) {
      chunks.push_back({"", number});
    }
    directives = line.front() == '%' || (directives && !begins_document(line));
    chunks.back().text += line;
  }
  return chunks;
}

class Pass {
 public:
  explicit Pass(std::string_view file) : file_(file) {}

  [[nodiscard]] Errors errors() const { return errors_; }
  [[nodiscard]] std::string at(const Chunk& chunk) const { return fmt::format("{}:{}", file_, chunk.line); }
  void refuse(const Chunk& chunk, std::string what) { errors_.emplace_back(std::move(what), at(chunk)); }

  /// The one value of a document; null when it is empty.
  [[nodiscard]] Result<YamlValue> read(const Chunk& chunk) {
    auto documents = parse_yaml(chunk.text, file_);
    if (documents.has_error() || documents->size() > 1) {
      return Error{documents.has_error() ? documents.error().front().what : "documents without --- between them",
                   at(chunk)};
    }
    return documents->empty() ? YamlValue() : std::move(documents->front());
  }

  /// The document without our marks. Texts that hold such lines as values are not touched.
  [[nodiscard]] std::string clean(const Chunk& chunk, const YamlValue& root) {
    const auto lines = split_lines(chunk.text);
    if (std::none_of(lines.begin(), lines.end(), &is_mark) || find_pods(to_json(root)).empty()) {
      return chunk.text;
    }
    const auto blanked = parse_yaml(with_blank_marks(chunk.text), file_);
    if (blanked.has_error() || blanked->size() != 1 || to_json(blanked->front()) != to_json(root)) {
      refuse(chunk, "holds marks of an injection as part of a value");
      return chunk.text;
    }
    auto cleaned = without_marks(chunk.text);
    if (cleaned.has_error()) {
      refuse(chunk, fmt::format("{} ({} of the document)", cleaned.error().what, cleaned.error().where));
      return chunk.text;
    }
    return *std::move(cleaned);
  }

 private:
  std::string file_;
  Errors errors_;
};

PodReport report_of(const PodPlace& place, const PodInjection& done) {
  return {place.object, done.outcome, done.reasons, done.notes};
}

std::vector<TextEdit> comments_of(const std::vector<PodReport>& pods, std::size_t line) {
  std::vector<TextEdit> comments;
  for (const PodReport& pod : pods) {
    const std::string_view word = pod.outcome == InjectOutcome::kRefused ? "not-injected" : "skipped";
    for (const std::string& reason : pod.reasons) {
      comments.push_back(comment(line, word, fmt::format("{}: {}", pod.object, reason)));
    }
    for (const std::string& note : pod.notes) {
      comments.push_back(comment(line, "note", fmt::format("{}: {}", pod.object, note)));
    }
  }
  return comments;
}

/// The document injected; what is wrong with it goes to `pass`.
std::string inject_document(Pass& pass, Chunk chunk, const Settings& settings, std::vector<PodReport>& reports) {
  auto root = pass.read(chunk);
  if (root.has_error()) {
    pass.refuse(chunk, root.error().what);
    return {};
  }
  chunk.text = pass.clean(chunk, *root);
  root = pass.read(chunk);
  if (root.has_error()) {
    pass.refuse(chunk, root.error().what);
    return {};
  }
  const json::value tree = to_json(*root);
  std::vector<PodReport> own;
  JsonPatch patch;
  for (const PodPlace& place : find_pods(tree)) {
    if (!place.unknown.empty()) {
      own.push_back({place.object, InjectOutcome::kRefused, {place.unknown}, {}});
      continue;
    }
    PodInjection done = inject_pod(at_pointer(tree, place.pointer), settings);
    own.push_back(report_of(place, done));
    for (PatchOperation& operation : done.patch) {
      operation.path.insert(0, place.pointer);
      patch.push_back(std::move(operation));
    }
  }
  reports.insert(reports.end(), own.begin(), own.end());
  if (own.empty()) {
    return chunk.text;
  }
  auto edited = patch.empty() ? Result<std::string>(chunk.text) : edit_text(chunk.text, *root, patch);
  if (edited.has_error()) {
    pass.refuse(chunk, edited.error().to_string());
    return {};
  }
  return with_edits(*edited, comments_of(own, comment_line(*edited, *root)));
}

/// The line of the first character that some readers take for the end of a line: to them the text says something else.
std::optional<std::size_t> find_wide_break(std::string_view text) {
  std::size_t first = std::string_view::npos;
  for (const std::string_view wide : {"\xE2\x80\xA8", "\xE2\x80\xA9", "\xC2\x85"}) {
    first = std::min(first, text.find(wide));
  }
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  return 1 +
         static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first), '\n'));
}

}  // namespace

CheckedResult<InjectedManifest> inject_manifest(std::string_view text, std::string_view file,
                                                const Settings& settings) {
  if (const auto all = parse_yaml(text, file); all.has_error()) {
    return all.error();
  }
  if (const auto wide = find_wide_break(text)) {
    return Errors{Error{"a line separator (U+0085, U+2028 or U+2029) that ends a comment for some readers of YAML only",
                        fmt::format("{}:{}", file, *wide)}};
  }
  Pass pass(file);
  InjectedManifest done;
  for (Chunk& chunk : split_documents(text)) {
    done.text += inject_document(pass, std::move(chunk), settings, done.pods);
  }
  if (!pass.errors().empty()) {
    return pass.errors();
  }
  return done;
}

CheckedResult<std::string> uninject_manifest(std::string_view text, std::string_view file) {
  if (const auto all = parse_yaml(text, file); all.has_error()) {
    return all.error();
  }
  Pass pass(file);
  std::string out;
  for (const Chunk& chunk : split_documents(text)) {
    const auto root = pass.read(chunk);
    if (root.has_error()) {
      pass.refuse(chunk, root.error().what);
      continue;
    }
    const Chunk cleaned{pass.clean(chunk, *root), chunk.line};
    const auto rest = pass.read(cleaned);
    const json::value tree = rest.has_error() ? json::value() : to_json(*rest);
    for (const PodPlace& place : find_pods(tree)) {
      if (member(&at_pointer(tree, place.pointer), "metadata", "annotations", kStatus) != nullptr) {
        pass.refuse(chunk,
                    fmt::format("{} is injected, but the marks are gone (the API server keeps no comments): take "
                                "the manifest it was made from",
                                place.object));
      }
    }
    out += cleaned.text;
  }
  if (!pass.errors().empty()) {
    return pass.errors();
  }
  return out;
}

}  // namespace gabion::config::inject
