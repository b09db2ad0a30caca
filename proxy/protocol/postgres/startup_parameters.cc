// Start-up parameters: see startup_parameters.h.
#include "proxy/protocol/postgres/startup_parameters.h"

#include <algorithm>
#include <array>

#include "proxy/protocol/postgres/body_reader.h"
#include "proxy/protocol/postgres/known_statement.h"

namespace gabion::proxy::postgres {
namespace {

/// Settings a client may begin with: none changes how a text is lexed, which object a name means, or whose rights
/// count.
constexpr std::array<std::string_view, 11> kAllowed = {"application_name",
                                                       "client_encoding",
                                                       "datestyle",
                                                       "extra_float_digits",
                                                       "geqo",
                                                       "idle_in_transaction_session_timeout",
                                                       "intervalstyle",
                                                       "jit",
                                                       "lock_timeout",
                                                       "statement_timeout",
                                                       "timezone"};
constexpr std::string_view kProtocolOption = "_pq_.";
constexpr std::string_view kPinnedPath = "public";  // what a proxy before us tells the server

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

std::string lower(std::string_view text) {
  std::string found(text);
  std::transform(found.begin(), found.end(), found.begin(), [](char c) { return lower(c); });
  return found;
}

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// As PostgreSQL's pg_split_opts: white space separates, a backslash keeps the next character.
std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_space(text[at])) {
      ++at;
    }
    if (at == text.size()) {
      return words;
    }
    std::string word;
    while (at < text.size() && !is_space(text[at])) {
      if (text[at] == '\\' && ++at == text.size()) {
        break;
      }
      word.push_back(text[at++]);
    }
    words.push_back(std::move(word));
  }
}

class Reader {
 public:
  explicit Reader(StartupParameters& found) : found_(found) {}

  void read(std::string_view packet);

 private:
  void take(std::string_view name, std::string_view value);
  void take_options(std::string_view value);
  void take_setting(std::string_view name, std::string_view value);
  void refuse(StartupRefusal refusal, std::string_view what = {});

  StartupParameters& found_;
  bool has_database_ = false;
  bool has_user_ = false;
};

/// The first refusal is told.
void Reader::refuse(StartupRefusal refusal, std::string_view what) {
  if (found_.refusal == StartupRefusal::kNone) {
    constexpr std::size_t kMostShown = 64;
    found_.refusal = refusal;
    found_.what = what.substr(0, kMostShown);
    std::replace_if(
        found_.what.begin(), found_.what.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  }
}

void Reader::read(std::string_view packet) {
  BodyReader reader(packet);
  while (true) {
    const auto name = reader.text();
    if (!name) {
      refuse(StartupRefusal::kMalformed);
      return;
    }
    if (name->empty()) {
      break;
    }
    const auto value = reader.text();
    if (!value) {
      refuse(StartupRefusal::kMalformed);
      return;
    }
    take(*name, *value);
  }
  if (!reader.at_end()) {
    refuse(StartupRefusal::kMalformed);
  }
  if (found_.user.empty()) {
    refuse(StartupRefusal::kNoUser);
  }
  if (found_.database.empty()) {
    found_.database = found_.user;
  }
}

void Reader::take(std::string_view name, std::string_view value) {
  if (name == "user" || name == "database") {
    bool& has = name == "user" ? has_user_ : has_database_;
    if (has) {
      refuse(StartupRefusal::kMalformed);
    }
    has = true;
    if (value.size() > kMostNameBytes) {
      refuse(StartupRefusal::kNameTooLong, name);
    }
    (name == "user" ? found_.user : found_.database) = value;
  } else if (name == "options") {
    take_options(value);
  } else if (name == "replication") {
    const std::string said = lower(value);
    const bool off = said == "off" || said == "false" || said == "no" || said == "0";
    if (!off) {
      refuse(StartupRefusal::kReplication);
    }
  } else if (name.starts_with(kProtocolOption)) {
    found_.protocol_options.emplace_back(name);
  } else {
    take_setting(name, value);
  }
}

/// Only -c name=value, -cname=value and --name=value: other switches change more than a setting.
void Reader::take_options(std::string_view value) {
  const auto words = split_options(value);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view setting = words[i];
    if (setting == "-c" && i + 1 < words.size()) {
      setting = words[++i];
    } else if (setting.starts_with("--") && setting.size() > 2) {
      setting.remove_prefix(2);
    } else if (setting.starts_with("-c") && setting.size() > 2) {
      setting.remove_prefix(2);
    } else {
      refuse(StartupRefusal::kOptions, "options");
      return;
    }
    const std::size_t equals = setting.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      refuse(StartupRefusal::kOptions, "options");
      return;
    }
    std::string name(setting.substr(0, equals));
    std::replace(name.begin(), name.end(), '-', '_');
    take_setting(name, setting.substr(equals + 1));
  }
}

void Reader::take_setting(std::string_view name, std::string_view value) {
  const std::string known = lower(name);
  if (known == "search_path" && value == kPinnedPath) {
    found_.settings.emplace_back(known, value);
    return;
  }
  if (std::find(kAllowed.begin(), kAllowed.end(), known) == kAllowed.end()) {
    refuse(StartupRefusal::kParameter, name);
    return;
  }
  if (known == "client_encoding" && !is_safe_encoding(value)) {
    refuse(StartupRefusal::kEncoding, name);
    return;
  }
  if (known == "application_name") {
    found_.application_name = value;
  }
  found_.settings.emplace_back(known, value);
}

}  // namespace

bool is_safe_encoding(std::string_view name) {
  std::string letters;
  for (const char c : name) {  // PostgreSQL compares letters and digits only
    const char small = lower(c);
    if ((small >= 'a' && small <= 'z') || (small >= '0' && small <= '9')) {
      letters.push_back(small);
    }
  }
  return letters == "utf8" || letters == "unicode" || letters == "sqlascii";
}

StartupParameters parse_startup_parameters(std::string_view packet) {
  StartupParameters found;
  Reader(found).read(packet);
  return found;
}

}  // namespace gabion::proxy::postgres
