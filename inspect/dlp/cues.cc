// Text becomes small words apart by blanks, in a buffer on the stack; a cue is looked for as " cue ".
#include "inspect/dlp/cues.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace gabion::inspect::dlp {
namespace {

constexpr bool is_capital(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_small(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
constexpr auto kIsWord = [] {
  std::array<bool, 256> is_word{};
  for (unsigned code = 0; code < is_word.size(); ++code) {
    is_word[code] =
        (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9') || code >= 0x80;
  }
  return is_word;
}();
constexpr bool is_word(char c) noexcept {
  return kIsWord[static_cast<unsigned char>(c)];
}

enum class Split : std::uint8_t { kAtMarks, kAtCaseToo };

/// " word word word "
class Words {
 public:
  static constexpr std::size_t kMostBytes = 2 * kCueBytesBefore + 2;

  Words(std::string_view text, Split split) noexcept {
    add(' ');
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (!is_word(c)) {
        add(' ');
        continue;
      }
      if (split == Split::kAtCaseToo && begins_word(text, at)) {
        add(' ');
      }
      add(is_capital(c) ? static_cast<char>(c | 0x20) : c);
    }
    add(' ');
  }

  /// Whether kAtCaseToo finds other words than kAtMarks.
  [[nodiscard]] static bool splits_at_case(std::string_view text) noexcept {
    for (std::size_t at = 1; at < text.size(); ++at) {
      if (begins_word(text, at)) {
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] bool is_empty() const noexcept { return size_ <= 1; }

  /// clientSSN, SSNLast: a capital after a small letter, and the last of several before one.
  static bool begins_word(std::string_view text, std::size_t at) noexcept {
    if (at == 0 || !is_capital(text[at])) {
      return false;
    }
    const bool small_follows = at + 1 < text.size() && is_small(text[at + 1]);
    return is_small(text[at - 1]) || (is_capital(text[at - 1]) && small_follows);
  }

  [[nodiscard]] bool hold(std::string_view cue) const noexcept {
    const std::string_view text{bytes_.data(), size_};
    for (std::size_t at = text.find(cue); at != std::string_view::npos; at = text.find(cue, at + 1)) {
      const std::size_t end = at + cue.size();
      if (at > 0 && text[at - 1] == ' ' && end < text.size() && text[end] == ' ') {
        return true;
      }
    }
    return false;
  }

  /// Whether the last word is `word` and, for a suffix, another stands before it.
  [[nodiscard]] bool end_with(std::string_view word) const noexcept {
    const std::string_view text{bytes_.data(), size_};
    return size_ > word.size() + 1 && text.substr(size_ - 1 - word.size(), word.size()) == word &&
           text[size_ - 2 - word.size()] == ' ';
  }
  [[nodiscard]] bool end_with_suffix(std::string_view word) const noexcept {
    return end_with(word) && size_ > word.size() + 2;
  }

 private:
  void add(char c) noexcept {
    const bool is_second_blank = c == ' ' && size_ > 0 && bytes_[size_ - 1] == ' ';
    if (!is_second_blank && size_ < bytes_.size()) {
      bytes_[size_++] = c;
    }
  }

  std::array<char, kMostBytes> bytes_{};
  std::size_t size_ = 0;
};

/// The last words of what stands before, without one the window cuts.
std::string_view last_words(std::string_view text) noexcept {
  if (text.size() > kCueBytesBefore) {
    std::size_t at = text.size() - kCueBytesBefore;
    while (at < text.size() && is_word(text[at - 1]) && is_word(text[at])) {
      ++at;
    }
    text.remove_prefix(at);
  }
  std::size_t words = 0;
  bool is_inside = false;
  for (std::size_t at = text.size(); at > 0; --at) {
    const bool is = is_word(text[at - 1]);
    if (is_inside && !is && ++words == kCueWordsBefore) {
      return text.substr(at);
    }
    is_inside = is;
  }
  return text;
}

std::string_view first_words(std::string_view text) noexcept {
  if (text.size() > kCueBytesBehind) {
    std::size_t end = kCueBytesBehind;
    while (end > 0 && is_word(text[end]) && is_word(text[end - 1])) {
      --end;
    }
    text = text.substr(0, end);
  }
  std::size_t words = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool ends = is_word(text[at]) && (at + 1 == text.size() || !is_word(text[at + 1]));
    if (ends && ++words == kCueWordsBehind) {
      return text.substr(0, at + 1);
    }
  }
  return text;
}

/// Calls `found` with each item of a list until it says true; that item, or nothing.
template <class Found>
std::string_view first_item(std::string_view list, Found found) noexcept {
  while (!list.empty()) {
    const std::size_t end = list.find('|');
    const std::string_view item = list.substr(0, end);
    if (!item.empty() && found(item)) {
      return item;
    }
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return {};
}

std::string_view find_in(std::string_view list, std::string_view text) noexcept {
  if (list.empty() || text.empty()) {
    return {};
  }
  const Words plain(text, Split::kAtMarks);
  if (plain.is_empty()) {
    return {};
  }
  if (const auto cue = first_item(list, [&](std::string_view item) { return plain.hold(item); });
      !cue.empty() || !Words::splits_at_case(text)) {
    return cue;
  }
  const Words parts(text, Split::kAtCaseToo);
  return first_item(list, [&](std::string_view item) { return parts.hold(item); });
}

/// A heading is looked at like the words before, and is a name as well.
std::string_view find_in_label(const CueLists& cues, std::string_view label) noexcept {
  for (const std::string_view list : {cues.words, cues.fields}) {
    if (const auto cue = find_in(list, last_words(label)); !cue.empty()) {
      return cue;
    }
  }
  return label.empty() ? std::string_view() : first_item(cues.inner, [label](std::string_view item) {
    return label.find(item) != std::string_view::npos;
  });
}

}  // namespace

namespace {

constexpr std::uint32_t kNoWord = 2166136261U;
/// Stands for any byte of a script without blanks: cues of those are found inside words.
constexpr std::string_view kWide = "\x80";

/// FNV-1a, so that a word's hash grows with its letters.
constexpr std::uint32_t hash_on(std::uint32_t hash, char c) noexcept {
  return (hash ^ static_cast<unsigned char>(is_capital(c) ? static_cast<char>(c | 0x20) : c)) * 16777619U;
}

constexpr std::uint32_t hash_of(std::string_view word) noexcept {
  std::uint32_t hash = kNoWord;
  for (const char c : word) {
    hash = hash_on(hash, c);
  }
  return hash;
}

std::string_view end_of(std::string_view name) noexcept {
  return name.substr(name.size() - std::min(name.size(), kCueBytesBefore));
}

bool has_wide(std::string_view text) noexcept {
  unsigned char bits = 0;
  for (const char c : text) {
    bits |= static_cast<unsigned char>(c);
  }
  return bits >= 0x80;
}

}  // namespace

void CueWords::add_text(std::string_view text) noexcept {
  std::uint32_t word = kNoWord;  // since the last mark
  std::uint32_t part = kNoWord;  // since the last change of case
  const auto end_part = [&] {
    if (part != kNoWord) {
      add(part);
    }
    part = kNoWord;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_word(text[at])) {
      end_part();
      if (word != kNoWord) {
        add(word);
      }
      word = kNoWord;
      continue;
    }
    if (Words::begins_word(text, at)) {
      end_part();
    }
    word = hash_on(word, text[at]);
    part = hash_on(part, text[at]);
  }
  end_part();
  if (word != kNoWord) {
    add(word);
  }
}

void CueWords::add_cues(const CueLists& cues) noexcept {
  for (const std::string_view list : {cues.words, cues.fields}) {
    first_item(list, [this](std::string_view cue) {
      add(hash_of(cue.substr(0, cue.find(' '))));
      return false;
    });
  }
  if (!cues.inner.empty()) {
    add(hash_of(kWide));
  }
}

void add_names(std::span<const std::string_view> names, CueWords& words) noexcept {
  for (const std::string_view name : names) {
    words.add_text(end_of(name));
    if (has_wide(name)) {
      words.add_text(kWide);
    }
  }
}

void add_before(std::string_view before, CueWords& words) noexcept {
  words.add_text(last_words(before));
  if (has_wide(before)) {
    words.add_text(kWide);
  }
}

void add_behind(std::string_view behind, CueWords& words) noexcept {
  words.add_text(first_words(behind));
  if (has_wide(behind)) {
    words.add_text(kWide);
  }
}

std::string_view find_cue(const CueLists& cues, const Surroundings& around) noexcept {
  for (const std::string_view name : around.names) {
    for (const std::string_view list : {cues.words, cues.fields}) {
      if (const auto cue = find_in(list, end_of(name)); !cue.empty()) {
        return cue;
      }
    }
    if (const auto cue = first_item(cues.inner, [&](auto item) { return name.find(item) != std::string_view::npos; });
        !cue.empty()) {
      return cue;
    }
  }
  if (const auto cue = find_in_label(cues, around.label); !cue.empty()) {
    return cue;
  }
  for (const std::string_view text : {last_words(around.before), first_words(around.behind)}) {
    if (const auto cue = find_in(cues.words, text); !cue.empty()) {
      return cue;
    }
  }
  const std::size_t cut = around.before.size() - std::min(around.before.size(), kCueBytesBefore);
  return first_item(cues.inner, [&](std::string_view item) {
    return around.before.substr(cut).find(item) != std::string_view::npos ||
           around.behind.substr(0, kCueBytesBehind).find(item) != std::string_view::npos;
  });
}

bool has_anti_cue(const Surroundings& around) noexcept {
  constexpr std::string_view kWords =
      "ts|time|timestamp|nonce|seq|trace|span|offset|version|lat|lng|width|height|epoch";
  constexpr std::string_view kSuffixes = "ms|us";
  if (!around.names.empty() && around.label.empty()) {
    const Words words(end_of(around.names.back()), Split::kAtCaseToo);
    return !first_item(kWords, [&](auto item) { return words.hold(item); }).empty() ||
           !first_item(kSuffixes, [&](auto item) { return words.end_with_suffix(item); }).empty();
  }
  const auto ends_so = [&](std::string_view text) {
    const std::string_view before = last_words(text);
    const std::size_t last = before.find_last_of(" \t\r\n");
    const Words words(before.substr(last == std::string_view::npos ? 0 : last), Split::kAtCaseToo);
    return !first_item(kWords, [&](auto item) { return words.end_with(item); }).empty() ||
           !first_item(kSuffixes, [&](auto item) { return words.end_with_suffix(item); }).empty();
  };
  return ends_so(around.before) || (!around.label.empty() && ends_so(around.label));
}

}  // namespace gabion::inspect::dlp
