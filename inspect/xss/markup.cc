// Tables of what browsers run, past and present.
#include "inspect/xss/markup.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gabion::inspect::xss {
namespace {

using namespace std::string_view_literals;

/// Sorted; active as soon as they are there.
constexpr auto kActiveElements =
    std::to_array<std::string_view>({"bgsound", "embed", "frame", "frameset", "handler", "iframe", "ilayer", "import",
                                     "isindex", "layer", "listener", "script", "scriptlet", "svg", "vmlframe", "xss"});

/// Sorted; active by an attribute only.
constexpr auto kLoadingElements =
    std::to_array<std::string_view>({"applet", "base", "link", "meta", "noscript", "object", "style", "xml"});

/// Beginnings of the handlers' names behind "on".
constexpr auto kHandlerStems = std::to_array<std::string_view>({"abort",
                                                                "activate",
                                                                "after",
                                                                "animation",
                                                                "auxclick",
                                                                "before",
                                                                "blur",
                                                                "bounce",
                                                                "canplay",
                                                                "cell",
                                                                "change",
                                                                "click",
                                                                "close",
                                                                "content",
                                                                "copy",
                                                                "cut",
                                                                "datasetc",
                                                                "dblclick",
                                                                "deactivate",
                                                                "drag",
                                                                "drop",
                                                                "durationchange",
                                                                "end",
                                                                "error",
                                                                "filterchange",
                                                                "finish",
                                                                "focus",
                                                                "formdata",
                                                                "fullscreen",
                                                                "gesture",
                                                                "hashchange",
                                                                "help",
                                                                "input",
                                                                "invalid",
                                                                "key",
                                                                "layoutcomplete",
                                                                "load",
                                                                "message",
                                                                "mouse",
                                                                "move",
                                                                "offline",
                                                                "online",
                                                                "orientation",
                                                                "page",
                                                                "paste",
                                                                "pause",
                                                                "play",
                                                                "pointer",
                                                                "popstate",
                                                                "progress",
                                                                "propertychange",
                                                                "ratechange",
                                                                "readystate",
                                                                "repeat",
                                                                "reset",
                                                                "resize",
                                                                "row",
                                                                "scroll",
                                                                "search",
                                                                "securitypolicy",
                                                                "seek",
                                                                "select",
                                                                "show",
                                                                "start",
                                                                "storage",
                                                                "submit",
                                                                "suspend",
                                                                "timeupdate",
                                                                "toggle",
                                                                "touch",
                                                                "transition",
                                                                "unhandled",
                                                                "unload",
                                                                "volume",
                                                                "waiting",
                                                                "webkit",
                                                                "wheel",
                                                                "zoom"});

constexpr auto kStyleWords =
    std::to_array<std::string_view>({"expression(", "javascript:", "vbscript:", "binding:", "-o-link",
                                     "behavior:", "behaviour:", "@import", "/*", "\\"});

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool is_letter(char c) noexcept {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool starts_with(std::string_view text, std::string_view lower_part) noexcept {
  return text.size() >= lower_part.size() && equal(text.substr(0, lower_part.size()), lower_part);
}

/// Reads a URL's first bytes as a browser does: without blanks and controls, character references resolved.
class UrlReader {
 public:
  explicit UrlReader(std::string_view text) noexcept : rest_(text) {}

  /// The next byte in lower case, NUL at the end.
  char next() noexcept {
    while (!rest_.empty()) {
      const char c = rest_.front() == '&' ? reference() : take(1);
      if (static_cast<unsigned char>(c) > ' ') {
        return lower(c);
      }
    }
    return '\0';
  }

 private:
  char take(std::size_t length) noexcept {
    const char c = rest_.front();
    rest_.remove_prefix(length);
    return c;
  }

  /// &#106; &#x6a; &colon; &Tab; &NewLine; and the rest as they stand.
  char reference() noexcept {
    constexpr auto named = std::to_array<std::pair<std::string_view, char>>(
        {{"&colon;"sv, ':'}, {"&tab;"sv, '\t'}, {"&newline;"sv, '\n'}, {"&lpar;"sv, '('}});
    for (const auto& [name, c] : named) {
      if (starts_with(rest_, name)) {
        rest_.remove_prefix(name.size());
        return c;
      }
    }
    return rest_.size() > 2 && rest_[1] == '#' ? numeric() : take(1);
  }

  char numeric() noexcept {
    const bool hex = lower(rest_[2]) == 'x';
    std::size_t at = hex ? 3 : 2;
    unsigned code = 0;
    for (; at < rest_.size(); ++at) {
      const char c = lower(rest_[at]);
      if (is_digit(c)) {
        code = code * (hex ? 16 : 10) + static_cast<unsigned>(c - '0');
      } else if (hex && c >= 'a' && c <= 'f') {
        code = code * 16 + static_cast<unsigned>(c - 'a' + 10);
      } else {
        break;
      }
      code = std::min(code, 0xFFFFU);
    }
    at += at < rest_.size() && rest_[at] == ';' ? 1 : 0;
    take(at);
    return code < 0x80 ? static_cast<char>(code) : '?';
  }

  std::string_view rest_;
};

bool reads(std::string_view text, std::string_view expected) noexcept {
  UrlReader reader(text);
  return std::all_of(expected.begin(), expected.end(), [&](char c) { return reader.next() == c; });
}

}  // namespace

bool equal(std::string_view left, std::string_view lower_right) noexcept {
  return left.size() == lower_right.size() &&
         std::equal(left.begin(), left.end(), lower_right.begin(), [](char a, char b) { return lower(a) == b; });
}

bool contains(std::string_view text, std::string_view lower_part) noexcept {
  return std::search(text.begin(), text.end(), lower_part.begin(), lower_part.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

Element element_of(std::string_view name) noexcept {
  std::array<char, 16> compact{};
  std::size_t size = 0;
  for (const char c : name.substr(name.rfind(':') + 1)) {
    if (c == '\0') {
      continue;
    }
    if (size == compact.size()) {
      return Element::kOrdinary;
    }
    compact[size++] = lower(c);
  }
  const std::string_view known(compact.data(), size);
  if (std::binary_search(kActiveElements.begin(), kActiveElements.end(), known)) {
    return Element::kActive;
  }
  if (known == "style") {
    return Element::kStyle;
  }
  const bool loads = std::binary_search(kLoadingElements.begin(), kLoadingElements.end(), known);
  return loads ? Element::kLoading : Element::kOrdinary;
}

bool is_handler(std::string_view name) noexcept {
  return name.size() > 3 && lower(name[0]) == 'o' && lower(name[1]) == 'n' &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || c == '\0'; });
}

bool is_known_handler(std::string_view name) noexcept {
  return is_handler(name) && std::any_of(kHandlerStems.begin(), kHandlerStems.end(),
                                         [&](std::string_view stem) { return starts_with(name.substr(2), stem); });
}

bool is_garbled_handler(std::string_view name) noexcept {
  const std::size_t letters = static_cast<std::size_t>(
      std::find_if(name.begin(), name.end(), [](char c) { return !is_letter(c); }) - name.begin());
  constexpr std::string_view garbage = "!#$%&()*~+,;?@[|\\^";
  return letters < name.size() && garbage.find(name[letters]) != std::string_view::npos &&
         is_known_handler(name.substr(0, letters));
}

bool is_script_scheme(std::string_view value) noexcept {
  return reads(value, "javascript:") || reads(value, "vbscript:") || reads(value, "livescript:") ||
         reads(value, "view-source:") || reads(value, "data:text/html") || reads(value, "data:text/xml") ||
         reads(value, "data:image/svg") || reads(value, "data:application/x");
}

bool is_script_url(std::string_view value) noexcept {
  constexpr auto pictures = std::to_array<std::string_view>(
      {"data:image/png", "data:image/gif", "data:image/jpeg", "data:image/jpg", "data:image/webp", "data:image/bmp",
       "data:image/x-icon", "data:image/avif", "data:font/", "data:audio/", "data:video/"});
  return is_script_scheme(value) ||
         (reads(value, "data:") && std::none_of(pictures.begin(), pictures.end(),
                                                [&](std::string_view picture) { return reads(value, picture); }));
}

bool is_active_style(std::string_view value) noexcept {
  return std::any_of(kStyleWords.begin(), kStyleWords.end(),
                     [&](std::string_view word) { return contains(value, word); });
}

}  // namespace gabion::inspect::xss
